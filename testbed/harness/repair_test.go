package harness_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

const (
	treeNodes   = 25
	healthyCase = "nothing"
	// steady is how long after a fault a rate of messages is counted from.
	steady = 6 * time.Second
)

// tree is a shape of the spanning tree.
type tree struct {
	name        string
	numChildren int
	inner       string // a node that is not the root; an inner one where there is any
	three       string // three nodes
}

var trees = []tree{
	{name: "star", numChildren: 24, inner: "n7", three: "n3,n11,n17"},
	{name: "k5", numChildren: 5, inner: "n1", three: "n2,n4,n9"},
}

// fault is a case: what goes wrong, and what is asked of the run.
type fault struct {
	name    string
	plan    string
	flags   []string // of the bed
	node    []string // of the nodes
	seconds int      // of load; 0: 20
	loses   bool     // values that only a killed node had may be lost, so the run need not be valid
	judge   func(f, healthy *run.Folder) []figure
}

// figure is something measured, in ms or as a ratio, and how large it may be; 0: as
// large as it likes.
type figure struct {
	unit         string
	value, bound float64
}

// BenchmarkRepair makes a run of each of a list of faults, on a star and on a tree, in
// virtual time and with real processes, and fails where values are where they should be
// later than they may be. A delay is the longest of any value: from its broadcast, or
// from the fault where that was later, until the last of the nodes it is for was handed
// it. A run with processes takes half a minute:
//
//	go test ./testbed/harness -run '^$' -bench Repair/driver=virtual -benchtime 1x
//	go test ./testbed/harness -run '^$' -bench Repair/driver=process -benchtime 1x -timeout 1h
func BenchmarkRepair(b *testing.B) {
	for _, driver := range []string{"virtual", "process"} {
		for _, t := range trees {
			var healthy *run.Folder // the first case
			for _, c := range t.cases() {
				b.Run(fmt.Sprintf("driver=%s/tree=%s/case=%s", driver, t.name, strings.ReplaceAll(c.name, " ", "-")), func(b *testing.B) {
					if healthy == nil && c.name != healthyCase { // it was not asked for
						healthy = repair(b, driver, t, t.cases()[0], 1)
					}
					for n := range b.N {
						f := repair(b, driver, t, c, uint64(n)+1)
						if c.name == healthyCase {
							healthy = f
						}
						require.True(b, c.loses || f.Results.Valid == run.Valid && f.Results.Strict.Valid == run.Valid, "%v, %v", f.Results.Valid, f.Results.Strict.Valid)
						for _, fig := range c.judge(f, healthy) {
							b.ReportMetric(fig.value, fig.unit)
							require.True(b, fig.bound == 0 || fig.value <= fig.bound, "%s is %v, which may be %v", fig.unit, fig.value, fig.bound)
						}
					}
				})
			}
		}
	}
}

// repair makes a run and reads its folder.
func repair(tb testing.TB, driver string, t tree, c fault, seed uint64) *run.Folder {
	dir := tb.TempDir()
	args := []string{"test"}
	if driver == "virtual" {
		args = append(args, "--virtual")
	}
	cmd := exec.CommandContext(tb.Context(), program(tb, "treecast"), append(args, t.words(c, seed)...)...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &stderr
	// 1 is a run that is not valid.
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		require.NoError(tb, err, stderr.String())
	}
	f, err := run.ReadFolder(filepath.Join(dir, "store", "latest"))
	require.NoError(tb, err)
	require.NotNil(tb, f.Messages, f.Missing)
	require.Negative(tb, f.Messages.SampledAt, "every message is in the record")
	return f
}

// words are the arguments of a case's test.
func (t tree) words(c fault, seed uint64) []string {
	limit := c.seconds
	if limit == 0 {
		limit = 20
	}
	out := strings.Fields(fmt.Sprintf("-w broadcast --node-count %d --time-limit %d --rate 100 --latency 100 --seed %d --no-report", treeNodes, limit, seed))
	if c.plan != "" {
		out = append(out, "--nemesis-plan", c.plan)
	}
	out = append(append(out, c.flags...), "--", "--sync-period", "400ms", "--num-children", fmt.Sprint(t.numChildren))
	return append(out, c.node...)
}

