package experiment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// happened is a history of operations of one client and of the nemesis.
type happened struct{ h run.History }

func (e *happened) op(from, to time.Duration) *happened {
	e.h = append(e.h, run.Op{Time: from * time.Second, Type: run.Invoke, F: "read"}, run.Op{Time: to * time.Second, Type: run.OK, F: "read"})
	return e
}

func (e *happened) nemesis(at time.Duration, f, value string) *happened {
	e.h = append(e.h, run.Op{Time: at * time.Second, Type: run.Info, Process: run.NemesisProcess, F: f, Value: []byte(value)})
	return e
}

func TestUnmet_namesFaultsThatMetNoOperation(t *testing.T) {
	const cut, nobody, healed = `["isolated",{"n0":["n1"],"n1":["n0"]}]`, `["isolated",{"n0":[],"n1":[]}]`, `"network-healed"`
	none := "no operation was under way while the fault partition was active, for 2.0 s in all: the verdicts say nothing about it"
	never := "the fault partition never struck: the verdicts say nothing about it"
	for name, test := range map[string]struct {
		h    *happened
		want []string
	}{
		"before and after":        {new(happened).op(0, 1).nemesis(2, "start-partition", cut).nemesis(4, "stop-partition", healed).op(5, 6), []string{none}},
		"asked for under it":      {new(happened).nemesis(2, "start-partition", cut).op(3, 3).nemesis(4, "stop-partition", healed), nil},
		"under way when it began": {new(happened).op(0, 3).nemesis(2, "start-partition", cut).nemesis(4, "stop-partition", healed), nil},
		"until the end":           {new(happened).nemesis(8, "start-partition", cut).op(9, 9), nil},
		"it cut nobody":           {new(happened).nemesis(2, "start-partition", `"minority-third"`).nemesis(2, "start-partition", nobody).op(3, 3), []string{never}},
		"it never came":           {new(happened).op(3, 3), []string{never}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, unmet(test.h.h, []nemesis.Fault{nemesis.Partition}, 7, 10*time.Second))
		})
	}
	struck := new(happened).nemesis(2, "kill", `"one"`).nemesis(2, "kill", `{"n0":"killed"}`).op(3, 3).nemesis(4, "start", `"all"`)
	require.Empty(t, unmet(struck.h, []nemesis.Fault{nemesis.Kill}, 0, 10*time.Second))
	missed := new(happened).nemesis(2, "kill", `{"n0":"not-running"}`).nemesis(2, "kill", `{}`).op(3, 3)
	require.Len(t, unmet(missed.h, []nemesis.Fault{nemesis.Kill}, 0, 10*time.Second), 1)
	loss := new(happened).nemesis(2, "start-loss", `["rate",0.1]`).op(3, 3)
	require.Empty(t, unmet(loss.h, []nemesis.Fault{nemesis.Loss}, 1, 10*time.Second))
	require.Equal(t, []string{"the fault loss had nothing to strike, as no node sent a message to another: the verdicts say nothing about it"},
		unmet(loss.h, []nemesis.Fault{nemesis.Loss}, 0, 10*time.Second))
}

func TestRun_inWhichTheFaultMetNothingSaysSo(t *testing.T) {
	p := inVirtualTime()
	p.Rate, p.TimeLimit, p.NodeCount = 0.5, run.Millis(10*time.Second), 5
	p.NemesisPlan, p.Nemesis = "20ms partition n0|n1-n4; 30ms heal", ""
	results, err := Measure(t.Context(), p, Options{})
	require.NoError(t, err)
	require.Equal(t, run.Valid, results.Strict.Valid)
	require.Len(t, results.Remarks, 1)
	require.Contains(t, results.Remarks[0], "no operation was under way while the fault partition was active, for 0.0 s in all")
}

func TestRun_withTooLittleToJudgeSaysWhatGivesMore(t *testing.T) {
	seen := map[run.Verdict]int{}
	for seed := range uint64(20) {
		p := inVirtualTime()
		p.Rate, p.TimeLimit, p.NodeCount, p.Seed, p.Nemesis = 2, run.Millis(time.Second), 2, seed, ""
		results, err := Measure(t.Context(), p, Options{})
		require.NoError(t, err)
		seen[results.Valid]++
		if results.Valid == run.Unknown {
			require.Equal(t, []string{tooLittle}, results.Remarks)
		} else {
			require.Empty(t, results.Remarks)
		}
	}
	require.Positive(t, seen[run.Unknown])
	require.Positive(t, seen[run.Valid])
}
