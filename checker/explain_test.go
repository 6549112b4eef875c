package checker

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// told is a history of one client of n0, an operation a line, with the nemesis.
type told struct{ h run.History }

func (t *told) add(op run.Op) *told {
	op.Index, op.Time = len(t.h), time.Duration(len(t.h)+1)*time.Second
	t.h = append(t.h, op)
	return t
}

func (t *told) op(f string, typ run.OpType, value, final string) *told {
	asked, got := run.Op{Type: run.Invoke, F: f, Final: final != ""}, run.Op{Type: typ, F: f, Final: final != ""}
	got.Value = json.RawMessage(value)
	if f == testNames.Add {
		asked.Value = got.Value
	}
	if typ != run.OK {
		got.Error = &run.OpError{Name: "indeterminate", Text: "Malformed RPC response: messages is no list"}
		got.Value = asked.Value
	}
	return t.add(asked).add(got)
}

func (t *told) nemesis(f, value string) *told {
	return t.add(run.Op{Type: run.Info, Process: run.NemesisProcess, F: f, Value: json.RawMessage(value)})
}

func (t *told) textOf(test *testing.T, kind run.FindingKind) string {
	test.Helper()
	for _, f := range Strict(t.h, testNames, StrictOptions{Nodes: []string{"n0"}, Concurrency: 1}).Findings {
		if f.Kind == kind {
			return f.Text
		}
	}
	require.Fail(test, "no such finding", kind)
	return ""
}

func TestReads_ofOtherTypesAreNamedAsThat(t *testing.T) {
	for read, want := range map[string]string{
		`["0"]`:        `the types differ: "0" was read, 0 was sent`,
		`[0.0]`:        `the types differ: 0.0 was read, 0 was sent`,
		`[" 0 "]`:      `the types differ: " 0 " was read, 0 was sent`,
		`[[0]]`:        `the types differ: a list stands in the list, and numbers were sent: [0]`,
		`[{"0":true}]`: `the types differ: an object was read, and numbers were sent: {"0":true}`,
	} {
		text := new(told).op(testNames.Add, run.OK, "0", "").op(testNames.Read, run.OK, read, "final").textOf(t, run.FindingUnsent)
		require.Contains(t, text, want)
	}
	for _, read := range []string{`["x"]`, `[0.5]`, `[7]`, `["7"]`, `[true]`, `[null]`} {
		text := new(told).op(testNames.Add, run.OK, "0", "").op(testNames.Read, run.OK, read, "final").textOf(t, run.FindingUnsent)
		require.NotContains(t, text, "types differ", read)
	}
}

func TestFinalReads_thatWereAnsweredWronglyWereAnswered(t *testing.T) {
	text := new(told).op(testNames.Add, run.OK, "0", "").op(testNames.Read, run.Info, "", "final").textOf(t, run.FindingDeaf)
	require.Contains(t, text, "n0 answered its final read with what is no reply to it (")
	require.Contains(t, text, "messages is no list")
	require.NotContains(t, text, "did not answer")
}

func TestMissingValues_ofANodeThatWasKilledSaySo(t *testing.T) {
	h := new(told).op(testNames.Add, run.OK, "0", "").nemesis("kill", `["n0"]`).nemesis("kill", `{"n0":"killed"}`)
	require.Contains(t, (&told{h.h}).op(testNames.Read, run.OK, "[]", "final").textOf(t, run.FindingMissing), "; n0 was killed at 4.0 s")
	h.nemesis("start", "null").nemesis("start", `{"n0":"started"}`)
	require.Contains(t, h.op(testNames.Read, run.OK, "[]", "final").textOf(t, run.FindingMissing),
		"; n0 was killed at 4.0 s and started again at 6.0 s: what it did not keep is gone")
	other := new(told).op(testNames.Add, run.OK, "0", "").nemesis("kill", `{"n1":"killed"}`).op(testNames.Read, run.OK, "[]", "final")
	require.NotContains(t, other.textOf(t, run.FindingMissing), "killed")
}

func TestReasons_areCountedTheMostFrequentFirst(t *testing.T) {
	var h run.History
	for name, count := range map[string]int{"net-timeout": 3, "abort": 5, "crash": 1, "timeout": 2} {
		for range count {
			h = append(h, run.Op{F: "read", Error: &run.OpError{Name: name}})
		}
	}
	h = append(h, run.Op{F: "broadcast", Error: &run.OpError{Name: "abort", Text: "busy"}})
	require.Equal(t, "5 abort, 3 net-timeout, 2 timeout, ...", Reasons(h, "read"))
	require.Equal(t, "1 abort: busy", Reasons(h, "broadcast"))
	require.Empty(t, Reasons(h, "echo"))
}

func TestReads_ofNullAreNoLists(t *testing.T) {
	text := new(told).op(testNames.Read, run.OK, "null", "final").textOf(t, run.FindingMalformed)
	require.Contains(t, text, "1 read answered no list of values; first the read of n0")
	require.Contains(t, text, ": null")
}
