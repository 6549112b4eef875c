package checker

import (
	"fmt"
	"slices"
	"strings"

	"treecast/run"
)

// Input is what Check knows of a run besides its history.
type Input struct {
	Settings run.Settings
	Nodes    []string // in Maelstrom's order
	Goal     AvailabilityGoal
	Crashes  []string // sentences on nodes that crashed, went deaf or wrote garbage
	// Findings are what the bed itself has seen and no history shows.
	Findings []run.Finding
	// Inquiry are operations that the bed did beside the run, for the strict
	// verdict alone: see StrictOptions.
	Inquiry run.History

	Net      *Net      // fed during the run; nil if nobody counted
	Delivery *Delivery // nil where bodies are not understood
	Traffic  *Traffic  // nil if nobody counted
}

// Check computes every figure and verdict of a run. What only the bed knows
// (version, command, times, faults, notes on nodes, tables) is left for it to
// fill in.
func Check(h run.History, in Input) run.Results {
	options := StrictOptions{Nodes: in.Nodes, Concurrency: in.Settings.Concurrency, Crashes: in.Crashes, Inquiry: in.Inquiry}
	r := run.Results{
		Schema:       run.SchemaVersion,
		Settings:     in.Settings,
		Stats:        Stats(h),
		Availability: Availability(h, in.Goal),
	}
	if in.Net != nil {
		r.Net = in.Net.Result(h.Invocations())
	}
	r.Workload, r.Strict = checkWorkload(in.Settings.Workload, h, options)
	if len(in.Findings) > 0 { // behind the crashes
		r.Strict.Findings = slices.Insert(r.Strict.Findings, len(in.Crashes), in.Findings...)
		r.Strict.Valid = run.Invalid
	}
	r.Valid = run.MergeVerdicts(r.Stats.Valid, r.Availability.Valid, r.Net.Valid, r.Workload.Valid)
	holdToMaelstrom(&r, h)
	if in.Delivery != nil {
		delivery := in.Delivery.Result()
		r.Delivery = &delivery
	}
	if in.Traffic != nil {
		traffic := in.Traffic.Result(broadcasts(h))
		r.Traffic = &traffic
	}
	r.Challenges = Challenges(&r)
	return r
}

// checkWorkload runs the workload's own checker and the strict one. A workload
// without a checker stays unknown.
func checkWorkload(name string, h run.History, options StrictOptions) (run.Workload, run.Strict) {
	switch name {
	case "broadcast":
		values := newElements()
		set := setFull{values: values}
		strict := newStrict(h, values, options)
		scanSet(h, values, &set, strict)
		scanSetFrom(strict.h, strict.proper, values, strict)
		figures := set.results(h)
		return run.Workload{Valid: figures.Valid, SetFull: &figures}, strict.results()
	case "echo":
		figures := Echo(h)
		return run.Workload{Valid: figures.Valid, Echo: &figures}, crashesOnly(options.Crashes)
	default:
		return run.Workload{Valid: run.Unknown}, crashesOnly(options.Crashes)
	}
}

// crashesOnly is the strict verdict on a workload that is not a set.
func crashesOnly(crashes []string) run.Strict {
	out := run.Strict{Findings: []run.Finding{}}
	for _, crash := range crashes {
		out.Findings = append(out.Findings, run.Finding{Kind: run.FindingCrash, Count: 1, Text: crash})
	}
	out.Valid = run.VerdictIf(len(crashes) == 0)
	return out
}

// holdToMaelstrom makes the strict verdict no kinder than Maelstrom's.
func holdToMaelstrom(r *run.Results, h run.History) {
	r.Strict.Valid = run.MergeVerdicts(r.Strict.Valid, r.Valid)
	if r.Valid != run.Invalid {
		return
	}
	var why []string
	count := 0
	for f, counts := range sortedCounts(r.Stats.ByF) {
		if counts.Valid == run.Invalid {
			text := fmt.Sprintf("no %s succeeded (%d tried)", f, counts.Count)
			if because := reasons(h, f); because != "" {
				text = fmt.Sprintf("no %s succeeded (%d tried: %s)", f, counts.Count, because)
			}
			why = append(why, text)
			count += counts.Count
		}
	}
	if r.Availability.Valid == run.Invalid {
		why = append(why, fmt.Sprintf("only %.4g of the operations succeeded", r.Availability.OKFraction))
		count++
	}
	if set := r.Workload.SetFull; set != nil && set.LostCount > 0 {
		why = append(why, plural(set.LostCount, "value")+" lost")
		count += set.LostCount
	}
	if echo := r.Workload.Echo; echo != nil && len(echo.Errors) > 0 {
		why = append(why, plural(len(echo.Errors), "request")+" not answered with what was sent ("+wrongEcho(echo.Errors[0])+")")
		count += len(echo.Errors)
	}
	r.Strict.Findings = append(r.Strict.Findings, run.Finding{
		Kind: run.FindingMaelstrom, Count: count,
		Text: "Maelstrom's own verdict is false: " + strings.Join(why, "; "),
	})
}

func broadcasts(h run.History) int {
	count := 0
	for i := range h {
		if h[i].F == fBroadcast && h[i].Type == run.Invoke {
			count++
		}
	}
	return count
}