// cases are the faults on a tree, the healthy run first.
func (t tree) cases() []fault {
	out := []fault{{name: healthyCase, judge: func(f, _ *run.Folder) []figure {
		return []figure{{"ms-delivery", delay(f, everybody(), 0, time.Hour, 0, nil), 0}}
	}}}
	death := func(name, nodes string, bound time.Duration) {
		out = append(out, fault{name: name + " killed for good", plan: "5s kill " + nodes, judge: func(f, healthy *run.Folder) []figure {
			at, live := doneAt(f, "kill"), without(nodes)
			return []figure{
				{"ms-to-the-living", delay(f, live, at-2*time.Second, loadEnd(f)-bound, at, live), millis(bound)},
				{"x-messages", rate(f, at+steady) / rate(healthy, at+steady), 1.3},
			}
		}})
	}
	death("root", "n0", 4*time.Second)
	death("a node", t.inner, 4*time.Second)
	death("three nodes", t.three, 4*time.Second)
	death("root and its successor", "n0,n1", 6*time.Second)
	for _, cut := range []int{1, 10} {
		out = append(out, fault{
			name: fmt.Sprintf("halves for %d s", cut),
			plan: fmt.Sprintf("5s partition n0-n11|n12-n24; %ds heal", 5+cut), judge: judgeHalves,
		})
	}
	out = append(out, fault{name: "majorities ring for 20 s", plan: "2s ring; 22s heal", seconds: 26, judge: func(f, _ *run.Folder) []figure {
		at, healed := doneAt(f, "start-partition"), doneAt(f, "stop-partition")
		return []figure{{"ms-while-cut", delay(f, everybody(), at, healed-6*time.Second, at, nil), 6000}}
	}})
	for _, node := range slices.Compact([]string{"n0", t.inner}) {
		name := node
		if node == "n0" {
			name = "root"
		}
		again := fmt.Sprintf("5s kill %s; 10s start %s", node, node)
		out = append(out,
			fault{name: name + " restarted blank", plan: again, node: []string{"--journal", "off"}, loses: true, judge: judgeRestart(node, true)},
			fault{name: name + " restarted with its journal", plan: again, judge: judgeRestart(node, false)})
	}
	return append(out,
		fault{name: "random partitions", flags: strings.Fields("--nemesis partition --nemesis-interval 4"), judge: func(f, healthy *run.Folder) []figure {
			return []figure{
				{"x-messages", float64(f.Results.Net.Servers.MsgCount) / float64(healthy.Results.Net.Servers.MsgCount), 2},
				{"ms-beyond-the-cut", delay(f, everybody(), 0, time.Hour, 0, nil) - millis(longestCut(f)), 4000},
			}
		}},
		fault{name: "30 % loss", plan: "0s loss 0.3", judge: func(f, healthy *run.Folder) []figure {
			return []figure{
				{"x-messages", float64(f.Results.Net.Servers.MsgCount) / float64(healthy.Results.Net.Servers.MsgCount), 2.5},
				{"ms-everywhere", delay(f, everybody(), 0, time.Hour, 0, nil), 0},
			}
		}})
}

// judgeHalves asks how soon values were on their own side, and everywhere after
// the end of the cut.
func judgeHalves(f, _ *run.Folder) []figure {
	at, healed := doneAt(f, "start-partition"), doneAt(f, "stop-partition")
	var out []figure
	if healed-at > 5*time.Second {
		inside := 0.0
		for _, side := range [][]string{everybody()[:12], everybody()[12:]} {
			inside = max(inside, delay(f, side, at, healed-5*time.Second, at, side))
		}
		out = append(out, figure{"ms-own-side", inside, 5000})
	}
	return append(out, figure{"ms-after-the-end", delay(f, everybody(), 0, healed, healed, nil), 4000})
}

// judgeRestart asks how soon a node had again what it had lost, and how much it
// was sent for that.
func judgeRestart(node string, blank bool) func(f, _ *run.Folder) []figure {
	return func(f, _ *run.Folder) []figure {
		killed, back := doneAt(f, "kill"), doneAt(f, "start")
		others := without(node)
		from := killed
		if blank {
			from = 0
		}
		// What was broadcast to the node itself shortly before it died may be gone.
		query := reachQuery{Nodes: []string{node}, From: from, Until: back, At: others, Since: back}
		longest, lacked := 0.0, map[int32]bool{}
		for _, r := range reaches(f.Messages, query) {
			lacked[r.Value] = true
			if r.Missing > 0 {
				longest = math.Inf(1)
			}
			longest = max(longest, millis(r.At-back))
		}
		if len(lacked) == 0 {
			longest = math.Inf(1) // no evidence
		}
		handed := 0
		for i := range f.Messages.Transits {
			t := &f.Messages.Transits[i]
			if t.Fate != run.Received || f.Messages.Names[t.To] != node || t.Ended < back || t.Ended > loadEnd(f) || f.Messages.IsClient(t.From) {
				continue
			}
			for _, s := range t.Spans {
				for v := s.First; v <= s.Last; v++ {
					if lacked[v] {
						handed++
					}
				}
			}
		}
		return []figure{
			{"ms-to-all-it-lacks", longest, 4000},
			{"x-values", float64(handed) / float64(max(1, len(lacked))), 0},
		}
	}
}

