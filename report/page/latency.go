package page

import (
	"fmt"
	"math"
	"strings"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

// plotted are the points of a scatter plot that answer when pointed at.
type plotted struct {
	Chart  string  `json:"chart"`
	Points []point `json:"points"`
}

// point is a place in a drawing and what there is to say about it.
type point struct {
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Text string  `json:"text"`
}

const (
	latencyHeight = 230
	cellUnits     = 3 // marks lie on a grid of so many units
)

// latencyPart draws how long operations took, a plot for every function.
func latencyPart(f *run.Folder, latencies []figure.Latency) (out []picture, dots []plotted) {
	var end time.Duration
	for _, l := range latencies {
		if n := len(l.Operations); n > 0 {
			end = max(end, l.Operations[n-1].At)
		}
	}
	for i := range latencies {
		if len(latencies[i].Operations) == 0 {
			continue
		}
		p, d := latencyPlot(f, &latencies[i], end, fmt.Sprintf("latency-%d", i))
		out, dots = append(out, p), append(dots, d)
	}
	return out, dots
}

// latencyPlot draws the operations of one function.
func latencyPlot(f *run.Folder, l *figure.Latency, end time.Duration, id string) (picture, plotted) {
	shortest, longest := extremes(l.Operations)
	y := plot.Scale{From: shortest, To: longest, Log: true}
	total := int64(len(l.Operations))
	summary := fmt.Sprintf("%s: %s; %s ok, %s indeterminate, %s failed", l.F, plural(total, "operation", "operations"),
		count(int64(l.Counts[0])), count(int64(l.Counts[1])), count(int64(l.Counts[2])))
	if l.Open > 0 {
		summary += fmt.Sprintf(", %s without an end", count(int64(l.Open)))
	}
	c := overTime(f, id, "Latency over time. "+summary, clip(l.F, 60), latencyHeight, end, y, plot.Logarithmic(shortest, longest, span))
	dots := c.scatter(l.Operations, figure.Outcomes, func(op *figure.Operation, n int) string { return describe(l.F, op, n) })
	p := picture{Drawing: c.HTML(), Caption: summary + ".", Legend: append([]legend{
		{"ok", "ok"}, {"info", "info: it may have happened"}, {"fail", "fail: it did not happen"},
	}, faultLegend(f.Results.Faults)...)}
	if len(dots.Points) < len(l.Operations) {
		p.Caption += fmt.Sprintf(" Operations that lie on top of each other are drawn once: %s marks.", count(int64(len(dots.Points))))
	}
	p.Tables = []table{secondsTable(l)}
	return p, dots
}

// dots draws the marks of one outcome, with an edge that keeps bright colours
// apart from the ground.
func (c chart) dots(id, class, path string) {
	c.Begin("g", "class", "dot edge "+class)
	c.El("", "path", "id", id, "d", path)
	c.End()
	c.Begin("g", "class", "dot "+class)
	c.El("", "use", "href", "#"+id)
	c.End()
}

// scatter marks operations, each outcome in a style of its own, and returns what there
// is to say of them. Marks lie on a grid: those on top of each other are one.
func (c chart) scatter(ops []figure.Operation, styles [len(figure.Outcomes)]string, say func(first *figure.Operation, n int) string) plotted {
	marks := figure.Marks(ops,
		func(at time.Duration) int { return int(c.X.At(at.Seconds()) / cellUnits) },
		func(took time.Duration) int { return int(c.Y.At(took.Seconds()*1000) / cellUnits) })
	var paths [len(figure.Outcomes)]strings.Builder
	dots := plotted{Chart: c.ID}
	for _, m := range marks {
		x, y := (float64(m.X)+0.5)*cellUnits, (float64(m.Y)+0.5)*cellUnits
		paths[m.Outcome].WriteString(shape(m.Outcome, x, y))
		dots.Points = append(dots.Points, point{x, y, say(&ops[m.First], m.Count)})
	}
	for outcome, style := range styles {
		if paths[outcome].Len() > 0 {
			c.dots(c.ID+"-"+style, style, paths[outcome].String())
		}
	}
	return dots
}

// shape is the part of a path that marks an outcome: a dot, a triangle, a
// cross, so that colours need not be told apart.
func shape(outcome int, x, y float64) string {
	switch outcome {
	case 1:
		return fmt.Sprintf("M%s %sl3 5.5h-6z", plot.Num(x), plot.Num(y-3))
	case 2:
		return fmt.Sprintf("M%s %sl6 6m0-6l-6 6", plot.Num(x-3), plot.Num(y-3))
	}
	return fmt.Sprintf("M%s %sh0", plot.Num(x), plot.Num(y))
}

// extremes are the ends of a logarithmic axis of milliseconds: powers of ten.
func extremes(ops []figure.Operation) (from, to float64) {
	least, most := time.Duration(math.MaxInt64), time.Millisecond
	for i := range ops {
		least, most = min(least, ops[i].Took), max(most, ops[i].Took)
	}
	least = max(least, 10*time.Microsecond)
	from = math.Pow(10, math.Floor(math.Log10(least.Seconds()*1000)))
	to = math.Pow(10, math.Ceil(math.Log10(most.Seconds()*1000)-1e-9))
	return from, max(to, from*10)
}

// describe says what a mark stands for.
func describe(f string, op *figure.Operation, n int) string {
	text := fmt.Sprintf("%s by process %d at %s: %s after %s", f, op.Process, clock(op.At, time.Millisecond), figure.Outcomes[op.Outcome], millis(op.Took))
	if op.Value != "" {
		text += ", value " + clip(op.Value, 60)
	}
	if op.Final {
		text += ", final"
	}
	if op.Error != "" {
		text += ", " + clip(op.Error, 80)
	}
	return text + others(n)
}

// others says how many more operations a mark stands for.
func others(n int) string {
	if n > 1 {
		return fmt.Sprintf(" (and %d more here)", n-1)
	}
	return ""
}

func secondsTable(l *figure.Latency) table {
	t := table{Title: l.F + " in numbers", Columns: []string{"from", "to", "ok", "info", "fail", "median", "p95", "max"}}
	for _, s := range l.Seconds {
		row := []string{clock(s.From, s.To-s.From), clock(s.To, s.To-s.From)}
		for _, n := range s.Counts {
			row = append(row, count(int64(n)))
		}
		for _, d := range []time.Duration{s.Median, s.P95, s.Max} {
			if s.Counts[0] == 0 {
				row = append(row, none)
			} else {
				row = append(row, millis(d))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// deliveryPlot draws for every value how long it took until it was everywhere,
// over the time of its broadcast.
func deliveryPlot(f *run.Folder, c *figure.Convergence) (picture, plotted) {
	l := figure.Latency{F: "delivery to every node"}
	for _, s := range c.Spreads {
		op := figure.Operation{At: s.Sent, Took: s.Took, Value: f.Messages.Values[s.Value]}
		if s.Handed < c.Nodes {
			op.Outcome = 2
		}
		l.Counts[op.Outcome]++
		l.Operations = append(l.Operations, op)
	}
	end := time.Duration(0)
	for _, op := range l.Operations {
		end = max(end, op.At)
	}
	shortest, longest := extremes(l.Operations)
	summary := fmt.Sprintf("How long each of %s took to reach the last node, by the time it was broadcast", plural(int64(len(l.Operations)), "value", "values"))
	ch := overTime(f, "delivery", summary, "values, by the time of their broadcast", latencyHeight, end,
		plot.Scale{From: shortest, To: longest, Log: true}, plot.Logarithmic(shortest, longest, span))
	dots := ch.scatter(l.Operations, [len(figure.Outcomes)]string{0: "spread", 2: "fail"}, func(op *figure.Operation, n int) string {
		text := fmt.Sprintf("value %s, sent at %s: everywhere after %s", clip(op.Value, 60), clock(op.At, time.Millisecond), millis(op.Took))
		if op.Outcome == 2 {
			text = fmt.Sprintf("value %s, sent at %s: not everywhere; the last node that got it did after %s", clip(op.Value, 60), clock(op.At, time.Millisecond), millis(op.Took))
		}
		return text + others(n)
	})
	p := picture{Drawing: ch.HTML(), Caption: summary + ".", Legend: []legend{{"spread", "on every node"}}}
	if l.Counts[2] > 0 {
		p.Legend = append(p.Legend, legend{"fail", "not on every node"})
	}
	return p, dots
}
