package figure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/analysis"
	"treecast/run"
)

// Files with charts that stand beside the text of a sweep.
const (
	FrontierChart = "frontier.svg"
	MessagesChart = "messages.svg"
	LatencyChart  = "latency.svg"
)

// None stands for a figure that there is not.
const None = "-"

// Sweep is a sweep and what is shown of it, in whichever layout.
type Sweep struct {
	Rows    []run.Row
	Groups  []analysis.Group
	Labels  []string // of the groups
	Latency string   // the figure by which settings are chosen; empty: there is none
}

// SweepOf groups the runs of a sweep by their settings.
func SweepOf(rows []run.Row) Sweep {
	s := Sweep{Rows: rows, Groups: analysis.Groups(rows)}
	s.Labels, s.Latency = analysis.Labels(s.Groups), analysis.LatencyFigure(s.Groups)
	return s
}

// LatencyName is what people call the figure.
func (s *Sweep) LatencyName() string { return latencyNames[s.Latency] }

// latencyNames are what people call figures of latency.
var latencyNames = map[string]string{run.DeliveryMax: "true delivery", run.StableMax: "stable latency", run.RealtimeLag: "realtime lag"}

// Bad are the runs that are not valid, by either verdict, or could not be made.
func (s *Sweep) Bad() (out []*run.Row) {
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Valid != run.Valid || r.Strict != run.Valid || r.Error != "" {
			out = append(out, r)
		}
	}
	return out
}

