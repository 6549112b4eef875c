package workload

import (
	"fmt"

	"treecast/checker"
	"treecast/run"
)

// CheckSet judges a history of additions to a set and reads of all of it: Jepsen's
// set-full, and what that does not see.
func CheckSet(h run.History, names checker.SetNames, in Input) Verdict {
	figures, findings, unasked := checker.Set(h, names, StrictOptions(in))
	return SetVerdict(figures, findings, unasked)
}

// StrictOptions are what the strict checker of sets knows of a run.
func StrictOptions(in Input) checker.StrictOptions {
	return checker.StrictOptions{Nodes: in.Options.Nodes, Concurrency: in.Options.Concurrency, Inquiry: in.Inquiry}
}

// SetVerdict is the verdict on a set with these figures and findings.
func SetVerdict(figures run.SetFull, findings []run.Finding, unasked string) Verdict {
	v := Verdict{Maelstrom: run.Workload{Valid: figures.Valid, SetFull: &figures}, Findings: findings, Unasked: unasked}
	if n := figures.LostCount; n > 0 {
		v.Why, v.Count = fmt.Sprintf("%d values lost", n), n
		if n == 1 {
			v.Why = "1 value lost"
		}
	}
	return v
}

// Unread says whether a node has no worker that could have read it, as where there
// are fewer workers than nodes. It is an InquireOf.
func Unread(o Options, node int) bool { return node >= o.Concurrency }

// ReadOnce is an Inquiry of one final read.
func ReadOnce(f string) func(run.History, Options) []Op {
	return func(run.History, Options) []Op { return []Op{{F: f, Final: true}} }
}
