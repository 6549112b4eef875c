package figure

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"treecast/analysis"
	"treecast/run"
)

// Pareto is the settings of a sweep as points: messages against latency.
type Pareto struct {
	Latency  string // the figure on the x axis, as of analysis.LatencyFigure
	Points   []ParetoPoint
	Frontier []int // of Points, from the lowest latency
	Least    []Reference
	Known    []Reference
	LeftOut  int // settings that cannot be placed: some run of theirs has no such figure
}

// LatencyName is what people call the figure on the x axis.
func (p *Pareto) LatencyName() string { return latencyNames[p.Latency] }

// ParetoPoint is a setting.
type ParetoPoint struct {
	Group    int // index in the groups
	Latency  float64
	Messages float64 // per operation, the median of the setting's runs
	Sound    bool    // all its runs are valid
	Series   string  // what it is told apart by: the fan-out
}

// Reference is a point that is no setting of the sweep.
type Reference struct {
	Name              string
	Latency, Messages float64
}

// known are results that others have published for 25 nodes, 100 operations a
// second and 100 ms: the worst stable latency and messages per operation.
var known = []Reference{
	{"published: the article, for 3d", 403, 22.86},
	{"published: the article, for 3e", 1129, 2.99},
	{"published: the best found", 989, 1.74},
}

// leastPoints is with how many points the curve of the least messages is drawn.
const leastPoints = 40

// ParetoOf places the groups of a sweep. Where others have published results
// for the load, theirs stand beside them, and latency is as they measure it.
func ParetoOf(groups []analysis.Group) Pareto {
	published := len(groups) > 0
	for i := range groups {
		g := &groups[i]
		_, stable := g.Worst(run.StableMax)
		published = published && stable && attempts(g) && g.NodeCount == 25 && g.Rate == 100 && g.Spec.Latency.Whole() == 100 &&
			g.LatencyDist == "constant" && g.Nemesis == ""
	}
	if !published {
		return ParetoBy(groups, analysis.LatencyFigure(groups))
	}
	out := ParetoBy(groups, run.StableMax)
	out.Known = known
	return out
}

// ParetoBy places the groups of a sweep by a figure of their latency.
func ParetoBy(groups []analysis.Group, latency string) Pareto {
	out := Pareto{Latency: latency}
	at := map[int]int{}
	for i := range groups {
		g := &groups[i]
		latency, ok1 := g.Worst(out.Latency)
		messages, ok2 := g.Median(run.MsgsPerOp)
		if !ok1 || !ok2 || latency <= 0 || messages <= 0 {
			out.LeftOut++
			continue
		}
		at[i] = len(out.Points)
		out.Points = append(out.Points, ParetoPoint{Group: i, Latency: latency, Messages: messages, Sound: g.Sound(), Series: seriesOf(g.Spec)})
	}
	for _, g := range analysis.Frontier(groups, out.Latency) {
		if p, ok := at[g]; ok {
			out.Frontier = append(out.Frontier, p)
		}
	}
	out.Least = least(groups, out.Latency)
	return out
}

// attempts says whether every run of a group was an attempt at a challenge: of the
// load that others have published results for.
func attempts(g *analysis.Group) bool {
	return !slices.ContainsFunc(g.Rows, func(r run.Row) bool { return r.Passed == "" && r.Missed == "" })
}

// seriesOf is what a setting is told apart by in a drawing.
func seriesOf(s run.Spec) string {
	name := "k = auto"
	if s.NumChildren != "" {
		name = "k = " + s.NumChildren
	}
	if s.Rounds != "" && s.Rounds != "locked" {
		name += ", " + s.Rounds
	}
	return name
}

