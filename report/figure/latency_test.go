package figure

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

func op(at int, typ run.OpType, process int, f, value string) run.Op {
	out := run.Op{Time: ms(at), Type: typ, Process: process, F: f}
	if value != "" {
		out.Value = json.RawMessage(value)
	}
	return out
}

func TestLatenciesAreFromInvocationToCompletion(t *testing.T) {
	final := op(3500, run.Invoke, 0, "read", "")
	final.Final = true
	failed := op(1700, run.Fail, 1, "read", "")
	failed.Error = &run.OpError{Name: "net-timeout"}
	h := run.History{
		op(0, run.Info, run.NemesisProcess, "start-partition", `"one"`),
		op(100, run.Invoke, 0, "broadcast", "7"),
		op(150, run.Invoke, 1, "read", ""),
		op(130, run.OK, 0, "broadcast", "7"),
		op(1200, run.Invoke, 2, "broadcast", `"x"`),
		failed,
		op(1800, run.Info, 2, "broadcast", `"x"`),
		op(2000, run.Invoke, 3, "broadcast", "9"),
		final,
		op(3504, run.OK, 0, "read", "[7]"),
	}
	require.Equal(t, []Latency{
		{
			F: "broadcast", Counts: [3]int{1, 1, 0}, Open: 1,
			Operations: []Operation{
				{At: ms(100), Took: ms(30), Process: 0, Value: "7"},
				{At: ms(1200), Took: ms(600), Outcome: 1, Process: 2, Value: `"x"`},
			},
			Seconds: []Second{
				{From: ms(100), To: ms(150), Counts: [3]int{1, 0, 0}, Median: ms(30), P95: ms(30), Max: ms(30)},
				{From: ms(1200), To: ms(1250), Counts: [3]int{0, 1, 0}},
			},
		},
		{
			F: "read", Counts: [3]int{1, 0, 1},
			Operations: []Operation{
				{At: ms(150), Took: ms(1550), Outcome: 2, Process: 1, Error: ":net-timeout"},
				{At: ms(3500), Took: ms(4), Process: 0, Final: true},
			},
			Seconds: []Second{
				{From: ms(100), To: ms(200), Counts: [3]int{0, 0, 1}},
				{From: ms(3500), To: ms(3600), Counts: [3]int{1, 0, 0}, Median: ms(4), P95: ms(4), Max: ms(4)},
			},
		},
	}, Latencies(h))
	require.Empty(t, Latencies(nil))
}

func TestNiceStepsAreRoundAndFewEnough(t *testing.T) {
	require.Equal(t, time.Second, NiceStep(20*time.Second, 40))
	require.Equal(t, 500*time.Millisecond, NiceStep(19*time.Second, 40))
	require.Equal(t, time.Millisecond, NiceStep(0, 40))
	require.Equal(t, 2*time.Hour, NiceStep(79*time.Hour, 40))
	rapid.Check(t, func(t *rapid.T) {
		whole := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "whole"))
		count := rapid.IntRange(1, 100).Draw(t, "count")
		require.LessOrEqual(t, whole, NiceStep(whole, count)*time.Duration(count))
	})
}

func TestMarksStandForEveryOperationOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ops []Operation
		for range rapid.IntRange(0, 200).Draw(t, "count") {
			ops = append(ops, Operation{
				At: ms(rapid.IntRange(0, 100).Draw(t, "at")), Took: ms(rapid.IntRange(0, 30).Draw(t, "took")),
				Outcome: rapid.IntRange(0, 2).Draw(t, "outcome"),
			})
		}
		cell := func(d time.Duration) int { return int(d / ms(10)) }
		marks := Marks(ops, cell, cell)
		sum := 0
		for i, m := range marks {
			sum += m.Count
			first := ops[m.First]
			require.Equal(t, [3]int{m.X, m.Y, m.Outcome}, [3]int{cell(first.At), cell(first.Took), first.Outcome})
			require.LessOrEqual(t, marks[max(0, i-1)].Outcome, m.Outcome, "failures are drawn over what went well")
		}
		require.Equal(t, len(ops), sum)
		require.LessOrEqual(t, len(marks), 3*11*4)
	})
}
