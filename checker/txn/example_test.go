package txn_test

import (
	"fmt"

	"treecast/checker/txn"
)

// Two transactions read each other's list before the other appended to it: no
// order of the two explains that, but each read one state, so it is write skew.
func ExampleCheckLists() {
	parse := func(text string) []txn.Mop {
		mops, err := txn.Parse(txn.Lists, []byte(text))
		if err != nil {
			panic(err)
		}
		return mops
	}
	history := []txn.Op{
		{Index: 0, Type: txn.Invoke, Process: 0, Txn: parse(`[["r", "x", null], ["append", "y", 1]]`)},
		{Index: 1, Type: txn.Invoke, Process: 1, Txn: parse(`[["r", "y", null], ["append", "x", 1]]`)},
		{Index: 2, Type: txn.OK, Process: 0, Txn: parse(`[["r", "x", []], ["append", "y", 1]]`)},
		{Index: 3, Type: txn.OK, Process: 1, Txn: parse(`[["r", "y", []], ["append", "x", 1]]`)},
	}
	for _, model := range []string{"snapshot-isolation", "serializable"} {
		fmt.Println(model, txn.CheckLists(history, txn.Options{Models: []string{model}}).Valid)
	}
	result := txn.CheckLists(history, txn.Options{Models: []string{"serializable"}})
	fmt.Print(result.Anomalies["G2-item"][0].Text(txn.Lists))
	// Output:
	// snapshot-isolation true
	// serializable false
	// G2-item: 2 transactions form a cycle
	//   T1 is operation 3 of process 1 [r "y" [], append "x" 1]
	//   T2 is operation 2 of process 0 [r "x" [], append "y" 1]
	//   T1 comes before T2 (rw): T1 read key "y" as empty, without the 1 that T2 appended
	//   T2 comes before T1 (rw): T2 read key "x" as empty, without the 1 that T1 appended
}

// A register's read does not show what came before, so that a stale read is
// wrong only where real time counts.
func ExampleCheckRegisters() {
	write := []txn.Mop{{F: txn.Write, Key: "x", Value: "1"}}
	read := []txn.Mop{{F: txn.Read, Key: "x"}}
	history := []txn.Op{
		{Index: 0, Type: txn.Invoke, Process: 0, Txn: write},
		{Index: 1, Type: txn.OK, Process: 0, Txn: write},
		{Index: 2, Type: txn.Invoke, Process: 1, Txn: read},
		{Index: 3, Type: txn.OK, Process: 1, Txn: read},
	}
	for _, model := range []string{"serializable", "strict-serializable"} {
		result := txn.CheckRegisters(history, txn.Options{Models: []string{model}})
		fmt.Println(model, result.Valid, result.Types)
	}
	// Output:
	// serializable true []
	// strict-serializable false [G-single-item-realtime]
}

// Strict finds what no isolation level allows.
func ExampleStrict() {
	history := []txn.Op{
		{Index: 0, Type: txn.Invoke, Txn: []txn.Mop{{F: txn.Read, Key: "x"}}},
		{Index: 1, Type: txn.OK, Txn: []txn.Mop{{F: txn.Read, Key: "x", Value: "7"}}},
	}
	for _, v := range txn.Strict(txn.Registers, history) {
		fmt.Println(v.Rule+":", v.Text)
	}
	// Output:
	// values-from-nowhere: key x was read as 7, but nobody had written 7
}

// What a model prohibits, and what follows from an anomaly.
func ExampleProhibits() {
	fmt.Println(txn.Prohibits("read-uncommitted"))
	fmt.Println(txn.Implied("lost-update"))
	// Output:
	// [G0 PL-1-cycle-exists cyclic-versions duplicate-elements]
	// [G2 G2-item G2-item-process G2-item-realtime G2-process G2-realtime lost-update write-skew]
}
