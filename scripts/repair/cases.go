package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"treecast/analysis"
	"treecast/run"
)

const (
	nodeCount   = 25
	healthyCase = "nothing"
	// settled is how long after a fault a rate of messages is counted from.
	settled = 6 * time.Second
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
	{name: "k = 5", numChildren: 5, inner: "n1", three: "n2,n4,n9"},
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

// figure is something measured, and how large it may be.
type figure struct {
	what         string
	value, bound float64
	unit         string // "ms" or "x"
}

func (f figure) boundText() string {
	if f.bound == 0 {
		return ""
	}
	return figure{value: f.bound, unit: f.unit}.String()
}

// String spells the value, in bold if it is beyond its bound.
func (f figure) String() string {
	text := fmt.Sprintf("%.2f x", f.value)
	if f.unit == "ms" {
		text = fmt.Sprintf("%.0f ms", f.value)
	}
	if math.IsInf(f.value, 1) {
		text = "never"
	}
	if f.bound > 0 && f.value > f.bound {
		return "**" + text + "**"
	}
	return text
}

// cases are the faults on a tree, the healthy run first.
func (t tree) cases() []fault {
	out := []fault{{name: healthyCase, judge: func(f, _ *run.Folder) []figure {
		return []figure{{"true delivery", delay(f, everybody(), 0, time.Hour, 0, nil), 0, "ms"}}
	}}}
	death := func(name, nodes string, bound time.Duration) {
		out = append(out, fault{name: name + " killed for good", plan: "5s kill " + nodes, judge: func(f, healthy *run.Folder) []figure {
			at, live := done(f, "kill"), without(nodes)
			return []figure{
				{"to all who live", delay(f, live, at-2*time.Second, loadEnd(f)-bound, at, live), ms(bound), "ms"},
				{"messages a second, settled, to healthy", rate(f, at+settled) / rate(healthy, at+settled), 1.3, "x"},
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
		at, healed := done(f, "start-partition"), done(f, "stop-partition")
		return []figure{{"everywhere, while it is cut", delay(f, everybody(), at, healed-6*time.Second, at, nil), 6000, "ms"}}
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
				{"messages to healthy", float64(f.Results.Net.Servers.MsgCount) / float64(healthy.Results.Net.Servers.MsgCount), 2, "x"},
				{"beyond the longest cut", delay(f, everybody(), 0, time.Hour, 0, nil) - ms(longestCut(f)), 4000, "ms"},
			}
		}},
		fault{name: "30 % loss", plan: "0s loss 0.3", judge: func(f, healthy *run.Folder) []figure {
			return []figure{
				{"messages to healthy", float64(f.Results.Net.Servers.MsgCount) / float64(healthy.Results.Net.Servers.MsgCount), 2.5, "x"},
				{"everywhere", delay(f, everybody(), 0, time.Hour, 0, nil), 0, "ms"},
			}
		}})
}

// judgeHalves asks how soon values were on their own side, and everywhere after
// the end of the cut.
func judgeHalves(f, _ *run.Folder) []figure {
	at, healed := done(f, "start-partition"), done(f, "stop-partition")
	var out []figure
	if healed-at > 5*time.Second {
		inside := 0.0
		for _, side := range [][]string{everybody()[:12], everybody()[12:]} {
			inside = max(inside, delay(f, side, at, healed-5*time.Second, at, side))
		}
		out = append(out, figure{"on its own side", inside, 5000, "ms"})
	}
	return append(out, figure{"everywhere after the end", delay(f, everybody(), 0, healed, healed, nil), 4000, "ms"})
}

// judgeRestart asks how soon a node had again what it had lost, and how much it
// was sent for that.
func judgeRestart(node string, blank bool) func(f, _ *run.Folder) []figure {
	return func(f, _ *run.Folder) []figure {
		killed, back := done(f, "kill"), done(f, "start")
		others := without(node)
		from := killed
		if blank {
			from = 0
		}
		// What was broadcast to the node itself shortly before it died may be gone.
		query := analysis.ReachQuery{Nodes: []string{node}, From: from, Until: back, At: others, Since: back}
		longest, lacked := 0.0, map[int32]bool{}
		for _, r := range analysis.Reaches(f.Messages, query) {
			lacked[r.Value] = true
			if r.Missing > 0 {
				longest = math.Inf(1)
			}
			longest = max(longest, ms(r.At-back))
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
			{"all that it lacks, since its init", longest, 4000, "ms"},
			{"values that it was sent, to those that it lacked", float64(handed) / float64(max(1, len(lacked))), 0, "x"},
		}
	}
}

// delay is the longest time, in ms, that a value broadcast at one of the nodes
// at between two moments took to all of the nodes, counted from no sooner than
// since; infinite if one never came, or if there was none: that would be no
// evidence.
func delay(f *run.Folder, nodes []string, from, until, since time.Duration, at []string) float64 {
	reaches := analysis.Reaches(f.Messages, analysis.ReachQuery{Nodes: nodes, From: from, Until: until, At: at})
	if len(reaches) == 0 {
		return math.Inf(1)
	}
	longest := 0.0
	for _, r := range reaches {
		if r.Missing > 0 {
			return math.Inf(1)
		}
		longest = max(longest, ms(r.At-max(r.Sent, since)))
	}
	return longest
}

// done is when the nemesis had first done something; long after the run if it
// never had.
func done(f *run.Folder, what string) time.Duration {
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
	for i := range nodeCount {
		nodes = append(nodes, fmt.Sprint("n", i))
	}
	return nodes
}

// without is everybody but those named by commas.
func without(names string) []string {
	return slices.DeleteFunc(everybody(), func(n string) bool { return slices.Contains(strings.Split(names, ","), n) })
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
