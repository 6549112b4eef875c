package page

import (
	"cmp"
	"fmt"
	"slices"

	"treecast/report/plot"
	"treecast/run"
)

// How a graph is drawn: boxes below each other, and arrows at their right, each
// in a lane of its own.
const (
	boxLeft    = 14
	boxRight   = 560
	boxHead    = 24 // room for the heading
	boxLine    = 18 // for each further line
	boxFoot    = 8
	boxGap     = 26
	laneFirst  = 34 // from the boxes to the first lane
	laneWidth  = 46
	maxMop     = 74 // letters of a line
	maxLabel   = 46 // letters at an arrow
	maxLanes   = 6  // further arrows share the last
	labelSpace = 12 // from the farthest lane to the labels
	labelLine  = 16
)

// arrowKinds are the kinds of arrows that have a style of their own.
var arrowKinds = []legend{
	{"ww", "ww: it wrote the version before"},
	{"wr", "wr: it wrote what was read"},
	{"rw", "rw: it read the version before"},
	{"process", "process: the same process had done it before"},
	{"realtime", "realtime: it was done when the other began"},
}

// arrow is a place for an edge: from one line of the drawing to another.
type arrow struct {
	edge     *run.GraphEdge
	from, to float64 // heights
	lane     int
	label    float64 // height of its label
}

// farthest is how far to the right the arrow comes: a curve of its kind is at
// three quarters of its control points in the middle.
func (a *arrow) farthest() float64 {
	return boxRight + 0.75*(laneFirst+float64(a.lane+1)*laneWidth)
}

// graphPart draws a graph. window names the window of the diagram of messages
// that shows a vertex, -1 if none does; nil for no links.
func graphPart(id, title string, g *run.Graph, window func(v *run.Vertex) int) picture {
	tops := make([]float64, len(g.Vertices))
	height := float64(boxGap) / 2
	for i := range g.Vertices {
		tops[i] = height
		height += boxHead + boxFoot + boxGap + float64(boxLine*len(g.Vertices[i].Lines))
	}
	arrows := lanes(g, tops)
	labels, low := placeLabels(arrows)
	height = max(height, low+labelLine)
	var s plot.SVG
	s.Begin("svg", "id", id, "class", "chart graph", "viewBox", "0 0 "+plot.Num(plot.Width)+" "+plot.Num(height), "role", "img", "aria-label", title)
	for i := range g.Vertices {
		var link func()
		if window != nil {
			if at := window(&g.Vertices[i]); at >= 0 {
				link = func() { s.Begin("a", "href", "#diagram", "data-window", fmt.Sprint(at)) }
			}
		}
		box(&s, &g.Vertices[i], tops[i], link)
	}
	for i := range arrows {
		drawArrow(&s, &arrows[i], labels)
	}
	p := picture{Drawing: s.HTML(), Caption: "Arrows lead from what comes first to what comes after it."}
	words := table{Title: "Why each comes before the next", Columns: []string{"kind", "why"}}
	for i := range g.Edges {
		words.Rows = append(words.Rows, []string{g.Edges[i].Kind, g.Edges[i].Text})
	}
	p.Tables = []table{words}
	for _, l := range arrowKinds {
		if slices.ContainsFunc(g.Edges, func(e run.GraphEdge) bool { return e.Kind == l.Class }) {
			p.Legend = append(p.Legend, legend{"arrow " + l.Class, l.Text})
		}
	}
	return p
}

