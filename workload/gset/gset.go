// Package gset is Maelstrom's workload g-set: clients add 0, 1, 2, ... to a set
// and read it, and every worker reads once more when all is over.
package gset

import (
	"encoding/json"
	"slices"

	"treecast/checker"
	"treecast/gossip/codec"
	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

const (
	fAdd  = "add"
	fRead = workload.Read
)

// names are the functions that make it a set.
var names = checker.SetNames{Add: fAdd, Read: fRead, Added: "added"}

// Workload is g-set. Its clients map no errors, and Maelstrom does not mark its last
// reads.
var Workload = workload.Workload{
	Name:      "g-set",
	Solved:    true,
	Recovers:  true,
	Generator: workload.CountedAdds{Add: fAdd}.Generator,
	Client:    workload.AddRead{Add: fAdd, Field: "element", Reads: workload.Shape{Type: "read_ok", Field: "value", Kind: workload.List}}.Client,
	Check:     check,
	Inquiry:   workload.ReadOnce(fRead),
	InquireOf: workload.Unread,
	Vague:     true,
	Carries:   carries,
	SpreadsIn: "element",
	Losable:   []run.FindingKind{run.FindingMissing},
	Spreads:   fAdd,
}

// check judges as Maelstrom does by the history as it stands; strict has to find
// the final reads.
func check(h run.History, in workload.Input) workload.Verdict {
	strict := checker.Strict(markFinal(h, in.Options.Concurrency), names, workload.StrictOptions(in))
	unasked := ""
	if strict.Valid == run.Unknown {
		unasked = "no final read was asked for"
	}
	return workload.SetVerdict(checker.SetFull(h, names), strict.Findings, unasked)
}

// markFinal returns the history with its final reads marked: those at its end,
// one for each worker, behind which nothing else was invoked.
func markFinal(h run.History, workers int) run.History {
	out := slices.Clone(h)
	seen := map[int]bool{}
	pairs := h.Pairs()
	for i := len(out) - 1; i >= 0; i-- {
		op := &out[i]
		if op.Process == run.NemesisProcess || op.F != fRead {
			break
		}
		if op.Type != run.Invoke {
			continue
		}
		worker := op.Process
		if workers > 0 {
			worker %= workers
		}
		if seen[worker] {
			break
		}
		seen[worker] = true
		op.Final = true
		if pairs[i] >= 0 {
			out[pairs[i]].Final = true
		}
	}
	return out
}

// carries finds the values of treecast's own gossip, and the element of an
// addition.
func carries(body json.RawMessage) (workload.Reading, bool) {
	if values, resent, ok := codec.Values(nil, body); ok {
		return workload.Gossiped(values, resent), true
	}
	if value, ok := wire.Field(body, "element"); ok {
		return workload.Reading{Kind: workload.Data, Values: []json.RawMessage{value}}, true
	}
	return workload.Reading{Kind: workload.Other}, false
}
