package txns

import (
	"maps"
	"slices"
	"strings"

	"treecast/checker/txn"
	"treecast/run"
)

// evidence spells the anomalies of a type as Elle does.
func (c *checked) evidence(all []txn.Anomaly) any {
	items := make([]any, 0, len(all))
	for i := range all {
		if all[i].Type == "empty-transaction-graph" {
			return true
		}
		items = append(items, c.anomaly(&all[i]))
	}
	return run.Vector(items)
}

func (c *checked) anomaly(a *txn.Anomaly) run.Figures {
	var f run.Figures
	add := func(key string, value any) { f = append(f, run.Figure{Key: key, Value: value}) }
	read := func() {
		add("op", c.op(a.Op))
		add("mop", c.mop(a.Op.Txn[a.Mop]))
	}
	switch {
	case a.Cycle != nil:
		ops, steps := run.Vector{}, run.List{}
		for _, e := range a.Cycle.Edges {
			ops = append(ops, c.op(e.From))
			steps = append(steps, c.step(e))
		}
		add("cycle", append(ops, ops[0]))
		add("steps", steps)
		add("type", run.Keyword(a.Type))
	case a.Type == "G1a" || a.Type == "G1b":
		read()
		add("writer", c.op(a.Writer))
		if c.kind == txn.Lists {
			add("element", value(a.Value))
		}
	case a.Type == "internal":
		read()
		add("expected", c.expected(a))
	case a.Type == "future-read":
		read()
		add("element", value(a.Value))
	case a.Type == "duplicate-elements":
		read()
		times := run.Pairs{}
		for _, v := range slices.Sorted(maps.Keys(a.Duplicates)) {
			times = append(times, value(v), a.Duplicates[v])
		}
		add("duplicates", times)
	case a.Type == "incompatible-order":
		add("key", value(a.Key))
		add("values", run.Vector{values(a.Orders[0]), values(a.Orders[1])})
	case a.Type == "dirty-update":
		add("key", value(a.Key))
		add("values", values(a.Orders[0]))
		add("txns", run.Vector{c.op(a.Txns[0]), run.Atom("..."), c.op(a.Txns[1])})
	case a.Type == "lost-update":
		add("key", value(a.Key))
		add("value", c.shown(a.Op.Txn[a.Mop]))
		txns := run.Vector{}
		for _, op := range a.Txns {
			txns = append(txns, c.op(op))
		}
		add("txns", txns)
	case a.Type == "cyclic-versions":
		add("key", value(a.Key))
		add("scc", run.Set(values(a.Orders[0])))
		add("sources", run.Vector(keywords(a.Sources)))
	case a.Type == "cycle-search-timeout":
		add("type", run.Keyword(a.Type))
		add("anomaly-spec-type", run.Keyword(a.Cut[0]))
		add("does-not-contain", run.List(keywords(a.Absent)))
		add("scc-size", len(a.Component))
	case strings.HasSuffix(a.Type, "-cycle-exists"):
		add("type", run.Keyword(a.Type))
		add("not", run.Keyword(a.Not))
		add("subgraph", a.Subgraph)
		add("scc-size", len(a.Component))
		indices := run.Set{}
		for _, op := range a.Component {
			indices = append(indices, op.Index)
		}
		add("scc", indices)
	}
	return f
}

func (c *checked) step(e txn.Edge) run.Figures {
	f := run.Figures{{Key: "type", Value: run.Keyword(e.Kind.String())}}
	switch e.Kind {
	case txn.Process:
		return append(f, run.Figure{Key: "process", Value: e.From.Process})
	case txn.Realtime:
		return append(f, run.Figure{Key: "a'", Value: c.op(e.From)}, run.Figure{Key: "b", Value: c.op(e.Invocation)})
	}
	f = append(f, run.Figure{Key: "key", Value: value(e.Key)})
	shown := value(e.Value)
	if e.Initial && c.kind == txn.Lists {
		shown = run.Keyword("elle.list-append/init")
	}
	f = append(f, run.Figure{Key: "value", Value: shown})
	if e.Kind != txn.WR {
		f = append(f, run.Figure{Key: "value'", Value: value(e.Next)})
	}
	return append(f, run.Figure{Key: "a-mop-index", Value: e.FromMop}, run.Figure{Key: "b-mop-index", Value: e.ToMop})
}

// op is the line of the history.
func (c *checked) op(op *txn.Op) any {
	if op == nil {
		return nil
	}
	return &c.h[op.Index]
}

func (c *checked) mop(m txn.Mop) run.Vector {
	switch {
	case m.F == txn.Read:
		return run.Vector{run.Keyword("r"), value(m.Key), c.shown(m)}
	case c.kind == txn.Registers:
		return run.Vector{run.Keyword("w"), value(m.Key), value(m.Value)}
	}
	return run.Vector{run.Keyword("append"), value(m.Key), value(m.Value)}
}

// shown is what a read showed.
func (c *checked) shown(m txn.Mop) any {
	switch {
	case c.kind == txn.Registers:
		return value(m.Value)
	case m.List == nil:
		return nil
	}
	return values(m.List)
}

func (c *checked) expected(a *txn.Anomaly) any {
	if c.kind == txn.Registers {
		return value(a.Expected[0])
	}
	list := values(a.Expected)
	if a.OpenPrefix {
		list = append(run.Vector{run.Atom("...")}, list...)
	}
	return list
}

func value(v txn.Value) any {
	if v == txn.Null {
		return nil
	}
	return run.Value(v)
}

func values(all []txn.Value) run.Vector {
	list := make(run.Vector, len(all))
	for i, v := range all {
		list[i] = value(v)
	}
	return list
}
