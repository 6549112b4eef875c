package virtual

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/invariant"
	"treecast/testbed/nemesis"
)

// harmed is a watched run of three nodes under load, with a plan that harms
// journals. Its watch has found nothing wrong.
func harmed(t *testing.T, seed uint64, plan string) (Outcome, *invariant.Watch) {
	t.Helper()
	cfg := config(t, 3)
	steps, err := nemesis.ParsePlan(plan)
	require.NoError(t, err)
	cfg.Session.Nemesis = nemesis.Config{Plan: steps}
	cfg.Session.Seed, cfg.Session.RatePerSec, cfg.Session.Latency.Mean = seed, 60, 30*ms
	cfg.Session.Quiet = 8 * sec
	cfg.Node.BeginBlank = true // where less than a header is left
	cfg.Watch = invariant.New(cfg.Session.Nodes, "broadcast", "message")
	out := carryOut(t, cfg, Observers{})
	require.Nil(t, cfg.Watch.Violated(), plan)
	require.Zero(t, cfg.Watch.Missing(), plan)
	return out, cfg.Watch
}

// finalReads returns what each final read shows; no value twice.
func finalReads(t *testing.T, out Outcome) (reads []map[string]bool) {
	for _, op := range out.History {
		if !op.Final || op.Type != run.OK {
			continue
		}
		var values []json.RawMessage
		require.NoError(t, json.Unmarshal(op.Value, &values))
		shown := map[string]bool{}
		for _, v := range values {
			require.False(t, shown[string(v)], "%s is shown twice", v)
			shown[string(v)] = true
		}
		reads = append(reads, shown)
	}
	require.Len(t, reads, 3)
	return reads
}

// A node is killed, and its journal cut, wherever that may be. What it gives out
// in its next life reaches everybody, what others have of the former one comes
// back, and nothing is lost but what the node alone had.
func TestHarm_ofAJournalWhoseNodeIsDownLosesOnlyWhatNobodyElseHolds(t *testing.T) {
	t.Parallel()
	const cuts = 50 // for each node, a third apart, so that all are finer than most frames
	rng := rand.New(rand.NewPCG(1, 1))
	lost := 0
	for i := range 4 * cuts {
		victim := i / cuts % 3
		keep, whole := (float64(i%cuts)+float64(victim)/3)/cuts, " whole"
		if i >= 3*cuts {
			keep, whole = rng.Float64(), ""
		}
		plan := fmt.Sprintf("2.5s kill n%d; 2.6s truncate n%d %.4f%s; 2.7s start n%d", victim, victim, keep, whole, victim)
		out, watch := harmed(t, uint64(victim), plan)
		reads := finalReads(t, out)
		killed, last := time.Duration(0), time.Duration(0)
		for _, op := range out.History {
			if op.F == "kill" {
				killed = op.Time
			}
			if op.F != "broadcast" {
				continue
			}
			for _, shown := range reads {
				if op.Type != run.OK || shown[string(op.Value)] {
					continue
				}
				require.NotContains(t, watch.Alive(), string(op.Value), plan)
				require.Zero(t, killed, "it was asked for, and answered, when the journal was whole: "+plan)
				last = op.Time
				lost++
			}
		}
		require.True(t, last == 0 || killed-last < time.Second, "it should have been with others: "+plan)
	}
	t.Logf("%d times a final read lacked a value that was lost with the tail of the only journal", lost)
}

// A node that is at work writes its journal again, all of it, before two seconds
// are over: a kill then loses nothing, though it be one of all nodes.
func TestHarm_ofAJournalWhoseNodeIsAtWorkIsMended(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range 60 {
		how := "remove all"
		if i%3 > 0 {
			how = fmt.Sprintf("truncate all %.4f%s", rng.Float64(), []string{"", "", " whole"}[i%3])
		}
		// Also where nobody asks for anything any more that would be appended.
		out, _ := harmed(t, uint64(i), "1.5s "+how+"; 3.5s kill all; 3.6s start all; 4.9s "+how)
		requireAcknowledged(t, out.History)
		finalReads(t, out)
	}
}

func TestHarm_thatMayStillShowIsToldFromWhatIsMended(t *testing.T) {
	var h harm
	require.False(t, h.mayShow(0))
	h = harm{is: true, at: sec}
	require.True(t, h.mayShow(sec+mendedWithin-1))
	require.False(t, h.mayShow(sec+mendedWithin))

	h.stop(2 * sec) // it has had one second, and nobody counts them together
	require.True(t, h.mayShow(100*sec))
	h.goOn(100 * sec)
	require.True(t, h.mayShow(101*sec))
	require.False(t, h.mayShow(102*sec))
	h.stop(103 * sec)
	require.False(t, h.mayShow(104*sec), "it was mended before")
	h.goOn(105 * sec)
	require.False(t, h.mayShow(105*sec))

	h = harm{is: true, at: sec, late: true}
	require.True(t, h.mayShow(100*sec))
}