// Challenges are those that some run was an attempt at.
func (s *Sweep) Challenges() (out []string) {
	for i := range s.Rows {
		for _, name := range strings.Fields(s.Rows[i].Passed + " " + s.Rows[i].Missed) {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Choice is the setting with the fewest messages within a bound.
type Choice struct {
	Bound string // a challenge, or a latency
	Group int    // -1: no setting keeps it
}

// ladder are latencies that people ask for.
var ladder = []time.Duration{
	200 * time.Millisecond, 300 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond, 600 * time.Millisecond, 800 * time.Millisecond,
	time.Second, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Choices are what a sweep recommends: for every challenge, and for latencies that
// people ask for, or, without any, round ones.
func (s *Sweep) Choices(accept []time.Duration) (out []Choice) {
	choose := func(bound string, at int, ok bool) {
		if !ok {
			at = -1
		}
		out = append(out, Choice{bound, at})
	}
	for _, name := range s.Challenges() {
		at, ok := analysis.RecommendFor(s.Groups, s.Latency, name)
		choose(name, at, ok)
	}
	asked := len(accept) > 0
	if !asked {
		accept = ladder
	}
	last := -1
	for _, within := range accept {
		at, ok := analysis.Recommend(s.Groups, s.Latency, float64(within)/1e6)
		if asked || (ok && at != last) {
			choose(strconv.FormatFloat(float64(within)/1e6, 'f', -1, 64)+" ms", at, ok)
		}
		if ok {
			last = at
		}
	}
	return out
}

// Columns are those of Row.
func (s *Sweep) Columns() []string {
	columns := slices.Concat([]string{"setting", "valid, strict"}, s.Challenges(),
		[]string{"msgs/op", "least", "stable median", "stable max, worst", "true median", "true max, worst", "busiest node/s"})
	if s.lags() {
		columns = append(columns, "realtime lag, worst")
	}
	return columns
}

// lags reports whether any run is one of kafka's, which has a lag instead of latencies.
func (s *Sweep) lags() bool {
	return slices.ContainsFunc(s.Groups, func(g analysis.Group) bool { return len(g.Values(run.RealtimeLag)) > 0 })
}

// Row is a setting in figures: medians of its runs, messages with a confidence
// interval, and the worst value of any run.
func (s *Sweep) Row(at int) []string {
	g := &s.Groups[at]
	valid, strict := g.Valid()
	row := []string{s.Labels[at], fmt.Sprintf("%d, %d of %d", valid, strict, len(g.Rows))}
	for _, name := range s.Challenges() {
		row = append(row, mark(g.Passes(name)))
	}
	busiest := None
	if m, ok := g.Median(run.BusiestNode); ok && g.TimeLimit > 0 {
		busiest = strconv.FormatFloat(m/g.TimeLimit.Duration().Seconds(), 'f', 1, 64)
	}
	median := func(figure string) string { v, ok := g.Median(figure); return whole(v, ok) }
	worst := func(figure string) string { v, ok := g.Worst(figure); return whole(v, ok) }
	row = append(row, s.Messages(at), leastPerOp(g), median(run.StableMedian), worst(run.StableMax), median(run.DeliveryMedian), worst(run.DeliveryMax), busiest)
	if s.lags() {
		row = append(row, worst(run.RealtimeLag))
	}
	return row
}

// Messages is a setting's median of messages per operation, with its interval.
func (s *Sweep) Messages(at int) string {
	values := s.Groups[at].Values(run.MsgsPerOp)
	if len(values) == 0 {
		return None
	}
	e := analysis.EstimateOf(values)
	spell := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	if !e.Bounded() {
		return spell(e.Median)
	}
	return fmt.Sprintf("%s (%s to %s)", spell(e.Median), spell(e.Low), spell(e.High))
}

// Worst is a setting's worst latency of any run.
func (s *Sweep) Worst(at int) string { v, ok := s.Groups[at].Worst(s.Latency); return whole(v, ok) }

func whole(v float64, ok bool) string {
	if !ok {
		return None
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// mark says whether a challenge is passed.
func mark(passed, tried int) string {
	switch {
	case tried == 0:
		return None
	case passed == tried:
		return "PASS"
	case passed == 0:
		return "FAIL"
	default:
		return fmt.Sprintf("FAIL (%d of %d pass)", passed, tried)
	}
}

// leastPerOp is what the formula says of a setting, if it says anything.
func leastPerOp(g *analysis.Group) string {
	fanOut, err := strconv.Atoi(g.NumChildren)
	broadcasts := g.Rate / 2 // a broadcast is every other operation
	if err != nil || g.Rate == 0 || g.SyncPeriod == 0 || (g.Rounds != "" && g.Rounds != "locked") {
		return None
	}
	return strconv.FormatFloat(analysis.LeastMessagesPerSecond(g.NodeCount, fanOut, g.SyncPeriod.Duration().Seconds(), broadcasts)/g.Rate, 'f', 3, 64)
}

// PeriodLine is a figure by the sync period, of settings that differ in nothing
// else.
type PeriodLine struct {
	Name   string
	Points []PeriodPoint // by the period
}

// PeriodPoint is a setting. Low and High bound its value if they differ.
type PeriodPoint struct {
	Group            int
	Period           run.Millis
	Value, Low, High float64
}

// Periods are a sweep's messages per operation and worst latency by the sync period.
// Settings that are not valid are left out. There is nothing if it has only one
// period.
func (s *Sweep) Periods() (messages, latency []PeriodLine) {
	several := map[run.Millis]bool{}
	at := map[run.Spec]int{}
	var first []analysis.Group
	for i := range s.Groups {
		untimed := s.Groups[i].Spec
		untimed.SyncPeriod, untimed.LatencyTarget = 0, 0
		if _, known := at[untimed]; !known {
			at[untimed] = len(first)
			first = append(first, analysis.Group{Spec: untimed})
		}
		if p := s.Groups[i].SyncPeriod; p != 0 {
			several[p] = true
		}
	}
	if len(several) < 2 {
		return nil, nil
	}
	for _, name := range analysis.Labels(first) {
		messages, latency = append(messages, PeriodLine{Name: name}), append(latency, PeriodLine{Name: name})
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.SyncPeriod == 0 || !g.Sound() {
			continue
		}
		untimed := g.Spec
		untimed.SyncPeriod, untimed.LatencyTarget = 0, 0
		line := at[untimed]
		if values := g.Values(run.MsgsPerOp); len(values) > 0 {
			e := analysis.EstimateOf(values)
			p := PeriodPoint{Group: i, Period: g.SyncPeriod, Value: e.Median}
			if e.Bounded() {
				p.Low, p.High = e.Low, e.High
			}
			messages[line].Points = append(messages[line].Points, p)
		}
		if worst, ok := g.Worst(s.Latency); ok {
			latency[line].Points = append(latency[line].Points, PeriodPoint{Group: i, Period: g.SyncPeriod, Value: worst})
		}
	}
	for _, lines := range [][]PeriodLine{messages, latency} {
		for _, l := range lines {
			slices.SortStableFunc(l.Points, func(a, b PeriodPoint) int { return int(a.Period - b.Period) })
		}
	}
	return messages, latency
}
