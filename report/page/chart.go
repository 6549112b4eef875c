package page

import (
	"html/template"
	"slices"
	"time"

	"treecast/report/plot"
	"treecast/run"
)

// chart is a plot on a page.
type chart struct{ *plot.Chart }

func newChart(id, summary string, height, top float64, x, y plot.Scale) chart {
	return chart{plot.New(id, summary, height, top, x, y)}
}

// overTime begins a chart of a run, from its beginning, with its faults.
func overTime(f *run.Folder, id, summary, title string, height float64, end time.Duration, y plot.Scale, ticks []plot.Tick) chart {
	c := newChart(id, summary, height, 26, plot.Scale{To: max(end.Seconds(), 0.001)}, y)
	c.YAxis(ticks)
	c.XAxis(timeTicks(0, end, 12))
	c.faults(f.Results.Faults)
	c.Title(title)
	return c
}

// bar draws a stretch of time, from x to x2, between two heights.
func (c chart) bar(tip string, x, x2, top, bottom float64, class string) {
	c.El(tip, "rect", "x", plot.Num(x+0.5), "width", plot.Num(max(x2-x-1, 0.6)), "y", plot.Num(top), "height", plot.Num(max(bottom-top, 0.4)), "class", class)
}

// faults shades what the nemesis did, and names it where there is room, every
// kind on a line of its own.
func (c chart) faults(faults []run.Fault) {
	lanes, ends := map[string]int{}, map[string]float64{}
	for _, f := range faults {
		from, to := c.X.At(f.From.Duration().Seconds()), c.X.At(f.To.Duration().Seconds())
		from, to = max(from, c.X.Start), min(to, c.X.End)
		if to < from {
			continue
		}
		lane, ok := lanes[f.Kind]
		if !ok {
			lane = len(lanes)
			lanes[f.Kind] = lane
		}
		tip := f.Kind + " from " + clock(f.From.Duration(), time.Millisecond) + " to " + clock(f.To.Duration(), time.Millisecond) + ": " + clip(f.Text, 160)
		c.El(tip, "rect", "x", plot.Num(from), "y", plot.Num(c.Y.End), "width", plot.Num(max(to-from, 1)), "height", plot.Num(c.Y.Start-c.Y.End), "class", "fault "+faultClass(f.Kind))
		if label := clip(f.Kind, int((to-from)/6)); label != "" && from >= ends[f.Kind] {
			c.Text(from+3, c.Y.End+11+float64(lane*13), "fault-name", label)
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
