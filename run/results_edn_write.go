package run

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// WriteEDN writes results.edn: Maelstrom's part of the results with
// Maelstrom's keys, order and layout, so that what people's scripts look for
// in it is where they look for it. What is our own is in results.json only.
func (r *Results) WriteEDN(w io.Writer) error {
	var b ednBuilder
	form := b.results(r)
	if b.err != nil {
		return b.err
	}
	if _, err := w.Write(append(form.layout(nil, 0, 0), '\n')); err != nil {
		return fmt.Errorf("run: write results.edn: %w", err)
	}
	return nil
}

// ednBuilder makes forms of figures and keeps the first error.
type ednBuilder struct{ err error }

func (b *ednBuilder) results(r *Results) ednForm {
	return b.record(
		"perf", b.record("latency-graph", justValid(), "rate-graph", justValid(), "valid?", ednVerdict(Valid)),
		"timeline", justValid(),
		"exceptions", justValid(),
		"stats", b.stats(&r.Stats),
		"availability", b.availability(&r.Availability),
		"net", b.net(&r.Net),
		"workload", b.workload(&r.Workload),
		"valid?", ednVerdict(r.Valid),
	)
}

// record makes a map of keyword names and forms in turn; a nil form and its
// name are left out.
func (b *ednBuilder) record(namesAndForms ...any) ednForm {
	record := ednMap()
	for i := 0; i < len(namesAndForms); i += 2 {
		if form, ok := namesAndForms[i+1].(ednForm); ok {
			record.items = append(record.items, ednAtom(":"+namesAndForms[i].(string)), form)
		}
	}
	return record
}

func justValid() ednForm { return ednMap(ednAtom(":valid?"), ednVerdict(Valid)) }

func ednVerdict(v Verdict) ednForm {
	if v == Unknown {
		return ednAtom(":unknown")
	}
	return ednAtom(v.String())
}

func ednInt[T int | int64](n T) ednForm { return ednAtom(strconv.FormatInt(int64(n), 10)) }

// ednFloat spells f as Java's Float.toString does.
func ednFloat(f float32) ednForm {
	size := max(f, -f)
	if size != 0 && (size < 1e-3 || size >= 1e7) {
		text := strconv.FormatFloat(float64(f), 'E', -1, 32) // 1.5E-05
		mantissa, exponent, _ := strings.Cut(text, "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		sign := ""
		if exponent[0] == '-' {
			sign = "-"
		}
		return ednAtom(mantissa + "E" + sign + strings.TrimLeft(exponent, "+-0"))
	}
	text := strconv.FormatFloat(float64(f), 'f', -1, 32)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return ednAtom(text)
}

func (b *ednBuilder) counts(c *Counts) ednForm {
	return b.record("valid?", ednVerdict(c.Valid), "count", ednInt(c.Count), "ok-count", ednInt(c.OKCount),
		"fail-count", ednInt(c.FailCount), "info-count", ednInt(c.InfoCount))
}

func (b *ednBuilder) stats(s *Stats) ednForm {
	byF := ednMap()
	for _, f := range slices.Sorted(maps.Keys(s.ByF)) {
		counts := s.ByF[f]
		byF.items = append(byF.items, ednAtom(":"+f), b.counts(&counts))
	}
	form := b.counts(&s.Counts)
	form.items = append(form.items, ednAtom(":by-f"), byF)
	return form
}

func (b *ednBuilder) availability(a *Availability) ednForm {
	fraction := ednFloat(a.OKFraction)
	if a.InvokeCount == 0 && a.OKFraction == 1 {
		fraction = ednAtom("1") // Maelstrom does not divide here
	}
	return b.record("valid?", ednVerdict(a.Valid), "ok-fraction", fraction)
}

func (b *ednBuilder) net(n *Net) ednForm {
	group := func(c *NetCounts) ednForm {
		var perOp any
		if c.MsgsPerOp != nil {
			perOp = ednFloat(*c.MsgsPerOp)
		}
		return b.record("send-count", ednInt(c.SendCount), "recv-count", ednInt(c.RecvCount),
			"msg-count", ednInt(c.MsgCount), "msgs-per-op", perOp)
	}
	return b.record("all", group(&n.All), "clients", group(&n.Clients), "servers", group(&n.Servers),
		"valid?", ednVerdict(n.Valid))
}

func (b *ednBuilder) workload(w *Workload) ednForm {
	switch {
	case w.SetFull != nil:
		return b.setFull(w.SetFull)
	case w.Figures != nil:
		return b.figures(w.Figures)
	default:
		return ednMap(ednAtom(":valid?"), ednVerdict(w.Valid))
	}
}

// setFull keeps the order in which Clojure's hash map prints these keys.
func (b *ednBuilder) setFull(s *SetFull) ednForm {
	worst := make([]ednForm, len(s.WorstStale))
	for i := range s.WorstStale {
		worst[i] = b.element(&s.WorstStale[i])
	}
	return b.record(
		"worst-stale", ednList(worst),
		"duplicated-count", ednInt(s.DuplicatedCount),
		"valid?", ednVerdict(s.Valid),
		"lost-count", ednInt(s.LostCount),
		"lost", b.elements(s.Lost),
		"stable-count", ednInt(s.StableCount),
		"stale-count", ednInt(s.StaleCount),
		"stale", b.elements(s.Stale),
		"never-read-count", ednInt(s.NeverReadCount),
		"stable-latencies", quantilesForm(s.StableLatencies),
		"attempt-count", ednInt(s.AttemptCount),
		"lost-latencies", quantilesForm(s.LostLatencies),
		"never-read", b.elements(s.NeverRead),
		"duplicated", ednMap(),
	)
}

func quantilesForm(q *Quantiles) any {
	if q == nil {
		return nil
	}
	return ednMap(
		ednAtom("0"), ednInt(q.Min.Whole()), ednAtom("0.5"), ednInt(q.Median.Whole()),
		ednAtom("0.95"), ednInt(q.P95.Whole()), ednAtom("0.99"), ednInt(q.P99.Whole()),
		ednAtom("1"), ednInt(q.Max.Whole()),
	)
}

func (b *ednBuilder) element(e *Element) ednForm {
	millis := func(m *Millis) ednForm {
		if m == nil {
			return ednAtom("nil")
		}
		return ednInt(m.Whole())
	}
	return b.record("element", b.value(e.Element), "outcome", ednAtom(":"+string(e.Outcome)),
		"stable-latency", millis(e.StableLatency), "lost-latency", millis(e.LostLatency),
		"known", b.op(e.Known), "last-absent", b.op(e.LastAbsent))
}

// op makes a record of Jepsen's.
func (b *ednBuilder) op(op *Op) ednForm {
	if op == nil {
		return ednAtom("nil")
	}
	text, err := AppendOpEDN(nil, *op)
	form := b.parsed(text, err)
	form.open = "#jepsen.history.Op{"
	return form
}

func (b *ednBuilder) elements(values []json.RawMessage) ednForm {
	items := make([]ednForm, len(values))
	for i, value := range values {
		items[i] = b.value(value)
	}
	return ednList(items)
}

func (b *ednBuilder) value(value json.RawMessage) ednForm {
	return b.parsed(appendEDNValue(nil, value, clientSpelling))
}

func (b *ednBuilder) parsed(text []byte, err error) ednForm {
	var form ednForm
	if err == nil {
		form, err = ednFormOf(text)
	}
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("run: write results.edn: %w", err)
	}
	return form
}
