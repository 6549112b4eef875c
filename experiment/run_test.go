package experiment

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/checker"
	"treecast/run"
	"treecast/testbed/session"
)

// patience is longer than anything takes on the slowest machine. How long it is
// matters to tests that fail and to nobody else.
const patience = 10 * time.Minute

// short is a plan of a second with one of the programs that were built. The
// quiet is long enough for whatever is to be told to come round.
func short(name, workload string, nodes int) Plan {
	return Plan{Spec: run.Spec{
		Workload: workload, Bin: program(name), NodeCount: nodes, Concurrency: "1n", Rate: 100,
		TimeLimit: run.Millis(time.Second), Topology: "grid", LatencyDist: "constant",
		Quiet: run.Millis(5 * time.Second), Seed: 1,
	}}
}

// carryOut runs a plan and returns what it came to and where its files are.
func carryOut(t *testing.T, p Plan, o Options) (*run.Results, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if o.Store == "" {
		o.Store = t.TempDir()
	}
	results, dir, err := Test(ctx, p, o)
	require.NoError(t, err)
	require.NoError(t, ctx.Err(), "the run did not end")
	return results, dir
}

// longEnough carries a plan out, and again with twice the time if by its history
// this machine has not done enough in it. What is to be shown is no part of what
// is enough.
func longEnough(t *testing.T, p Plan, enough func(h run.History) bool) (*run.Results, string) {
	t.Helper()
	for ; ; p.TimeLimit *= 2 {
		require.Less(t, p.TimeLimit, patience, "however long it takes, it does not come to that")
		if results, dir := carryOut(t, p, Options{}); enough(history(t, dir)) {
			return results, dir
		}
	}
}

// answered is enough where there has to be something to judge.
func answered(h run.History) bool { return ended(h, "") > 20 }

// ended is how many operations of clients ended well; f limits them to a
// function.
func ended(h run.History, f string) (n int) {
	for _, op := range h {
		if op.Type == run.OK && op.Process != run.NemesisProcess && (f == "" || op.F == f) {
			n++
		}
	}
	return n
}

// asked is how many broadcasts a node of so many, with a client each, was asked for.
func asked(h run.History, nodes, node int) (n int) {
	for _, op := range h {
		if op.Type == run.Invoke && op.F == "broadcast" && op.Process%nodes == node {
			n++
		}
	}
	return n
}

// lost are the values of a history that were acknowledged and that the read which
// was begun last does not show: those that Maelstrom's checker calls lost, where
// all clients were answered.
func lost(t *testing.T, h run.History) []string {
	var acked []string
	begun, last := map[int]int{}, -1 // reads' beginnings, by process
	var shown []json.RawMessage
	for i, op := range h {
		switch {
		case op.F == "broadcast" && op.Type == run.OK:
			acked = append(acked, string(op.Value))
		case op.F == "read" && op.Type == run.Invoke:
			begun[op.Process] = i
		case op.F == "read" && op.Type == run.OK && begun[op.Process] > last:
			last, shown = begun[op.Process], nil
			require.NoError(t, json.Unmarshal(op.Value, &shown))
		}
	}
	return slices.DeleteFunc(acked, func(v string) bool {
		return slices.ContainsFunc(shown, func(s json.RawMessage) bool { return string(s) == v })
	})
}

// kinds lists the kinds of finding of a run, each once.
func kinds(r *run.Results) []run.FindingKind {
	var out []run.FindingKind
	for _, f := range r.Strict.Findings {
		if !slices.Contains(out, f.Kind) {
			out = append(out, f.Kind)
		}
	}
	return out
}

// unhealthyBy is how many nodes had said last, before a time, that they are unhealthy.
func unhealthyBy(t *testing.T, dir string, at time.Duration) (n int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "health.csv"))
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"time_ms", "node", "unhealthy_ms"}, rows[0][:3])
	ill := map[string]bool{}
	for _, row := range rows[1:] {
		ms, err := strconv.ParseInt(row[0], 10, 64)
		require.NoError(t, err)
		if time.Duration(ms)*time.Millisecond < at {
			ill[row[1]] = row[2] != "0"
		}
	}
	require.NotEmpty(t, ill)
	for _, yes := range ill {
		if yes {
			n++
		}
	}
	return n
}

// history reads the history that a run left behind.
func history(t *testing.T, dir string) run.History {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "history.edn"))
	require.NoError(t, err)
	defer file.Close()
	h, err := run.ReadHistoryEDN(file)
	require.NoError(t, err)
	return h
}

