package txn_test

import (
	"fmt"

	"treecast/checker/txn"
)

// Two transactions that each read the other's list before the other appended: no
// order of them explains that.
func ExampleCheckLists() {
	transaction := func(reads, appends txn.Value) []txn.Mop {
		return []txn.Mop{{F: txn.Read, Key: reads, List: []txn.Value{}}, {F: txn.Write, Key: appends, Value: "1"}}
	}
	a, b := transaction(`"x"`, `"y"`), transaction(`"y"`, `"x"`)
	history := []txn.Op{
		{Index: 0, Type: txn.Invoke, Process: 0, Txn: a}, {Index: 1, Type: txn.Invoke, Process: 1, Txn: b},
		{Index: 2, Type: txn.OK, Process: 0, Txn: a}, {Index: 3, Type: txn.OK, Process: 1, Txn: b},
		// Somebody sees what they appended.
		{Index: 4, Type: txn.Invoke, Process: 2}, {Index: 5, Type: txn.OK, Process: 2, Txn: []txn.Mop{
			{F: txn.Read, Key: `"x"`, List: []txn.Value{"1"}}, {F: txn.Read, Key: `"y"`, List: []txn.Value{"1"}},
		}},
	}
	strict := txn.CheckLists(history, txn.Options{})
	fmt.Println("strict-serializable", strict.Valid, strict.Types)
	snapshot := txn.CheckLists(history, txn.Options{Models: []string{"snapshot-isolation"}})
	fmt.Println("snapshot-isolation", snapshot.Valid)
	// Output:
	// strict-serializable false [G2-item]
	// snapshot-isolation true
}
