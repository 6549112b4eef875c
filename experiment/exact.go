package experiment

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"treecast/run"
	"treecast/testbed/invariant"
)

// exactTable is the table of what the watch saw: how long after
// everything was healed a node last came to know a value of before the final phase, how many values must
// be known at the end, and how many were acknowledged and rightly lost.
const exactTable = run.ExactTable

// exactly replaces what the strict verdict says of missing values by what the
// watch over the nodes knows: which values must be there, to the value, as some
// node that had them has lived ever since. A value that only killed nodes had is
// rightly lost, if they had no journals, or their journals were harmed; else with
// journals nothing that was acknowledged is, and the strict verdict says so.
// Whatever else the strict verdict says stays, and what the watch found comes first.
// Healed is when the quiet time began, and final when it was over.
func (p *plan) exactly(r *run.Results, h run.History, w *invariant.Watch, healed, final time.Duration) {
	mayLose := p.Node.NoJournal || p.session.Nemesis.HarmsJournals()
	kept := slices.DeleteFunc(r.Strict.Findings, func(f run.Finding) bool {
		return mayLose && slices.Contains(p.session.Workload.Losable, f.Kind) || f.Kind == run.FindingMaelstrom
	})
	var found []run.Finding
	if !mayLose && r.Workload.Valid == run.Invalid && r.Stats.OKCount >= fewest {
		found = append(found, run.Finding{Kind: run.FindingMaelstrom, Count: 1, Text: "Maelstrom's verdict on the workload is false"})
	}
	if v := w.Violated(); v != nil {
		found = append(found, run.Finding{Kind: run.FindingInvariant, Count: 1, Text: v.Error()})
		// The run ended there and then, so nothing else can be said.
		r.Interrupted = false
		r.Strict = run.Strict{Valid: run.Invalid, Findings: found}
		return
	}
	if !r.Interrupted {
		r.Tables = append(r.Tables, run.Table{
			Name: exactTable, Columns: []string{"converged_ms", "values_known", "values_rightly_lost"},
			Rows: [][]any{{max(0, (w.LearntBefore(final) - healed).Milliseconds()), len(w.Alive()), w.Lost()}},
		})
		if !p.session.Workload.WritesAtEnd {
			found = append(found, notConverged(w, healed, p.session.Quiet, p.session.Workload.Recovers)...)
		}
		found = append(found, finalReads(h, w)...)
	}
	r.Strict.Findings = append(found, kept...)
	r.Strict.Valid = run.Valid
	switch {
	case len(r.Strict.Findings) > 0:
		r.Strict.Valid = run.Invalid
	case r.Interrupted:
		r.Strict.Valid = run.Unknown
	}
}

// fewest is how many operations must have succeeded for Maelstrom's verdict to count: of
// hardly any, it is false where nothing is wrong.
const fewest = 20

// notConverged says whether the nodes have come to know all that any of them
// knows before the final reads, that is within the quiet time.
func notConverged(w *invariant.Watch, healed, quiet time.Duration, recovers bool) []run.Finding {
	switch {
	case w.Missing() > 0:
		return []run.Finding{{Kind: run.FindingInvariant, Count: w.Missing(), Text: fmt.Sprintf(
			"at the end, %d times a node does not know a value that another one knows", w.Missing())}}
	case recovers && w.Learnt() > healed+quiet:
		return []run.Finding{{Kind: run.FindingInvariant, Count: 1, Text: fmt.Sprintf(
			"%v after everything was healed a node still came to know a value", w.Learnt()-healed)}}
	}
	return nil
}

// finalReads holds the final reads to the values that must be known.
func finalReads(h run.History, w *invariant.Watch) (found []run.Finding) {
	for i := range h {
		op := &h[i]
		if !op.Final || op.Type != run.OK {
			continue
		}
		var values []json.RawMessage
		if json.Unmarshal(op.Value, &values) != nil {
			continue // the strict verdict says so
		}
		shown := map[string]bool{}
		for _, v := range values {
			shown[string(v)] = true
		}
		for _, v := range w.Alive() {
			if !shown[v] {
				found = append(found, run.Finding{Kind: run.FindingMissing, Count: 1, Text: fmt.Sprintf(
					"the final read at %.3f s, operation %d, lacks %.100s, which nodes that live know", op.Time.Seconds(), op.Index, v)})
				return found
			}
		}
	}
	return nil
}