func TestAnEchoNodePasses(t *testing.T) {
	t.Parallel()
	results, dir := longEnough(t, short("echo", "echo", 2), answered)
	require.Equal(t, run.Valid, results.Valid)
	require.Equal(t, run.Valid, results.Strict.Valid)
	require.Empty(t, results.Nodes)
	require.Equal(t, results.Stats.Count, results.Stats.OKCount)
	require.Nil(t, results.Workload.SetFull)
	require.Zero(t, results.Traffic.Messages)
	require.Equal(t, "echo", filepath.Base(filepath.Dir(dir)))
}

func TestALossyNodePassesOnAWholeNetwork(t *testing.T) {
	t.Parallel()
	results, dir := longEnough(t, short("lossy", "broadcast", 5), func(h run.History) bool { return ended(h, "broadcast") > 10 })
	require.Equal(t, run.Valid, results.Valid)
	require.Equal(t, run.Valid, results.Strict.Valid, results.Strict.Findings)
	require.Empty(t, results.Faults)
	require.Equal(t, ended(history(t, dir), "broadcast"), results.Delivery.ValueCount)
	require.Equal(t, results.Delivery.ValueCount, results.Delivery.FullCount, "its messages are understood")
	require.Empty(t, lost(t, history(t, dir)))
	require.Zero(t, results.Workload.SetFull.LostCount)
}

func TestALossyNodeFailsUnderPartitions(t *testing.T) {
	t.Parallel()
	p := short("lossy", "broadcast", 5)
	// By this seed the first cut parts two nodes from three, for 0.85 s where the
	// machine does not stand still.
	p.Nemesis, p.NemesisInterval, p.TimeLimit, p.Seed = "partition", run.Millis(500*time.Millisecond), run.Millis(2*time.Second), 7
	results, dir := longEnough(t, p, func(h run.History) bool { return len(lost(t, h)) > 0 })
	h := history(t, dir)
	require.Len(t, lost(t, h), results.Workload.SetFull.LostCount)
	require.NotEmpty(t, results.Faults)
	first := results.Faults[0]
	require.Equal(t, "partition", first.Kind)
	require.True(t, strings.HasPrefix(first.Text, "majority ["), first.Text)
	cut := func(f string) time.Duration {
		return h[slices.IndexFunc(h, func(op run.Op) bool { return op.Process == run.NemesisProcess && op.F == f })].Time
	}
	require.Equal(t, run.Millis(cut("start-partition")), first.From)
	require.Equal(t, run.Millis(cut("stop-partition")), first.To)
	require.Equal(t, run.Invalid, results.Valid)
	require.Equal(t, run.Invalid, results.Strict.Valid)
	require.Equal(t, []run.FindingKind{run.FindingMissing, run.FindingMaelstrom}, kinds(results))
	require.Empty(t, results.Nodes, "nobody crashed")
}

