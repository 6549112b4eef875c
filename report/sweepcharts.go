package report

import (
	"fmt"
	"slices"
	"time"

	"treecast/analysis"
	"treecast/run"
)

// SweepCharts draws the charts that Sweep's text shows: SVG texts by the names
// of their files. Those by sync period are only there if there are two or more.
func SweepCharts(record *run.Sweep, rows []run.Row) map[string]string {
	v := viewOf(record, rows)
	out := map[string]string{FrontierChart: v.frontierChart().svg()}
	if len(v.periods()) > 1 {
		out[MessagesChart] = v.byPeriod("Messages by sync period", "messages per operation", func(g *analysis.Group) (point, bool) {
			values := g.Values(run.MsgsPerOp)
			if len(values) == 0 {
				return point{}, false
			}
			e := analysis.EstimateOf(values)
			p := point{y: e.Median}
			if e.Bounded() {
				p.low, p.high = e.Low, e.High
			}
			return p, true
		}).svg()
		name := v.latencyName()
		out[LatencyChart] = v.byPeriod("Latency by sync period", "worst "+name+", ms", func(g *analysis.Group) (point, bool) {
			worst, ok := g.Worst(v.latency)
			return point{y: worst}, ok
		}).svg()
	}
	return out
}

// periods are the sync periods of a sweep.
func (v *sweepView) periods() []run.Millis {
	var out []run.Millis
	for i := range v.groups {
		if p := v.groups[i].SyncPeriod; p != 0 && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// series are the groups that differ in their timing alone, by name, in the order
// in which they first appear.
func (v *sweepView) series() (names []string, of []int) {
	untimed := make([]analysis.Group, len(v.groups))
	for i := range v.groups {
		untimed[i].Spec = v.groups[i].Spec
		untimed[i].SyncPeriod, untimed[i].LatencyTarget = 0, 0
	}
	at := map[run.Spec]int{}
	var first []analysis.Group
	for i := range untimed {
		s, known := at[untimed[i].Spec]
		if !known {
			s = len(first)
			at[untimed[i].Spec] = s
			first = append(first, untimed[i])
		}
		of = append(of, s)
	}
	return analysis.Labels(first), of
}

// frontierChart is messages against latency, with the frontier as a line.
func (v *sweepView) frontierChart() *chart {
	names, of := v.series()
	c := &chart{
		title: "Messages against latency", x: axis{name: "worst " + v.latencyName() + ", ms"}, y: axis{name: "messages per operation", log: true},
		text: fmt.Sprintf("%d settings; the line joins those that none beats in both.", len(v.groups)),
	}
	for _, name := range names {
		c.series = append(c.series, series{name: name, dots: true})
	}
	place := func(i int) (point, bool) {
		g := &v.groups[i]
		latency, ok1 := g.Worst(v.latency)
		messages, ok2 := g.Median(run.MsgsPerOp)
		return point{x: latency, y: messages, text: fmt.Sprintf("%s: %.3f messages per operation, %.0f ms", v.labels[i], messages, latency)}, ok1 && ok2 && g.Sound()
	}
	for i := range v.groups {
		if p, ok := place(i); ok {
			c.series[of[i]].points = append(c.series[of[i]].points, p)
		}
	}
	line := series{name: "frontier", lines: true}
	for _, i := range analysis.Frontier(v.groups, v.latency) {
		p, _ := place(i)
		line.points = append(line.points, p)
	}
	c.series = append(c.series, line)
	return c
}

// byPeriod is a figure by the sync period, a line for every other setting.
func (v *sweepView) byPeriod(title, name string, figure func(*analysis.Group) (point, bool)) *chart {
	names, of := v.series()
	c := &chart{title: title, x: axis{name: "sync period, ms"}, y: axis{name: name, log: true}, text: "Settings that are not valid are left out."}
	for _, name := range names {
		c.series = append(c.series, series{name: name, dots: true, lines: true})
	}
	for i := range v.groups {
		g := &v.groups[i]
		if p, ok := figure(g); ok && g.SyncPeriod != 0 && g.Sound() {
			p.x = float64(g.SyncPeriod) / float64(time.Millisecond)
			p.text = fmt.Sprintf("%s: %.4g", v.labels[i], p.y)
			c.series[of[i]].points = append(c.series[of[i]].points, p)
		}
	}
	for _, s := range c.series {
		slices.SortStableFunc(s.points, func(a, b point) int { return int(a.x*1000) - int(b.x*1000) })
	}
	return c
}
