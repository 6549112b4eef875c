package page

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const paretoHeight = 440

// SweepCharts draws the charts that the text of a sweep shows: SVG texts by the names
// of their files. Those by sync period are only there if there are two or more.
func SweepCharts(rows []run.Row) map[string]string {
	view := figure.SweepOf(rows)
	out := map[string]string{}
	if view.Latency != "" {
		pareto := figure.ParetoBy(view.Groups, view.Latency)
		c, _, legends := drawPareto(&pareto, view.Labels, true)
		out[figure.FrontierChart] = c.Standalone("Messages against latency",
			fmt.Sprintf("%d settings; the line joins those that none beats in both.", len(view.Groups)), keys(legends))
	}
	if messages, latency := view.Periods(); messages != nil {
		out[figure.MessagesChart] = periodChart("Messages by sync period", "messages per operation", messages, view.Labels)
		if view.Latency != "" {
			out[figure.LatencyChart] = periodChart("Latency by sync period", "worst "+view.LatencyName()+", ms", latency, view.Labels)
		}
	}
	return out
}

// drawPareto draws messages against latency. For a file of its own settings that are not
// valid are left out and every mark says what it is; on a page the script does.
func drawPareto(p *figure.Pareto, labels []string, alone bool) (chart, []point, []legend) {
	x, y := plot.Scale{}, plot.Scale{From: math.Inf(1), Log: true}
	widen := func(latency, messages float64) {
		x.To, y.From, y.To = max(x.To, latency), min(y.From, messages), max(y.To, messages)
	}
	for _, q := range p.Points {
		widen(q.Latency, q.Messages)
	}
	for _, r := range slices.Concat(p.Least, p.Known) {
		widen(r.Latency, r.Messages)
	}
	x.To, y.From, y.To = x.To*1.04, y.From*0.85, y.To*1.2
	what := "worst " + p.LatencyName()
	c := newChart("pareto-drawing", "Messages per operation against "+what+". "+paretoSummary(p), paretoHeight, 26, x, y)
	if len(p.Points) == 0 {
		c.Text(c.X.Start, paretoHeight/2, "tick", "no valid run has these figures")
		return c, nil, nil
	}
	c.YAxis(plot.Logarithmic(y.From, y.To, threeDecimals))
	c.XAxis(plot.Linear(x.To, 10, span))
	c.Title("messages per operation, against the " + what)
	curve := func(class string, points []figure.Reference) {
		var places [][2]float64
		for _, r := range points {
			places = append(places, [2]float64{c.X.At(r.Latency), c.Y.At(r.Messages)})
		}
		if len(places) > 0 {
			c.El("", "path", "d", plot.Path(places), "class", class)
		}
	}
	curve("curve least", p.Least)
	var frontier []figure.Reference
	for _, i := range p.Frontier {
		frontier = append(frontier, figure.Reference{Latency: p.Points[i].Latency, Messages: p.Points[i].Messages})
	}
	curve("curve frontier", frontier)
	var dots []point
	mark := func(x, y float64, text, name string, attrs ...string) {
		dots = append(dots, point{x, y, text})
		if !alone {
			text = ""
		}
		c.El(text, name, attrs...)
	}
	series := seriesNames(p.Points)
	for i, q := range p.Points {
		if alone && !q.Sound {
			continue
		}
		on := slices.Contains(p.Frontier, i)
		class := fmt.Sprintf("setting s%d", slices.Index(series, q.Series)%plot.Styles)
		text := fmt.Sprintf("%s: %.3f messages per operation, %s %s ms", labels[q.Group], q.Messages, what, milliseconds(q.Latency))
		if on {
			text += ", on the frontier"
		}
		if !q.Sound {
			class += " unsound"
			text += ", not valid in every run"
		}
		px, py := c.X.At(q.Latency), c.Y.At(q.Messages)
		mark(px, py, text, "circle", "cx", plot.Num(px), "cy", plot.Num(py), "r", map[bool]string{true: "5", false: "3.5"}[on], "class", class)
	}
	for _, r := range p.Known {
		px, py := c.X.At(r.Latency), c.Y.At(r.Messages)
		mark(px, py, fmt.Sprintf("%s: %v messages per operation, %v ms", r.Name, r.Messages, r.Latency), "path",
			"d", fmt.Sprintf("M%s %sl6 6l-6 6l-6 -6z", plot.Num(px), plot.Num(py-6)), "class", "known")
		c.Text(px+10, py+4, "tick", r.Name)
	}
	var legends []legend
	for i, name := range series[:min(len(series), plot.Styles)] {
		legends = append(legends, legend{Class: fmt.Sprintf("setting s%d", i), Text: name})
	}
	legends = append(legends, legend{Class: "frontier", Text: "the frontier"})
	if len(p.Least) > 0 {
		legends = append(legends, legend{Class: "least", Text: "the least possible for the load, in a star"})
	}
	if len(p.Known) > 0 {
		legends = append(legends, legend{Class: "known", Text: "published results of others"})
	}
	return c, dots, legends
}