// least is the curve of the fewest messages that gossip with a period needs, in
// a star, against the worst latency that the period allows. It is empty where
// settings do not share their load.
func least(groups []analysis.Group, latency string) []Reference {
	if len(groups) == 0 {
		return nil
	}
	first := groups[0].Spec
	from, to := math.Inf(1), 0.0
	for i := range groups {
		s := groups[i].Spec
		if s.NodeCount != first.NodeCount || s.Rate != first.Rate || s.Latency != first.Latency || s.Workload != first.Workload {
			return nil
		}
		if p := s.SyncPeriod.Duration().Seconds(); p > 0 {
			from, to = min(from, p), max(to, p)
		}
	}
	values, ok1 := groups[0].Median("values")
	operations, ok2 := groups[0].Median("operations")
	if !(from < to) || !ok1 || !ok2 || operations == 0 || first.Rate <= 0 || first.NodeCount < 2 {
		return nil
	}
	hops := 2.0 // up to the root and down again
	if latency == run.StableMax {
		hops = 1 // sampled by reads, it comes out about one hop lower
	}
	var out []Reference
	for i := range leastPoints {
		period := from * math.Pow(to/from, float64(i)/(leastPoints-1))
		perSecond := analysis.LeastMessagesPerSecond(first.NodeCount, first.NodeCount-1, period, first.Rate*values/operations)
		out = append(out, Reference{
			Name:    "least possible",
			Latency: 1000 * (period + hops*first.Latency.Duration().Seconds()), Messages: perSecond / first.Rate,
		})
	}
	return out
}

// HeatMap is a figure of a sweep over the fan-out and the sync period.
type HeatMap struct {
	Figure  string
	Title   string // what else its settings have in common, where there are several maps
	Rows    []string
	Columns []run.Millis
	Cells   [][]HeatCell
	Low, Up float64 // of all cells
}

// HeatCell is a setting in a map.
type HeatCell struct {
	Group int // -1: no such setting was run
	Value float64
	Sound bool
}

// heatFigures are the figures that have a map, and whether the worst run counts
// or the median.
var heatFigures = []struct {
	name  string
	worst bool
}{{run.MsgsPerOp, false}, {run.StableMax, true}, {run.DeliveryMax, true}, {run.RealtimeLag, true}, {run.BusiestNode, false}}

// maxHeatSets is for how many kinds of settings there are maps.
const maxHeatSets = 3

// HeatMaps draws the maps of a sweep that has more than one fan-out and more
// than one period: one for each figure, and for each kind of settings that
// differ in nothing else.
func HeatMaps(groups []analysis.Group) []HeatMap {
	var kinds []run.Spec
	members := map[run.Spec][]int{}
	for i := range groups {
		kind := groups[i].Spec
		if kind.SyncPeriod == 0 {
			continue
		}
		kind.NumChildren, kind.SyncPeriod = "", 0
		if members[kind] == nil {
			kinds = append(kinds, kind)
		}
		members[kind] = append(members[kind], i)
	}
	named := make([]analysis.Group, len(kinds))
	for i := range kinds {
		named[i].Spec = kinds[i]
	}
	titles := analysis.Labels(named)
	var out []HeatMap
	for i, kind := range kinds {
		if i == maxHeatSets {
			break
		}
		for _, f := range heatFigures {
			if m := heatMap(groups, members[kind], f.name, f.worst); len(m.Rows) > 1 && len(m.Columns) > 1 {
				if len(kinds) > 1 {
					m.Title = titles[i]
				}
				out = append(out, m)
			}
		}
	}
	return out
}

func heatMap(groups []analysis.Group, members []int, name string, worst bool) HeatMap {
	out := HeatMap{Figure: name, Low: math.Inf(1), Up: math.Inf(-1)}
	values := map[int]float64{}
	for _, i := range members {
		g := &groups[i]
		v, ok := g.Median(name)
		if worst {
			v, ok = g.Worst(name)
		}
		if !ok {
			continue
		}
		values[i] = v
		out.Low, out.Up = min(out.Low, v), max(out.Up, v)
		if k := g.NumChildren; !slices.Contains(out.Rows, k) {
			out.Rows = append(out.Rows, k)
		}
		if !slices.Contains(out.Columns, g.SyncPeriod) {
			out.Columns = append(out.Columns, g.SyncPeriod)
		}
	}
	slices.SortFunc(out.Rows, byNumber)
	slices.Sort(out.Columns)
	for range out.Rows {
		row := make([]HeatCell, len(out.Columns))
		for i := range row {
			row[i].Group = -1
		}
		out.Cells = append(out.Cells, row)
	}
	for i, v := range values {
		g := &groups[i]
		out.Cells[slices.Index(out.Rows, g.NumChildren)][slices.Index(out.Columns, g.SyncPeriod)] = HeatCell{i, v, g.Sound()}
	}
	return out
}

// byNumber puts words that are numbers in their order, and before others.
func byNumber(a, b string) int {
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	switch {
	case errA == nil && errB == nil:
		return cmp.Compare(x, y)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}
