package main

import (
	"fmt"
	"slices"
	"strings"

	"treecast/analysis"
)

// setting is one line of a table.
type setting struct {
	label string
	args  []string // of treecast test
	// For the formula; k is 0 where there is none. nodes is 25 if it is 0.
	nodes, k, periodMS int
}

// column is a column of a table: its head, and what stands there for a setting.
type column struct {
	head string
	cell func(*row) string
}

// set is a table.
type set struct {
	title, text string
	settings    []setting
	columns     []column // nil: the usual ones
}

func names() []string {
	var out []string
	for name := range sets {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

const (
	broad25  = "-w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100"
	broad100 = "-w broadcast --node-count 100 --time-limit 20 --rate 100 --latency 100"
)

// with joins the bed's flags and the nodes'.
func with(bed, node string) []string {
	args := strings.Fields(bed)
	if node != "" {
		args = append(append(args, "--"), strings.Fields(node)...)
	}
	return args
}

// locked is locked rounds at one fan-out and period.
func locked(label string, k, periodMS int) setting {
	return setting{
		label: label, k: k, periodMS: periodMS,
		args: with(broad25, fmt.Sprintf("--num-children %d --sync-period %dms", k, periodMS)),
	}
}

var sets = map[string]set{
	"challenges": {
		title: "The challenges",
		text:  "The Fly.io challenges as people run them, with treecast's defaults unless a setting says otherwise.",
		settings: []setting{
			{label: "3a: one node", args: with("-w broadcast --node-count 1 --time-limit 20 --rate 10", "")},
			{label: "3b: five nodes", args: with("-w broadcast --node-count 5 --time-limit 20 --rate 10", "")},
			{label: "3c: five nodes, partitions", args: with("-w broadcast --node-count 5 --time-limit 20 --rate 10 --nemesis partition", "")},
			{label: "25 nodes, partitions", args: with(broad25+" --nemesis partition --nemesis-interval 4", "")},
			{label: "3d: defaults", args: with(broad25, ""), k: 24, periodMS: 450},
			locked("3e: star, P = 1740 ms", 24, 1740),
			{label: "free rounds, 3d", args: with(broad25, "--rounds free --sync-period 150ms")},
			{label: "free rounds, 3e", args: with(broad25, "--rounds free --sync-period 400ms")},
		},
	},
	"rounds": {
		title: "Locked rounds",
		text:  "25 nodes, 100 ms, 100 operations a second for 20 s. Formula: the messages that locked rounds need for the load itself, per operation; acks, the start and the quiet end come on top.",
		settings: []setting{
			locked("locked, star, P = 280 ms", 24, 280),
			locked("locked, star, P = 470 ms", 24, 470),
			locked("locked, star, P = 880 ms", 24, 880),
			locked("locked, star, P = 1740 ms", 24, 1740),
			locked("locked, k = 5, P = 260 ms", 5, 260),
			locked("locked, k = 5, P = 1400 ms", 5, 1400),
		},
	},
	"schemes": {
		title: "Schemes compared",
		text:  "As above: a latency target instead of a period, and the other schemes.",
		settings: []setting{
			{label: "target 400 ms, star", args: with(broad25, "--latency-target 400ms")},
			{label: "target 600 ms, star", args: with(broad25, "--latency-target 600ms")},
			{label: "target 1 s, star", args: with(broad25, "--latency-target 1s")},
			{label: "target 2 s, star", args: with(broad25, "--latency-target 2s")},
			{label: "free, star, P = 150 ms", args: with(broad25, "--rounds free --sync-period 150ms")},
			{label: "free, star, P = 400 ms", args: with(broad25, "--rounds free --sync-period 400ms")},
			{label: "free, star, P = 800 ms", args: with(broad25, "--rounds free --sync-period 800ms")},
			{label: "eager, star (straight to everyone)", args: with(broad25, "--rounds eager")},
			{label: "eager, k = 5", args: with(broad25, "--rounds eager --num-children 5")},
		},
	},
	"partitions": {
		title: "Partitions",
		text:  "Partitions come and go all through the load; latencies are those of values that had to wait for a cut to heal.",
		settings: []setting{
			{label: "3c: five nodes", args: with("-w broadcast --node-count 5 --time-limit 20 --rate 10 --nemesis partition", "")},
			{label: "25 nodes, a cut or a heal every 4 s", args: with(broad25+" --nemesis partition --nemesis-interval 4", "")},
		},
	},
	"journal": {
		title: "Kills",
		text:  "Nodes are killed (SIGKILL) and started again, stopped and let go on, or cut off, all through the load, every 3 s on average. The last line is without journals: what it loses is what the others keep. A run in which no broadcast succeeded at all, as all nodes were down whenever one was asked, counts as invalid, as it does for Maelstrom.",
		settings: []setting{
			killed("kill of one", "kill", "one", ""),
			killed("kill of a minority", "kill", "minority", ""),
			killed("kill of a majority", "kill", "majority", ""),
			killed("kill of all", "kill", "all", ""),
			killed("pause of any", "pause", "", ""),
			killed("kill, pause and partition", "kill,pause,partition", "", ""),
			killed("kill of a majority, no journal", "kill", "majority", "--journal off"),
		},
	},
	"depth": {
		title: "A tree of depth 2 for 3d",
		text:  "k = 5, with the period as long as 3d's bounds allow.",
		settings: []setting{
			locked("locked, k = 5, P = 250 ms", 5, 250),
			locked("locked, k = 5, P = 260 ms", 5, 260),
		},
	},
	"jitter": {
		title: "Random latency",
		text:  "As above with latencies that are drawn at random, mean 100 ms.",
		settings: []setting{
			{label: "exponential, star, P = 470 ms", args: with(broad25+" --latency-dist exponential", "--sync-period 470ms"), k: 24, periodMS: 470},
			{label: "uniform, star, P = 470 ms", args: with(broad25+" --latency-dist uniform", "--sync-period 470ms"), k: 24, periodMS: 470},
			{label: "exponential, k = 5, P = 470 ms", args: with(broad25+" --latency-dist exponential", "--num-children 5 --sync-period 470ms"), k: 5, periodMS: 470},
			{label: "uniform, k = 5, P = 470 ms", args: with(broad25+" --latency-dist uniform", "--num-children 5 --sync-period 470ms"), k: 5, periodMS: 470},
		},
	},
	"scale": scaleSet(),
	"hundred": {
		title: "100 nodes",
		text:  "100 nodes, 100 ms, 100 operations a second for 20 s.",
		settings: []setting{
			{label: "k = 10, P = 470 ms", args: with(broad100, "--num-children 10 --sync-period 470ms"), nodes: 100, k: 10, periodMS: 470},
			{label: "k = 99, P = 470 ms", args: with(broad100, "--num-children 99 --sync-period 470ms"), nodes: 100, k: 99, periodMS: 470},
		},
	},
}

// The load of all sets with a formula, per second.
const (
	loadOperations = 100.0
	loadBroadcasts = 50.0
)

// formula is what the load of a setting needs per operation.
func (set) formula(s setting) string {
	if s.k == 0 {
		return "-"
	}
	nodes := 25
	if s.nodes > 0 {
		nodes = s.nodes
	}
	return fmt.Sprintf("%.3f", perSecond(nodes, s.k, s.periodMS)/loadOperations)
}

// perSecond is how many messages per second the load needs.
func perSecond(nodes, k, periodMS int) float64 {
	return analysis.LeastMessagesPerSecond(nodes, k, float64(periodMS)/1000, loadBroadcasts)
}

// killed is 3d's setting with nodes that fail every 3 s on average.
func killed(label, faults, targets, node string) setting {
	flags := broad25 + " --nemesis " + faults + " --nemesis-interval 3"
	if targets != "" {
		flags += " --nemesis-targets " + targets
	}
	return setting{label: label, args: with(flags, node)}
}