// delay is the longest time, in ms, that a value broadcast at one of the nodes
// at between two moments took to all of the nodes, counted from no sooner than
// since; infinite if one never came, or if there was none: that would be no
// evidence.
func delay(f *run.Folder, nodes []string, from, until, since time.Duration, at []string) float64 {
	all := reaches(f.Messages, reachQuery{Nodes: nodes, From: from, Until: until, At: at})
	if len(all) == 0 {
		return math.Inf(1)
	}
	longest := 0.0
	for _, r := range all {
		if r.Missing > 0 {
			return math.Inf(1)
		}
		longest = max(longest, millis(r.At-max(r.Sent, since)))
	}
	return longest
}

// doneAt is when the nemesis had first done something; long after the run if it
// never had.
func doneAt(f *run.Folder, what string) time.Duration {
	begun := false
	for i := range f.History {
		op := &f.History[i]
		if op.Process == run.NemesisProcess && op.F == what {
			if begun { // an invocation, and then its completion
				return op.Time
			}
			begun = true
		}
	}
	return 1000 * time.Hour
}

// loadEnd is when the last operation of the load was asked for.
func loadEnd(f *run.Folder) (end time.Duration) {
	for i := range f.History {
		if op := &f.History[i]; op.Process != run.NemesisProcess && op.Type == run.Invoke && !op.Final {
			end = op.Time
		}
	}
	return end
}

// rate is how many messages a second nodes sent to nodes, from a moment to the
// end of the load.
func rate(f *run.Folder, from time.Duration) float64 {
	count, end := 0, loadEnd(f)
	for i := range f.Messages.Transits {
		if t := &f.Messages.Transits[i]; t.Sent >= from && t.Sent < end && !f.Messages.IsClient(t.From) && !f.Messages.IsClient(t.To) {
			count++
		}
	}
	return float64(count) / (end - from).Seconds()
}

// longestCut is the longest time between the beginning of a cut and its end.
func longestCut(f *run.Folder) (longest time.Duration) {
	since := time.Duration(-1)
	for i := range f.History {
		switch op := &f.History[i]; {
		case op.Process != run.NemesisProcess:
		case op.F == "start-partition" && since < 0:
			since = op.Time
		case op.F == "stop-partition" && since >= 0:
			longest, since = max(longest, op.Time-since), -1
		}
	}
	return longest
}

func everybody() (nodes []string) {
	for i := range treeNodes {
		nodes = append(nodes, fmt.Sprint("n", i))
	}
	return nodes
}

// without is everybody but those named by commas.
func without(names string) []string {
	return slices.DeleteFunc(everybody(), func(n string) bool { return slices.Contains(strings.Split(names, ","), n) })
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func TestRepair_everyCaseIsNamedOnceAndComparedWithTheFirst(t *testing.T) {
	for _, tree := range trees {
		seen := map[string]bool{}
		for i, c := range tree.cases() {
			require.Equal(t, i == 0, c.name == healthyCase)
			require.False(t, seen[c.name], c.name)
			seen[c.name] = true
			require.NotNil(t, c.judge)
			require.Contains(t, strings.Join(tree.words(c, 3), " "), "--seed 3")
		}
	}
}

func TestRepair_timesAreReadOffTheHistory(t *testing.T) {
	op := func(process int, kind run.OpType, f string, at time.Duration, final bool) run.Op {
		return run.Op{Process: process, Type: kind, F: f, Time: at * time.Second, Final: final}
	}
	f := &run.Folder{History: run.History{
		op(0, run.Invoke, "broadcast", 1, false),
		op(run.NemesisProcess, run.Info, "start-partition", 2, false),
		op(run.NemesisProcess, run.Info, "start-partition", 3, false),
		op(run.NemesisProcess, run.Info, "stop-partition", 7, false),
		op(run.NemesisProcess, run.Info, "stop-partition", 8, false),
		op(0, run.OK, "broadcast", 9, false),
		op(0, run.Invoke, "read", 20, true),
	}}
	require.Equal(t, 3*time.Second, doneAt(f, "start-partition"))
	require.Equal(t, 8*time.Second, doneAt(f, "stop-partition"))
	require.Greater(t, doneAt(f, "kill"), time.Hour)
	require.Equal(t, time.Second, loadEnd(f))
	require.Equal(t, 5*time.Second, longestCut(f))
	require.Len(t, without("n0,n24"), treeNodes-2)
}
