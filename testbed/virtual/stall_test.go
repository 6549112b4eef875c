package virtual

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// planned is a run of two nodes with clients in a hurry, and a plan.
func planned(t *testing.T, plan string) Outcome {
	cfg := config(t, 2)
	cfg.Session.Latency.Mean, cfg.Session.Concurrency = 0, 8
	cfg.Session.TimeLimit, cfg.Session.Quiet, cfg.Session.RatePerSec = 4*sec, 5*sec, 200
	steps, err := nemesis.ParsePlan(plan)
	require.NoError(t, err)
	cfg.Session.Nemesis = nemesis.Config{Plan: steps}
	out := carryOut(t, cfg, Observers{})
	requireAcknowledged(t, out.History)
	return out
}

// slowestAnswer is how long the slowest operation took. All must have succeeded:
// nothing that is sent to a node that stands still is dropped.
func slowestAnswer(t *testing.T, out Outcome) (slowest time.Duration) {
	t.Helper()
	began := map[int]time.Duration{}
	for _, op := range out.History {
		switch {
		case op.Process == run.NemesisProcess:
		case op.Type == run.Invoke:
			began[op.Process] = op.Time
		default:
			require.Equal(t, run.OK, op.Type)
			slowest = max(slowest, op.Time-began[op.Process])
		}
	}
	return slowest
}

func TestStall_delaysWhatComesMeanwhileAndDropsNothing(t *testing.T) {
	usual := slowestAnswer(t, planned(t, ""))
	require.Less(t, usual, 50*time.Millisecond)
	out := planned(t, "1s stall n0 300ms")
	slowest := slowestAnswer(t, out)
	require.Greater(t, slowest, 250*time.Millisecond)
	require.Less(t, slowest, 300*time.Millisecond+usual)
	stalls := 0
	for _, op := range out.History {
		if op.F == "stall" {
			stalls++
		}
	}
	require.Equal(t, 2, stalls, "it stands in the history once as begun and once as done")
}

func TestStall_overlapsAnotherAndAPause(t *testing.T) {
	for plan, want := range map[string]time.Duration{
		"1s stall n0 300ms; 1.1s stall all 50ms":            300 * time.Millisecond,
		"1s stall n0 300ms; 1.2s stall all 300ms":           500 * time.Millisecond,
		"1s stall n0 300ms; 1.1s pause n0; 1.2s resume n0":  300 * time.Millisecond,
		"1s stall n0 300ms; 1.1s pause n0; 1.5s resume n0":  500 * time.Millisecond,
		"1s pause n0; 1.1s stall n0 100ms; 1.6s resume all": 600 * time.Millisecond,
		"1s pause n0; 1.1s stall n0 1s; 1.2s resume n0":     1100 * time.Millisecond,
	} {
		slowest := slowestAnswer(t, planned(t, plan))
		require.InDelta(t, want.Seconds(), slowest.Seconds(), 0.06, plan)
	}
}

func TestStall_ofANodeThatIsKilledEndsWithIt(t *testing.T) {
	out := planned(t, "1s stall n1 3s; 1.5s kill n1; 1.6s start n1")
	var started time.Duration
	for _, op := range out.History {
		if op.F == "start" && started == 0 && op.Value[0] == '{' {
			started = op.Time // its completion: init is answered
		}
	}
	require.Positive(t, started)
	require.Less(t, started, 2*sec)
}
