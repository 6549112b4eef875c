package experiment

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/checker"
	"treecast/gossip"
	"treecast/node/inject"
	"treecast/run"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
)

// inVirtualTime is the plan of the challenge 3d.
func inVirtualTime() Plan {
	return Plan{Spec: run.Spec{
		Workload: "broadcast", Driver: Virtual, NodeCount: 25, Concurrency: "1n", Rate: 100,
		TimeLimit: run.Millis(20 * time.Second), Topology: "grid", Latency: run.Millis(100 * time.Millisecond), LatencyDist: "constant",
		Quiet: run.Millis(10 * time.Second), Seed: 1},
		Node: virtual.NodeConfig{Rounds: gossip.Locked, NumChildren: 24, SyncPeriod: 450 * time.Millisecond},
	}
}

func TestAVirtualRunLeavesTheSameRecordAsAnyOther(t *testing.T) {
	store := t.TempDir()
	began := time.Now()
	results, dir := carryOut(t, inVirtualTime(), Options{Store: store, PollHealth: true})
	require.Equal(t, run.Valid, results.Valid)
	require.Equal(t, run.Valid, results.Strict.Valid, results.Strict.Findings)
	require.Equal(t, "virtual", results.Settings.Driver)
	require.WithinRange(t, results.Started, began.Truncate(time.Second), results.Finished, "started and finished are wall-clock times")
	require.WithinRange(t, results.Finished, results.Started, time.Now())
	require.Len(t, results.Challenges, 2)
	for _, c := range results.Challenges {
		require.True(t, c.Passed, "%s: %+v", c.Name, c.Checks)
	}
	require.NotNil(t, results.Delivery)
	require.NotNil(t, results.Traffic)

	for _, name := range []string{"results.edn", "results.json", "history.edn", "history.txt", "node-logs/n0.log", "node-logs/n24.log"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Positive(t, info.Size(), name)
	}
	file, err := os.Open(filepath.Join(store, "latest", "results.json"))
	require.NoError(t, err)
	defer file.Close()
	kept, err := run.ReadResultsJSON(file)
	require.NoError(t, err)
	require.Equal(t, results.Settings, kept.Settings)
	require.Equal(t, results.Net, kept.Net)
	require.Equal(t, checker.Stats(history(t, dir)), kept.Stats)

	tables := map[string]run.Table{}
	for _, table := range results.Tables {
		tables[table.Name] = table
	}
	require.Len(t, tables["health"].Rows, 25)
	require.Equal(t, []string{"node", "modelled_busy_ms"}, tables["usage"].Columns)
	require.Len(t, tables["usage"].Rows, 25)
	require.Greater(t, tables["usage"].Rows[0][1], 1.0)
}

func TestAVirtualRunWithPartitionsIsValidAndRecordsThem(t *testing.T) {
	p := inVirtualTime()
	p.NodeCount, p.Rate, p.Latency, p.Nemesis, p.NemesisInterval = 5, 10, 0, "partition", run.Millis(3*time.Second)
	results, dir := carryOut(t, p, Options{})
	require.Equal(t, run.Valid, results.Valid)
	require.Equal(t, run.Valid, results.Strict.Valid, results.Strict.Findings)
	var cuts []run.Millis // from, to, from, ...
	for _, op := range history(t, dir) {
		if at := run.Millis(op.Time); op.Process == run.NemesisProcess && (len(cuts) == 0 || cuts[len(cuts)-1] != at) {
			cuts = append(cuts, at)
		}
	}
	var recorded []run.Millis
	for _, f := range results.Faults {
		require.Equal(t, "partition", f.Kind)
		recorded = append(recorded, f.From, f.To)
	}
	require.Len(t, cuts, 8, "20 s with a change every 3 s or so, and the end of it")
	require.Equal(t, cuts, recorded)
}

