package checker

import (
	"fmt"
	"slices"
	"strconv"

	"treecast/run"
)

// Stats is Jepsen's :stats: how many client operations completed, and how. It
// is Valid only if every kind of operation succeeded at least once, but for those
// that are excused: where all others did, it is.
func Stats(h run.History, excused ...string) run.Stats {
	all := run.Counts{}
	byF := make(map[string]run.Counts)
	for i := range h {
		op := &h[i]
		if op.Type == run.Invoke || op.Process == run.NemesisProcess {
			continue
		}
		counts := byF[op.F]
		for _, c := range []*run.Counts{&all, &counts} {
			c.Count++
			switch op.Type {
			case run.OK:
				c.OKCount++
			case run.Fail:
				c.FailCount++
			case run.Info:
				c.InfoCount++
			}
		}
		counts.Valid = run.VerdictIf(counts.OKCount > 0)
		byF[op.F] = counts
	}
	for f, counts := range byF {
		if !slices.Contains(excused, f) {
			all.Valid = run.MergeVerdicts(all.Valid, counts.Valid)
		}
	}
	return run.Stats{Counts: all, ByF: byF}
}

// AvailabilityGoal is Maelstrom's --availability. The zero value asks nothing.
type AvailabilityGoal struct {
	Total    bool     // every operation must succeed
	Fraction *float64 // at least this part of the operations must succeed, 0..1
}

// ParseAvailability reads "" (no goal), "total" or a fraction from 0 to 1.
func ParseAvailability(text string) (AvailabilityGoal, error) {
	switch text {
	case "":
		return AvailabilityGoal{}, nil
	case "total", ":total":
		return AvailabilityGoal{Total: true}, nil
	}
	fraction, err := strconv.ParseFloat(text, 64)
	if err != nil || !(0 <= fraction && fraction <= 1) {
		return AvailabilityGoal{}, fmt.Errorf("availability %q is neither \"total\" nor a fraction from 0 to 1", text)
	}
	return AvailabilityGoal{Fraction: &fraction}, nil
}

// Availability is Maelstrom's :availability. Its fraction is in single
// precision and the goal is not, so 9 of 10 do not reach a goal of 0.9; that is
// how Maelstrom judges too.
func Availability(h run.History, goal AvailabilityGoal) run.Availability {
	ok, begun := 0, 0
	for i := range h {
		switch h[i].Type {
		case run.OK:
			ok++
		case run.Invoke:
			begun++
		}
	}
	out := run.Availability{Valid: run.Valid, OKFraction: 1, InvokeCount: begun}
	if begun > 0 {
		out.OKFraction = divide(int64(ok), begun)
	}
	switch {
	case goal.Total:
		out.Valid = run.VerdictIf(out.OKFraction == 1)
	case goal.Fraction != nil:
		out.Valid = run.VerdictIf(*goal.Fraction <= float64(out.OKFraction))
	}
	return out
}

// divide is Clojure's (float (/ a b)).
func divide(a int64, b int) float32 { return float32(float64(a) / float64(b)) }
