package txns

import (
	"fmt"
	"slices"
	"strings"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/workload"
)

// checked are the transactions of a history and what the checker says of them.
type checked struct {
	kind   txn.Kind
	h      run.History
	ops    []txn.Op
	result txn.Result
	broken []broken // completions that are no transactions
}

// broken is a reply that cannot be read as a transaction.
type broken struct {
	op  *run.Op
	err error
}

// read takes the transactions out of a history.
func read(kind txn.Kind, h run.History) *checked {
	c := &checked{kind: kind, h: h}
	for i := range h {
		op := &h[i]
		if op.Process == run.NemesisProcess || op.F != fTxn {
			continue
		}
		mops, err := txn.Parse(kind, op.Value)
		if err != nil {
			c.broken = append(c.broken, broken{op, err})
		}
		c.ops = append(c.ops, txn.Op{Index: i, Time: op.Time, Type: typeOf(op.Type), Process: op.Process, Txn: mops})
	}
	return c
}

func typeOf(t run.OpType) txn.Type {
	return [...]txn.Type{run.Invoke: txn.Invoke, run.OK: txn.OK, run.Fail: txn.Fail, run.Info: txn.Info}[t]
}

// judge is the verdict as Maelstrom gives it.
func (c *checked) judge(models []string) {
	switch {
	case len(c.broken) > 0:
		b := c.broken[0]
		c.result = txn.Result{Kind: c.kind, Valid: txn.Unknown, Err: fmt.Errorf("operation %d: %w", b.op.Index, b.err)}
	case c.kind == txn.Registers:
		c.result = txn.CheckRegisters(c.ops, txn.Options{Models: models}).Maelstrom()
	default:
		c.result = txn.CheckLists(c.ops, txn.Options{Models: models})
	}
}

// check is Maelstrom's verdict, and strict's findings.
func check(kind txn.Kind, h run.History, in workload.Input) workload.Verdict {
	c := read(kind, h)
	c.judge(models(in.Options))
	v := workload.Verdict{Maelstrom: run.Workload{Valid: verdictOf(c.result.Valid), Figures: c.figures()}}
	if c.result.Valid == txn.False {
		for _, name := range c.result.Types {
			v.Count += len(c.result.Anomalies[name])
		}
		v.Why = c.why()
	}
	v.Findings, v.Unasked = c.strict(in)
	return v
}

func verdictOf(v txn.Validity) run.Verdict {
	return [...]run.Verdict{txn.True: run.Valid, txn.False: run.Invalid, txn.Unknown: run.Unknown}[v]
}

// why says in one line the first of what is wrong, a cycle if there is one.
func (c *checked) why() string {
	first := c.result.Anomalies[c.result.Types[0]][0]
	if cycles := c.cycles(); len(cycles) > 0 {
		first = *cycles[0]
	}
	lines := strings.Split(strings.TrimSpace(first.Text(c.kind)), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return "the transactions are not " + strings.Join(c.result.Not, ", nor ") + ": " + strings.Join(lines, "; ")
}

// cycles are the cycles that count, the shortest of each type first.
func (c *checked) cycles() (all []*txn.Anomaly) {
	for _, name := range c.result.Types {
		ofType := c.result.Anomalies[name]
		var shortest []*txn.Anomaly
		for i := range ofType {
			if ofType[i].Cycle != nil {
				shortest = append(shortest, &ofType[i])
			}
		}
		slices.SortStableFunc(shortest, func(a, b *txn.Anomaly) int { return len(a.Cycle.Edges) - len(b.Cycle.Edges) })
		all = append(all, shortest...)
	}
	return all
}

// figures are Maelstrom's :workload, evidence included.
func (c *checked) figures() run.Figures {
	r := &c.result
	figures := run.Figures{{Key: "valid?", Value: verdictOf(r.Valid)}}
	if r.Err != nil {
		return append(figures, run.Figure{Key: "error", Value: r.Err.Error()})
	}
	if len(r.Types) == 0 {
		if c.kind == txn.Registers {
			figures = append(figures, run.Figure{Key: "anomaly-types", Value: run.List{}}, run.Figure{Key: "anomalies", Value: nil})
		}
		return figures
	}
	anomalies := run.Figures{}
	for _, name := range r.Types {
		anomalies = append(anomalies, run.Figure{Key: name, Value: c.evidence(r.Anomalies[name])})
	}
	return append(figures,
		run.Figure{Key: "anomaly-types", Value: run.List(keywords(r.Types))},
		run.Figure{Key: "anomalies", Value: anomalies},
		run.Figure{Key: "not", Value: run.Set(keywords(r.Not))},
		run.Figure{Key: "also-not", Value: run.Set(keywords(r.AlsoNot))},
	)
}

func keywords(names []string) []any {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = run.Keyword(name)
	}
	return all
}