func TestTheProgressOfAVirtualRunTellsWhichNodesAreUnhealthy(t *testing.T) {
	p := inVirtualTime()
	p.NodeCount, p.TimeLimit, p.Quiet = 3, run.Millis(8*time.Second), run.Millis(3*time.Second)
	p.Node.Faults = []inject.Fault{{Node: "n0", Service: "store", Kind: inject.Stuck, From: 2 * time.Second, For: 4 * time.Second}}
	var seen []Progress
	_, dir := carryOut(t, p, Options{PollHealth: true, Progress: func(p Progress) { seen = append(seen, p) }})
	most := 0
	for _, p := range seen {
		if p.Now > time.Second {
			require.Equal(t, unhealthyBy(t, dir, p.Now), p.Unhealthy, "at %v", p.Now)
		}
		most = max(most, p.Unhealthy)
	}
	require.Equal(t, 1, most)
	require.Zero(t, seen[len(seen)-1].Unhealthy)
}

func TestTheSameSeedLeavesTheSameHistoryInItsFile(t *testing.T) {
	read := func(seed uint64, health bool) []byte {
		p := inVirtualTime()
		p.Seed, p.TimeLimit = seed, run.Millis(5*time.Second)
		_, dir := carryOut(t, p, Options{PollHealth: health})
		text, err := os.ReadFile(filepath.Join(dir, "history.edn"))
		require.NoError(t, err)
		return text
	}
	first := read(7, true)
	require.Greater(t, len(first), 10000)
	require.True(t, bytes.Equal(first, read(7, true)))
	require.False(t, bytes.Equal(first, read(8, true)))
}

func TestAVirtualRunTellsItsProgressAndCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := inVirtualTime()
	p.TimeLimit = run.Millis(1000 * time.Hour)
	var seen []Progress
	results, dir, err := Test(ctx, p, Options{Store: t.TempDir(), Progress: func(p Progress) {
		if seen = append(seen, p); p.Now == 3*time.Second {
			cancel()
		}
	}})
	require.NoError(t, err)
	require.True(t, results.Interrupted)
	require.Equal(t, run.Unknown, results.Valid)
	require.Greater(t, history(t, dir).Invocations(), 200)
	require.True(t, slices.IsSortedFunc(seen, func(a, b Progress) int { return int(a.Now - b.Now) }))
	require.Equal(t, session.Done, seen[len(seen)-1].Phase)
}

func TestVirtualTimeIsForTreecastAlone(t *testing.T) {
	p := inVirtualTime()
	p.Bin = program("echo")
	store := filepath.Join(t.TempDir(), "store")
	_, _, err := Test(t.Context(), p, Options{Store: store})
	require.ErrorContains(t, err, "another program needs real time")
	require.NoDirExists(t, store)

	p = inVirtualTime()
	p.Driver = "imaginary"
	require.ErrorContains(t, p.Check(), `no driver is called "imaginary"; choose process or virtual`)
}

func TestNodesThatCannotBeMadeMakeNoRun(t *testing.T) {
	p := inVirtualTime()
	p.Node.NumChildren = -1
	results, dir, err := Test(t.Context(), p, Options{Store: t.TempDir()})
	require.ErrorContains(t, err, "could not be set up")
	require.Equal(t, run.Unknown, results.Valid)
	require.Contains(t, results.Nodes[0].Text, "the number of children must be at least 1, not -1")
	require.FileExists(t, filepath.Join(dir, "results.json"))
}

// Three seconds from node to node: what the first answer says of the way is believed,
// or values would be sent again all the time and be nowhere before the end.
func TestVirtual_nodesFarApartHearOfEverything(t *testing.T) {
	p := inVirtualTime()
	p.NodeCount, p.Rate, p.Latency, p.Node.NumChildren, p.Seed = 5, 50, run.Millis(3*time.Second), 4, 4
	r, err := Measure(context.Background(), p, Options{})
	require.NoError(t, err)
	require.Equal(t, run.Valid, r.Strict.Valid, "%v", r.Strict.Findings)
	require.Equal(t, r.Delivery.ValueCount, r.Delivery.FullCount)
	require.Less(t, float64(*r.Net.Servers.MsgsPerOp), 1.35)
}
