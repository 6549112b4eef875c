package analysis

import (
	"math"
	"slices"
	"strings"

	"treecast/run"
)

// Group are the runs of one setting.
type Group struct {
	run.Spec
	Rows []run.Row // at least one
}

// Groups gathers rows by their settings, in the order in which settings first
// appear. Every row is in exactly one group.
func Groups(rows []run.Row) []Group {
	var out []Group
	at := map[run.Spec]int{}
	for _, row := range rows {
		i, known := at[row.Spec]
		if !known {
			i = len(out)
			at[row.Spec] = i
			out = append(out, Group{Spec: row.Spec})
		}
		out[i].Rows = append(out[i].Rows, row)
	}
	return out
}

// Values are a figure of all runs that have it, in the order of the runs.
func (g *Group) Values(figure string) []float64 {
	var out []float64
	for i := range g.Rows {
		if v, ok := g.Rows[i].Figures[figure]; ok {
			out = append(out, v)
		}
	}
	return out
}

// Worst is the largest value of a figure; false if some run does not have it.
func (g *Group) Worst(figure string) (float64, bool) {
	values := g.Values(figure)
	if len(values) < len(g.Rows) {
		return 0, false
	}
	return slices.Max(values), true
}

// Median of a figure over the runs: the middle one, or the mean of the middle
// two. False if some run does not have it.
func (g *Group) Median(figure string) (float64, bool) {
	values := g.Values(figure)
	if len(values) < len(g.Rows) {
		return 0, false
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2, true
}

// Valid counts the runs that are valid by Maelstrom's verdict, and by ours.
func (g *Group) Valid() (valid, strict int) {
	for i := range g.Rows {
		if r := &g.Rows[i]; r.Valid == run.Valid {
			valid++
			if r.Strict == run.Valid {
				strict++
			}
		}
	}
	return valid, strict
}

// Sound says that nothing speaks against any run: none is invalid by either
// verdict, none could not be made, and all are valid by Maelstrom's. A record
// of real Maelstrom has no strict verdict, which speaks neither way.
func (g *Group) Sound() bool {
	return !slices.ContainsFunc(g.Rows, func(r run.Row) bool {
		return r.Valid != run.Valid || r.Strict == run.Invalid || r.Error != ""
	})
}

// Passes counts the runs that keep the bounds of a challenge, and those that
// were an attempt at it.
func (g *Group) Passes(challenge string) (passed, tried int) {
	for i := range g.Rows {
		if slices.Contains(strings.Fields(g.Rows[i].Passed), challenge) {
			passed++
			tried++
		} else if slices.Contains(strings.Fields(g.Rows[i].Missed), challenge) {
			tried++
		}
	}
	return passed, tried
}

// PassesAll says that every run was an attempt at a challenge and met it.
func (g *Group) PassesAll(challenge string) bool {
	passed, _ := g.Passes(challenge)
	return passed == len(g.Rows)
}

// LatencyFigure is the figure by which settings are chosen: the realtime lag of readers
// if all sound groups have it, else the true delivery latency, else Maelstrom's stable
// latency. It is the worst value of the worst run that counts.
// Empty: the runs have no latency. Where none is sound it is the stable latency.
func LatencyFigure(groups []Group) string {
	if !slices.ContainsFunc(groups, func(g Group) bool { return g.Sound() }) {
		return run.StableMax
	}
	for _, name := range []string{run.RealtimeLag, run.DeliveryMax, run.StableMax} {
		lacks := func(g Group) bool { _, ok := g.Worst(name); return g.Sound() && !ok }
		has := func(g Group) bool { _, ok := g.Worst(name); return ok }
		if !slices.ContainsFunc(groups, lacks) && slices.ContainsFunc(groups, has) {
			return name
		}
	}
	return ""
}

// LeastMessagesPerSecond is how many messages locked rounds need for the load
// itself, in a tree of so many nodes with a fan-out: every node but the root is
// told once a period (in seconds) if there is any news, and speaks once if
// anything in its subtree has news. Broadcasts come at random, spread evenly
// over the nodes. For a star it is the least that any gossip with that period
// can do with; acks, the start and the quiet end come on top. See the package
// comment of gossip.
func LeastMessagesPerSecond(nodes, fanOut int, period, broadcastsPerSecond float64) float64 {
	if nodes < 2 || fanOut < 1 || !(period > 0) {
		return 0
	}
	speaks := func(share float64) float64 { return -math.Expm1(-broadcastsPerSecond*period*share) / period }
	size := make([]int, nodes)
	perSecond := 0.0
	for i := nodes - 1; i > 0; i-- { // children stand behind their parents
		size[i]++
		size[(i-1)/fanOut] += size[i]
		perSecond += speaks(1) + speaks(float64(size[i])/float64(nodes))
	}
	return perSecond
}