func TestANodeThatCrashesIsNamedWithItsLastWords(t *testing.T) {
	t.Parallel()
	results, dir := longEnough(t, short("crasher", "broadcast", 2), func(h run.History) bool { return min(asked(h, 2, 0), asked(h, 2, 1)) >= 5 })
	require.Len(t, results.Nodes, 2)
	require.Equal(t, run.Invalid, results.Valid)
	require.Equal(t, run.Invalid, results.Strict.Valid)
	require.Contains(t, kinds(results), run.FindingCrash)
	note := results.Nodes[0]
	require.Equal(t, "crash", note.Kind)
	require.Contains(t, note.Text, note.Node+" ended by itself")
	require.Contains(t, note.Text, "exit status 3")
	require.Contains(t, strings.Join(note.Stderr, "\n"), "giving up after 5 broadcasts")
	require.Positive(t, note.At)
	log, err := os.ReadFile(filepath.Join(dir, "node-logs", note.Node+".log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "giving up after 5 broadcasts")
}

func TestANodeThatGoesDeafIsNamedWithTheLine(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{"garbage": "this line is garbage", "stranger": `"dest":"nobody"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, _ := longEnough(t, short(name, "broadcast", 2), func(h run.History) bool { return max(asked(h, 2, 0), asked(h, 2, 1)) >= 5 })
			require.Equal(t, run.Invalid, results.Strict.Valid)
			require.Contains(t, kinds(results), run.FindingDeaf)
			note := results.Nodes[0]
			require.Equal(t, "deaf", note.Kind)
			require.Contains(t, note.Text, line)
			require.Contains(t, note.Text, note.Node+" went deaf")
			require.NotEmpty(t, note.Stderr)
			require.Positive(t, note.At)
		})
	}
}

func TestANodeThatLiesIsValidForMaelstromAlone(t *testing.T) {
	t.Parallel()
	results, _ := longEnough(t, short("liar", "broadcast", 2), answered)
	require.Equal(t, run.Valid, results.Valid)
	require.Equal(t, run.Invalid, results.Strict.Valid)
	require.Equal(t, []run.FindingKind{run.FindingDuplicate, run.FindingUnsent}, kinds(results))
}

func TestAProgramThatIsNoneStoresNothing(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(plain, []byte("x"), 0o644))
	for path, want := range map[string]string{
		"":                      "name the node's binary",
		program("missing"):      "no such file",
		programs:                "is a directory",
		plain:                   "try chmod +x",
		"a-name-without-a-path": "no such file",
	} {
		p := short("echo", "echo", 1)
		p.Bin = path
		store := filepath.Join(t.TempDir(), "store")
		results, dir, err := Test(t.Context(), p, Options{Store: store})
		require.ErrorContains(t, err, want)
		require.Nil(t, results)
		require.Empty(t, dir)
		require.NoDirExists(t, store)
	}
}

func TestAStoreThatIsNoneIsExplained(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(plain, []byte("x"), 0o644))
	results, _, err := Test(t.Context(), short("echo", "echo", 1), Options{Store: plain})
	require.ErrorContains(t, err, "a file stands where a directory is needed")
	require.Nil(t, results)
}

func TestARunThatCannotBeMadeIsOnRecord(t *testing.T) {
	t.Parallel()
	p := short("treecast", "broadcast", 1)
	p.Args = run.WordsOf("--num-childern", "4")
	results, dir, err := Test(t.Context(), p, Options{Store: t.TempDir()})
	require.ErrorContains(t, err, "node n0 could not be set up")
	require.Equal(t, err.Error(), results.Error)
	require.Equal(t, run.Unknown, results.Valid, "nothing was asked of the nodes")
	require.False(t, results.Began())
	require.Len(t, results.Nodes, 1)
	require.Contains(t, strings.Join(results.Nodes[0].Stderr, "\n"), "unknown flag --num-childern")
	file, err := os.Open(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	defer file.Close()
	kept, err := run.ReadResultsJSON(file)
	require.NoError(t, err)
	require.Equal(t, results.Error, kept.Error)
}

func TestAnInterruptedRunKeepsWhatWasDone(t *testing.T) {
	t.Parallel()
	p := short("treecast", "broadcast", 3)
	p.TimeLimit = run.Millis(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	store := t.TempDir()
	results, dir, err := Test(ctx, p, Options{Store: store, Progress: func(p Progress) {
		if p.OK > 20 {
			cancel()
		}
	}})
	require.NoError(t, err)
	require.True(t, results.Interrupted)
	require.Equal(t, run.Unknown, results.Valid)
	require.Equal(t, run.Unknown, results.Strict.Valid, results.Strict.Findings)
	require.Greater(t, results.Stats.OKCount, 20)
	h := history(t, dir)
	require.Equal(t, results.Stats.Count, h.Invocations())
	require.Equal(t, checker.Stats(h), results.Stats)
	target, err := filepath.EvalSymlinks(filepath.Join(store, "latest"))
	require.NoError(t, err)
	require.Equal(t, filepath.Base(dir), filepath.Base(target))
}

func TestProgressIsToldUntilTheEnd(t *testing.T) {
	t.Parallel()
	var seen []Progress
	results, dir := carryOut(t, short("treecast", "broadcast", 1), Options{
		PollHealth: true, Progress: func(p Progress) { seen = append(seen, p) },
	})
	require.GreaterOrEqual(t, len(seen), 2)
	last := seen[len(seen)-1]
	require.Equal(t, session.Done, last.Phase)
	require.Equal(t, results.Stats.OKCount, last.OK)
	require.Equal(t, unhealthyBy(t, dir, last.Now), last.Unhealthy)
	require.True(t, slices.IsSortedFunc(seen, func(a, b Progress) int { return int(a.Now - b.Now) }))
}

func TestWhatNodesLogIsShownAndMessagesAre(t *testing.T) {
	t.Parallel()
	var stderr, sent, received bytes.Buffer
	results, _ := carryOut(t, short("lossy", "broadcast", 2), Options{
		LogStderr: &stderr, LogNetSend: &sent, LogNetDeliver: &received,
	})
	require.Contains(t, stderr.String(), "n0: ")
	require.Contains(t, stderr.String(), "n1: ")
	require.Equal(t, results.Net.All.SendCount, int64(strings.Count(sent.String(), "\n")))
	require.Equal(t, results.Net.All.RecvCount, int64(strings.Count(received.String(), "\n")))
}
