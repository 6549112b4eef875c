package counter

import (
	"cmp"
	"fmt"
	"slices"

	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

// maxRanges bounds the work of a check: so many ranges of acceptable values come
// only of a history that no client made.
const maxRanges = 100_000

// span is the integers from lo to hi, both included.
type span struct{ lo, hi int64 }

// check is Maelstrom's checker of both counters: each final read that was
// answered must be the sum of the acknowledged adds and some of the open ones.
func check(h run.History) workload.Verdict {
	acceptable, err := acceptableSums(h)
	if err != nil {
		return workload.Verdict{Maelstrom: run.Workload{Valid: run.Unknown, Figures: run.Figures{
			{Key: "valid?", Value: run.Unknown}, {Key: "error", Value: err.Error()},
		}}}
	}
	reads, wrong := run.List{}, run.List{}
	for i := range h {
		op := &h[i]
		if op.F != fRead || op.Type != run.OK || !op.Final {
			continue
		}
		reads = append(reads, run.Value(op.Value))
		if value, ok := wire.Int(op.Value); !ok || !contains(acceptable, value) {
			wrong = append(wrong, op)
		}
	}
	valid := run.VerdictIf(len(wrong) == 0)
	ranges := make(run.List, len(acceptable))
	for i, s := range acceptable {
		ranges[i] = run.Vector{s.lo, s.hi}
	}
	var errors any = wrong
	if len(wrong) == 0 {
		errors = nil
	}
	v := workload.Verdict{Maelstrom: run.Workload{Valid: valid, Figures: run.Figures{
		{Key: "valid?", Value: valid},
		{Key: "errors", Value: errors},
		{Key: "final-reads", Value: reads},
		{Key: "acceptable", Value: ranges},
	}}}
	if len(wrong) > 0 {
		v.Count = len(wrong)
		v.Why = fmt.Sprintf("%d of %d final reads are no possible sum, such as %s where %s is acceptable",
			len(wrong), len(reads), wrong[0].(*run.Op).Value, spell(acceptable))
	}
	return v
}

// spell writes the first of the spans.
func spell(spans []span) string {
	out := ""
	for i, s := range spans {
		if i == 4 {
			return out + " and more"
		}
		if i > 0 {
			out += " or "
		}
		if out += fmt.Sprint(s.lo); s.lo != s.hi {
			out += fmt.Sprintf(" to %d", s.hi)
		}
	}
	return out
}

// acceptableSums returns what the counter may stand at in the end, as separate
// spans in order.
func acceptableSums(h run.History) ([]span, error) {
	sum := int64(0)
	var open []int64
	for i := range h {
		op := &h[i]
		if op.F != fAdd || op.Process == run.NemesisProcess || op.Type != run.OK && op.Type != run.Info {
			continue
		}
		delta, err := deltaOf(op)
		if err != nil {
			return nil, err
		}
		if op.Type == run.OK {
			sum += delta
		} else {
			open = append(open, delta)
		}
	}
	spans := []span{{sum, sum}}
	for _, delta := range open {
		if delta == 0 {
			continue
		}
		for _, s := range spans[:len(spans):len(spans)] {
			spans = append(spans, span{s.lo + delta, s.hi + delta})
		}
		if spans = merge(spans); len(spans) > maxRanges {
			return nil, fmt.Errorf("the open adds make more than %d ranges of acceptable values", maxRanges)
		}
	}
	return spans, nil
}

// maxDelta keeps sums of as many operations as there can be within 64 bits.
const maxDelta = 1 << 31

func deltaOf(op *run.Op) (int64, error) {
	delta, ok := wire.Int(op.Value)
	if !ok || delta > maxDelta || delta < -maxDelta {
		return 0, fmt.Errorf("operation %d adds %.40s, which is no integer of a size that clients add", op.Index, op.Value)
	}
	return delta, nil
}

// merge sorts spans and joins those that touch.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	out := spans[:1]
	for _, s := range spans[1:] {
		if last := &out[len(out)-1]; s.lo <= last.hi+1 {
			last.hi = max(last.hi, s.hi)
		} else {
			out = append(out, s)
		}
	}
	return out
}

func contains(spans []span, value int64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.lo <= value && value <= s.hi })
}