// lanes gives every edge a lane in which no other one is at the same height,
// the shortest first and so the nearest to the boxes.
func lanes(g *run.Graph, tops []float64) []arrow {
	var arrows []arrow
	for i := range g.Edges {
		e := &g.Edges[i]
		if e.From < 0 || e.From >= len(tops) || e.To < 0 || e.To >= len(tops) {
			continue
		}
		arrows = append(arrows, arrow{edge: e, from: lineOf(tops[e.From], e.FromLine) + 3, to: lineOf(tops[e.To], e.ToLine) - 3})
	}
	span := func(a arrow) (low, high float64) { return min(a.from, a.to), max(a.from, a.to) }
	slices.SortStableFunc(arrows, func(a, b arrow) int {
		aLow, aHigh := span(a)
		bLow, bHigh := span(b)
		return cmp.Compare(aHigh-aLow, bHigh-bLow)
	})
	for i := range arrows {
		low, high := span(arrows[i])
		for lane := range maxLanes {
			arrows[i].lane = lane
			if !slices.ContainsFunc(arrows[:i], func(other arrow) bool {
				otherLow, otherHigh := span(other)
				return other.lane == lane && low < otherHigh && otherLow < high
			}) {
				break
			}
		}
	}
	return arrows
}

// placeLabels gives every arrow's label a height of its own, near its middle, and
// returns where labels begin and how low they reach.
func placeLabels(arrows []arrow) (x, low float64) {
	order := make([]*arrow, len(arrows))
	for i := range arrows {
		order[i] = &arrows[i]
		x = max(x, arrows[i].farthest()+labelSpace)
	}
	slices.SortStableFunc(order, func(a, b *arrow) int { return cmp.Compare(a.from+a.to, b.from+b.to) })
	for _, a := range order {
		a.label = max((a.from+a.to)/2, low+labelLine)
		low = a.label
	}
	return x, low
}

// lineOf is the height of a line of a box, or of its heading.
func lineOf(top float64, line int) float64 {
	if line < 0 {
		return top + boxHead/2
	}
	return top + boxHead + boxLine*(float64(line)+0.5)
}

func box(s *plot.SVG, v *run.Vertex, top float64, link func()) {
	height := float64(boxHead + boxFoot + boxLine*len(v.Lines))
	s.El("", "rect", "x", plot.Num(boxLeft), "y", plot.Num(top), "width", plot.Num(boxRight-boxLeft), "height", plot.Num(height), "rx", "6", "class", "box")
	head := fmt.Sprintf("%s: operation %d, done at %.3f s", v.Name, v.Op, v.At)
	if v.Place != "" {
		head += ", asked of " + v.Place
	}
	if link != nil {
		link()
	}
	s.Text(boxLeft+10, top+17, "box-head", head)
	if link != nil {
		s.End()
	}
	for i, line := range v.Lines {
		s.Begin("g")
		s.Text(boxLeft+24, lineOf(top, i)+4, "box-line", clip(line, maxMop))
		if clip(line, maxMop) != line {
			s.El(line, "rect", "x", plot.Num(boxLeft+20), "y", plot.Num(lineOf(top, i)-9), "width", plot.Num(boxRight-boxLeft-30), "height", plot.Num(boxLine), "class", "box-more")
		}
		s.End()
	}
}

// drawArrow draws an edge from the right side of a box, along its lane, to the right
// side of another, with its label at labels.
func drawArrow(s *plot.SVG, a *arrow, labels float64) {
	x := boxRight + laneFirst + float64((a.lane+1)*laneWidth)
	path := fmt.Sprintf("M%s %s C%s %s %s %s %s %s", plot.Num(boxRight), plot.Num(a.from), plot.Num(x), plot.Num(a.from), plot.Num(x), plot.Num(a.to), plot.Num(boxRight+7), plot.Num(a.to))
	s.El(a.edge.Text, "path", "d", path, "class", "arrow "+a.edge.Kind)
	head := fmt.Sprintf("M%s %s l9 -4.5 l0 9 z", plot.Num(boxRight), plot.Num(a.to))
	s.El("", "path", "d", head, "class", "arrow-head "+a.edge.Kind)
	s.El("", "line", "x1", plot.Num(a.farthest()), "y1", plot.Num((a.from+a.to)/2), "x2", plot.Num(labels-4), "y2", plot.Num(a.label), "class", "leader")
	s.Text(labels, a.label+4, "arrow-label", clip(a.edge.Label, maxLabel))
}
