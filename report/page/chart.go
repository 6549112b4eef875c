package page

import (
	"html/template"
	"slices"
	"time"

	"treecast/run"
)

// The size of charts, in the units of their drawing; they take the width that
// there is.
const (
	chartWidth = 1000
	marginLeft = 62
	marginEdge = 14
	axisHeight = 26
)

// chart is a drawing with a plot in it.
type chart struct {
	svg
	x, y   scale
	height float64
}

// newChart begins a drawing. summary is what it shows, in a sentence, for who
// cannot see it. The plot leaves room for the y axis' labels, the x axis', and
// top units above.
func newChart(id, summary string, height, top float64, x, y scale) *chart {
	c := &chart{height: height, x: x, y: y}
	c.x.start, c.x.end = marginLeft, chartWidth-marginEdge
	c.y.start, c.y.end = height-axisHeight, top
	c.begin("svg", "id", id, "class", "chart", "viewBox", "0 0 "+num(chartWidth)+" "+num(height), "role", "img", "aria-label", summary)
	return c
}

// xAxis draws the x axis with its ticks and grid.
func (c *chart) xAxis(ticks []tick) {
	for _, t := range ticks {
		x := c.x.at(t.value)
		c.el("", "line", "x1", num(x), "x2", num(x), "y1", num(c.y.end), "y2", num(c.y.start), "class", "grid")
		c.text(x, c.height-8, "tick mid", t.label)
	}
	c.el("", "line", "x1", num(c.x.start), "x2", num(c.x.end), "y1", num(c.y.start), "y2", num(c.y.start), "class", "axis")
}

// yAxis draws the y axis with its ticks and grid.
func (c *chart) yAxis(ticks []tick) {
	for _, t := range ticks {
		y := c.y.at(t.value)
		c.el("", "line", "x1", num(c.x.start), "x2", num(c.x.end), "y1", num(y), "y2", num(y), "class", "grid")
		c.text(c.x.start-8, y+4, "tick end", t.label)
	}
}

// title writes what the plot shows above it.
func (c *chart) title(text string) { c.text(c.x.start, c.y.end-8, "plot-title", text) }

// faults shades what the nemesis did, and names it where there is room, every
// kind on a line of its own.
func (c *chart) faults(faults []run.Fault) {
	lanes, ends := map[string]int{}, map[string]float64{}
	for _, f := range faults {
		from, to := c.x.at(f.From.Duration().Seconds()), c.x.at(f.To.Duration().Seconds())
		from, to = max(from, c.x.start), min(to, c.x.end)
		if to < from {
			continue
		}
		lane, ok := lanes[f.Kind]
		if !ok {
			lane = len(lanes)
			lanes[f.Kind] = lane
		}
		tip := f.Kind + " from " + clock(f.From.Duration(), time.Millisecond) + " to " + clock(f.To.Duration(), time.Millisecond) + ": " + clip(f.Text, 160)
		c.el(tip, "rect", "x", num(from), "y", num(c.y.end), "width", num(max(to-from, 1)), "height", num(c.y.start-c.y.end), "class", "fault "+faultClass(f.Kind))
		if label := clip(f.Kind, int((to-from)/6)); label != "" && from >= ends[f.Kind] {
			c.text(from+3, c.y.end+11+float64(lane*13), "fault-name", label)
			ends[f.Kind] = from + float64(len(label))*6
		}
	}
}

// faultClass is the style of a kind of fault.
func faultClass(kind string) string {
	switch kind {
	case "partition", "kill", "pause":
		return kind
	}
	return "other-fault"
}

// faultLegend explains the shades of a run.
func faultLegend(faults []run.Fault) (out []legend) {
	for _, f := range faults {
		entry := legend{"fault " + faultClass(f.Kind), clip(f.Kind, 40)}
		if !slices.Contains(out, entry) {
			out = append(out, entry)
		}
	}
	return out
}

// picture is a drawing on a page with what belongs to it.
type picture struct {
	Drawing template.HTML
	Caption string
	Legend  []legend
	Tables  []table
	Live    bool // the script changes the caption
}

// legend explains a style.
type legend struct{ Class, Text string }

// table is the same as a drawing in numbers.
type table struct {
	Title   string
	Columns []string
	Rows    [][]string
	Note    string // what was left out; empty for nothing
}

// clip cuts a text to so many characters.
func clip(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	if limit < 4 {
		return ""
	}
	return string(runes[:limit-3]) + "..."
}
