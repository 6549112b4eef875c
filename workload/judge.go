package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"treecast/checker"
	"treecast/run"
)

// Record is what Judge knows of a run besides its history and settings.
type Record struct {
	Input
	Settings run.Spec
	Goal     checker.AvailabilityGoal
	Crashes  []string // sentences on nodes that crashed, went deaf or wrote garbage
	// Findings are what the bed itself has seen and no history shows.
	Findings []run.Finding

	Net      *checker.Net      // fed during the run; nil if nobody counted
	Delivery *checker.Delivery // nil where bodies are not understood
	Traffic  *checker.Traffic  // nil if nobody counted
}

// Judge computes every figure and verdict of a run of the workload. What only the
// bed knows (version, command, times, faults, notes on nodes, tables) is left for
// it to fill in.
func (w *Workload) Judge(h run.History, in Record) run.Results {
	r := run.Results{
		Schema:       run.SchemaVersion,
		Settings:     in.Settings,
		Followed:     w.Spreads,
		Stats:        checker.Stats(h, w.Excused...),
		Availability: checker.Availability(h, in.Goal),
	}
	if in.Net != nil {
		r.Net = in.Net.Result(h.Invocations())
	}
	v := w.Check(h, in.Input)
	r.Workload = v.Maelstrom
	r.Valid = run.MergeVerdicts(r.Stats.Valid, r.Availability.Valid, r.Net.Valid, r.Workload.Valid)
	r.Strict = strictly(&r, h, v, in)
	if w.Views != nil {
		r.Views = w.Views(h, v, in.Input)
	}
	if in.Delivery != nil {
		delivery := in.Delivery.Result()
		r.Delivery = &delivery
	}
	if in.Traffic != nil {
		traffic := in.Traffic.Result(w.values(h))
		r.Traffic = &traffic
	}
	r.Challenges = checker.Challenges(&r)
	return r
}

// strictly gathers what is wrong: crashes, what the bed has seen, what the
// workload finds. The verdict is never kinder than Maelstrom's.
func strictly(r *run.Results, h run.History, v Verdict, in Record) run.Strict {
	out := run.Strict{Findings: []run.Finding{}, Unasked: v.Unasked}
	for _, crash := range in.Crashes {
		out.Findings = append(out.Findings, run.Finding{Kind: run.FindingCrash, Count: 1, Text: crash})
	}
	out.Findings = slices.Concat(out.Findings, in.Findings, v.Findings)
	switch {
	case len(out.Findings) > 0:
		out.Valid = run.Invalid
	case v.Unasked != "":
		out.Valid = run.Unknown
	default:
		out.Valid = run.Valid
	}
	out.Valid = run.MergeVerdicts(out.Valid, r.Valid)
	if r.Valid == run.Invalid {
		out.Findings = append(out.Findings, whyInvalid(r, h, v))
	}
	return out
}

// whyInvalid is Maelstrom's verdict as a finding.
func whyInvalid(r *run.Results, h run.History, v Verdict) run.Finding {
	var why []string
	count := 0
	for _, f := range slices.Sorted(maps.Keys(r.Stats.ByF)) {
		if counts := r.Stats.ByF[f]; r.Stats.Valid == run.Invalid && counts.Valid == run.Invalid {
			tried := fmt.Sprintf("%d tried", counts.Count)
			if because := checker.Reasons(h, f); because != "" {
				tried += ": " + because
			}
			why = append(why, fmt.Sprintf("no %s succeeded (%s)", f, tried))
			count += counts.Count
		}
	}
	if r.Availability.Valid == run.Invalid {
		why = append(why, fmt.Sprintf("only %.4g of the operations succeeded", r.Availability.OKFraction))
		count++
	}
	if v.Why != "" {
		why = append(why, v.Why)
		count += v.Count
	}
	return run.Finding{
		Kind: run.FindingMaelstrom, Count: count,
		Text: "Maelstrom's own verdict is false: " + strings.Join(why, "; "),
	}
}

// values counts the operations that each bring a value to be followed.
func (w *Workload) values(h run.History) int {
	count := 0
	for i := range h {
		if w.Spreads != "" && h[i].F == w.Spreads && h[i].Type == run.Invoke {
			count++
		}
	}
	return count
}
