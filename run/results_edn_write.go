package run

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// WriteEDN writes results.edn: Maelstrom's part of the results with
// Maelstrom's keys, order and layout, so that what people's scripts look for
// in it is where they look for it. What is our own is in results.json only.
func (r *Results) WriteEDN(w io.Writer) error {
	n, err := nodeOf(r.maelstrom())
	if err == nil {
		_, err = w.Write(append(n.layout(nil, 0, 0), '\n'))
	}
	if err != nil {
		return fmt.Errorf("run: write results.edn: %w", err)
	}
	return nil
}

// maelstrom is Maelstrom's part of the results.
func (r *Results) maelstrom() Figures {
	fine := Figures{{"valid?", Valid}}
	byF := Figures{}
	for _, f := range slices.Sorted(maps.Keys(r.Stats.ByF)) {
		byF = append(byF, Figure{f, countsFigures(r.Stats.ByF[f])})
	}
	var fraction any = r.Availability.OKFraction
	if r.Availability.InvokeCount == 0 && r.Availability.OKFraction == 1 {
		fraction = 1 // Maelstrom does not divide here
	}
	net := func(c *NetCounts) Figures {
		out := Figures{{"send-count", c.SendCount}, {"recv-count", c.RecvCount}, {"msg-count", c.MsgCount}}
		if c.MsgsPerOp != nil {
			out = append(out, Figure{"msgs-per-op", *c.MsgsPerOp})
		}
		return out
	}
	return Figures{
		{"perf", Figures{{"latency-graph", fine}, {"rate-graph", fine}, {"valid?", Valid}}},
		{"timeline", fine},
		{"exceptions", fine},
		{"stats", append(countsFigures(r.Stats.Counts), Figure{"by-f", byF})},
		{"availability", Figures{{"valid?", r.Availability.Valid}, {"ok-fraction", fraction}}},
		{"net", Figures{{"all", net(&r.Net.All)}, {"clients", net(&r.Net.Clients)}, {"servers", net(&r.Net.Servers)}, {"valid?", r.Net.Valid}}},
		{"workload", r.Workload.maelstrom()},
		{"valid?", r.Valid},
	}
}

func countsFigures(c Counts) Figures {
	return Figures{{"valid?", c.Valid}, {"count", c.Count}, {"ok-count", c.OKCount}, {"fail-count", c.FailCount}, {"info-count", c.InfoCount}}
}

func (w *Workload) maelstrom() Figures {
	switch {
	case w.SetFull != nil:
		return w.SetFull.maelstrom()
	case w.Figures != nil:
		return w.Figures
	default:
		return Figures{{"valid?", w.Valid}}
	}
}

// maelstrom keeps the order in which Clojure's hash map prints these keys.
func (s *SetFull) maelstrom() Figures {
	worst := List{}
	for i := range s.WorstStale {
		e := &s.WorstStale[i]
		worst = append(worst, Figures{
			{"element", Body(e.Element)}, {"outcome", Keyword(e.Outcome)}, {"stable-latency", whole(e.StableLatency)}, {"lost-latency", whole(e.LostLatency)},
			{"known", e.Known}, {"last-absent", e.LastAbsent},
		})
	}
	elements := func(values []json.RawMessage) (out List) {
		for _, v := range values {
			out = append(out, Body(v))
		}
		return out
	}
	all := Figures{
		{"worst-stale", worst}, {"duplicated-count", s.DuplicatedCount}, {"valid?", s.Valid}, {"lost-count", s.LostCount}, {"lost", elements(s.Lost)},
		{"stable-count", s.StableCount}, {"stale-count", s.StaleCount}, {"stale", elements(s.Stale)}, {"never-read-count", s.NeverReadCount},
		{"stable-latencies", s.StableLatencies.maelstrom()}, {"attempt-count", s.AttemptCount}, {"lost-latencies", s.LostLatencies.maelstrom()},
		{"never-read", elements(s.NeverRead)}, {"duplicated", Pairs{}},
	}
	return slices.DeleteFunc(all, func(f Figure) bool { return f.Value == nil })
}

// whole is a latency in whole milliseconds; nil for none.
func whole(m *Millis) any {
	if m == nil {
		return nil
	}
	return m.Whole()
}

// maelstrom is nil where there are no quantiles.
func (q *Quantiles) maelstrom() any {
	if q == nil {
		return nil
	}
	return Pairs{Atom("0"), q.Min.Whole(), Atom("0.5"), q.Median.Whole(), Atom("0.95"), q.P95.Whole(), Atom("0.99"), q.P99.Whole(), Atom("1"), q.Max.Whole()}
}