// keys are legends in a file of its own.
func keys(legends []legend) (out []plot.Legend) {
	for _, l := range legends {
		out = append(out, plot.Legend(l))
	}
	return out
}

func paretoSummary(p *figure.Pareto) string {
	return fmt.Sprintf("%s; %d of them on the frontier", plural(int64(len(p.Points)), "setting", "settings"), len(p.Frontier))
}

// paretoPart is messages against latency on a page.
func paretoPart(p *figure.Pareto, labels []string) (picture, plotted) {
	c, dots, legends := drawPareto(p, labels, false)
	pic := picture{Drawing: c.HTML(), Caption: paretoSummary(p) + ".", Legend: legends}
	if len(seriesNames(p.Points)) > plot.Styles {
		pic.Caption += " Some fan-outs share a colour."
	}
	if p.LeftOut > 0 {
		pic.Caption += fmt.Sprintf(" %s cannot be placed: some run has no such figure.", plural(int64(p.LeftOut), "setting", "settings"))
	}
	return pic, plotted{Chart: "pareto-drawing", Points: dots}
}

func seriesNames(points []figure.ParetoPoint) (out []string) {
	for _, p := range points {
		if !slices.Contains(out, p.Series) {
			out = append(out, p.Series)
		}
	}
	return out
}

func threeDecimals(v float64) string { return trimZeros(strconv.FormatFloat(v, 'f', 3, 64)) }

// periodChart draws a figure by the sync period, a line for every other setting.
func periodChart(title, what string, lines []figure.PeriodLine, labels []string) string {
	x, y := plot.Scale{}, plot.Scale{From: math.Inf(1), Log: true}
	ms := func(p *figure.PeriodPoint) float64 { return p.Period.Duration().Seconds() * 1000 }
	for i := range lines {
		l := &lines[i]
		l.Points = slices.DeleteFunc(l.Points, func(p figure.PeriodPoint) bool { return p.Value <= 0 }) // a logarithm has no place for 0
		for _, p := range l.Points {
			low := p.Value
			if p.Low > 0 {
				low = p.Low
			}
			x.To, y.From, y.To = max(x.To, ms(&p)*1.04), min(y.From, low*0.9), max(y.To, p.Value*1.1, p.High*1.1)
		}
	}
	c := newChart("by-period", title, paretoHeight, 26, x, y)
	if y.To == 0 {
		c.Text(c.X.Start, paretoHeight/2, "tick", "no valid run has these figures")
		return c.Standalone(title, title, nil)
	}
	c.YAxis(plot.Logarithmic(y.From, y.To, threeDecimals))
	c.XAxis(plot.Linear(x.To, 10, span))
	c.Title(what + ", by the sync period")
	var legends []legend
	for i, l := range lines {
		class := fmt.Sprintf("s%d", i%plot.Styles)
		var places [][2]float64
		for _, p := range l.Points {
			at := [2]float64{c.X.At(ms(&p)), c.Y.At(p.Value)}
			places = append(places, at)
			if p.Low < p.High {
				c.El("", "path", "d", plot.Path([][2]float64{{at[0], c.Y.At(p.Low)}, {at[0], c.Y.At(p.High)}}), "class", "trace "+class)
			}
			c.El(fmt.Sprintf("%s: %.4g", labels[p.Group], p.Value), "circle", "cx", plot.Num(at[0]), "cy", plot.Num(at[1]), "r", "3.5", "class", class)
		}
		c.El("", "path", "d", plot.Path(places), "class", "trace "+class)
		if len(l.Points) > 0 {
			legends = append(legends, legend{Class: class, Text: l.Name})
		}
	}
	return c.Standalone(title, what+", by the sync period; settings that are not valid are left out.", keys(legends))
}
