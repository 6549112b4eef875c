package experiment

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
	"treecast/testbed/invariant"
	"treecast/testbed/nemesis"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
	"treecast/workload/all"
)

// plain is a reader of nodes' arguments that gives them none.
func plain([]string) (virtual.NodeConfig, slog.Level, error) { return virtual.NodeConfig{}, 0, nil }

func TestASeedDrawsTheSameScheduleAlwaysAndSeedsDrawAllKinds(t *testing.T) {
	faults, rounds, large := map[nemesis.Fault]int{}, map[string]int{}, 0
	for seed := range uint64(2000) {
		s := DrawSchedule(seed)
		require.Equal(t, s, DrawSchedule(seed))
		for _, f := range s.Faults {
			faults[f]++
		}
		rounds[s.Rounds]++
		if s.NodeCount > 12 {
			large++
		} else {
			require.GreaterOrEqual(t, s.NodeCount, 2)
			require.True(t, s.Load >= 2*time.Second && s.Load <= 10*time.Second)
		}
		p, err := s.Plan(plain)
		require.NoError(t, err)
		require.NoError(t, p.Check())
	}
	for _, f := range nemesis.Faults() {
		want := 700.0
		if f == nemesis.OneWay {
			continue // it is not drawn
		}
		if f == nemesis.Truncate || f == nemesis.Remove {
			want = 350 // not of nodes that keep no journals
		}
		require.InDelta(t, want, faults[f], 100, f)
	}
	require.Len(t, rounds, 3)
	require.InDelta(t, 2000/largeEvery, large, 20)
}

func TestAnythingSmallerIsSimplerAndThereIsAnEndToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := DrawSchedule(rapid.Uint64().Draw(t, "seed"))
		for _, c := range s.smaller() {
			require.LessOrEqual(t, c.NodeCount, s.NodeCount)
			require.LessOrEqual(t, len(c.Faults), len(s.Faults))
			require.LessOrEqual(t, c.Load, s.Load)
			require.NotEqual(t, s.Command(), c.Command())
		}
		runs := 0
		smallest, counted := shrink(s, 500, func(Schedule) bool { runs++; return true })
		require.Equal(t, runs, counted)
		require.Less(t, runs, 500)
		require.Equal(t, 2, smallest.NodeCount)
		require.Empty(t, smallest.Faults)
	})
}

func TestShrinkingKeepsWhatTheFailureNeeds(t *testing.T) {
	s := DrawSchedule(3)
	s.NodeCount, s.Faults, s.Load = 9, nemesis.Faults(), 8*time.Second
	smallest, runs := shrink(s, 400, func(c Schedule) bool {
		return c.NodeCount >= 5 && c.has(nemesis.Kill) && c.Load >= 2*time.Second
	})
	require.LessOrEqual(t, runs, 400)
	require.Equal(t, 5, smallest.NodeCount)
	require.Equal(t, []nemesis.Fault{nemesis.Kill}, smallest.Faults)
	require.Less(t, smallest.Load, 4*time.Second)
	require.Len(t, s.Faults, len(nemesis.Faults()), "the first one is left alone")
	_, runs = shrink(s, 7, func(Schedule) bool { return false })
	require.Equal(t, 7, runs)
}

func TestAFuzzerWithoutWhatItNeedsIsAnError(t *testing.T) {
	for _, p := range []FuzzPlan{{Jobs: 1, Nodes: plain}, {Runs: 1, Nodes: plain}, {Runs: 1, Jobs: 1}} {
		_, err := Fuzz(t.Context(), p)
		require.Error(t, err)
	}
	bad := errors.New("no such flag")
	_, err := Fuzz(t.Context(), FuzzPlan{Runs: 1, Jobs: 1, Nodes: func([]string) (virtual.NodeConfig, slog.Level, error) {
		return virtual.NodeConfig{}, 0, bad
	}})
	require.ErrorIs(t, err, bad)
}

func TestAFuzzerStopsWhereItIsToldAndCountsWhatItDid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var last FuzzProgress
	out, err := Fuzz(ctx, FuzzPlan{Runs: 1000, Seed: 1, Jobs: 2, Nodes: plain, Progress: func(p FuzzProgress) {
		if last = p; p.Done == 5 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, last.Done, out.Done)
	require.True(t, out.Done >= 5 && out.Done <= 7)
	require.Nil(t, out.Failure)
	require.NotEmpty(t, out.Faults)
}

// Where clients go on in the final phase, or where there is none, what counts is how long
// it takes from the healing on until nothing more is to be learnt of what was before.
func TestFuzz_slowestIsOfWhatWasThereWhenAllWasHealed(t *testing.T) {
	for _, workload := range []string{"kafka", "txn-rw-register", "g-counter"} {
		out, err := Fuzz(t.Context(), FuzzPlan{Workload: workload, Runs: 6, Seed: 8000000, Jobs: 2, Nodes: plain})
		require.NoError(t, err)
		require.Nil(t, out.Failure)
		require.Positive(t, out.Slowest, workload)
		require.Less(t, out.Slowest, 8*time.Second, "%s, seed %d", workload, out.SlowestSeed)
	}
}

func TestTheExactVerdictKeepsAllButWhatTheWatchKnowsBetter(t *testing.T) {
	load, err := all.Named(all.Default)
	require.NoError(t, err)
	p := &plan{Plan: Plan{Node: virtual.NodeConfig{NoJournal: true}}, session: session.Config{Workload: load}}
	w := invariant.New([]string{"n0"}, "broadcast", "message")
	r := &run.Results{Strict: run.Strict{Valid: run.Invalid, Findings: []run.Finding{
		{Kind: run.FindingMissing}, {Kind: run.FindingMaelstrom}, {Kind: run.FindingDuplicate},
	}}}
	p.exactly(r, nil, w, 0, 0)
	require.Equal(t, run.Invalid, r.Strict.Valid)
	require.Equal(t, []run.FindingKind{run.FindingDuplicate}, kindsOf(r.Strict.Findings))

	r = &run.Results{Strict: run.Strict{Valid: run.Invalid, Findings: []run.Finding{{Kind: run.FindingMissing}}}}
	p.exactly(r, nil, w, 0, 0)
	require.Equal(t, run.Valid, r.Strict.Valid)
	r = &run.Results{Interrupted: true}
	p.exactly(r, nil, w, 0, 0)
	require.Equal(t, run.Unknown, r.Strict.Valid)

	// A violation ends the run there and then: it is the one finding.
	w.Sent(run.Message{Src: "n0", Dest: "c1", Type: "broadcast_ok", Body: []byte(`{"in_reply_to":1}`)})
	r = &run.Results{Interrupted: true, Strict: run.Strict{Findings: []run.Finding{{Kind: run.FindingDuplicate}}}}
	p.exactly(r, nil, w, 0, 0)
	require.False(t, r.Interrupted)
	require.Equal(t, run.Invalid, r.Strict.Valid)
	require.Equal(t, []run.FindingKind{run.FindingInvariant}, kindsOf(r.Strict.Findings))
}

func kindsOf(findings []run.Finding) (out []run.FindingKind) {
	for _, f := range findings {
		out = append(out, f.Kind)
	}
	return slices.Clip(out)
}
