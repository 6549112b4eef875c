package txn

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// shownPerType is how many anomalies of a type Result.Text shows.
const shownPerType = 4

// Text returns the result in words, in several lines: the verdict, what it
// rules out, and the first anomalies of each type that counts.
func (r Result) Text() string {
	if r.Err != nil {
		return "no verdict: " + r.Err.Error() + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "valid: %v\n", r.Valid)
	if len(r.Not) > 0 {
		fmt.Fprintf(&b, "not %s\n", strings.Join(r.Not, ", "))
	}
	if len(r.AlsoNot) > 0 {
		fmt.Fprintf(&b, "and so not %s\n", strings.Join(r.AlsoNot, ", "))
	}
	for _, t := range r.Types {
		all := r.Anomalies[t]
		for _, a := range all[:min(len(all), shownPerType)] {
			fmt.Fprintf(&b, "\n%s", a.Text(r.Kind))
		}
		if more := len(all) - shownPerType; more > 0 {
			fmt.Fprintf(&b, "\n(%s: %d more)\n", t, more)
		}
	}
	return b.String()
}

// Text returns the anomaly in words, in one or more lines. kind is that of the
// history.
func (a Anomaly) Text(kind Kind) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	write := "wrote"
	if kind == Lists {
		write = "appended"
	}
	switch a.Type {
	case typeG1a:
		line("%s: %s read key %s as %s, but the transaction that %s %s failed: %s", a.Type, opText(a.Op, kind), a.Key, readText(a.Op.Txn[a.Mop], kind), write, a.Value, opText(a.Writer, kind))
	case typeG1b:
		line("%s: %s read key %s as %s, a state in the midst of %s", a.Type, opText(a.Op, kind), a.Key, readText(a.Op.Txn[a.Mop], kind), opText(a.Writer, kind))
	case typeInternal:
		expected := readText(Mop{List: a.Expected}, Lists)
		switch {
		case kind == Registers:
			expected = a.Expected[0].String()
		case a.OpenPrefix:
			expected = "a list that ends in " + expected
		}
		line("%s: %s read key %s as %s, but what it did before lets it expect %s", a.Type, opText(a.Op, kind), a.Key, readText(a.Op.Txn[a.Mop], kind), expected)
	case typeFutureRead:
		line("%s: %s read key %s with element %s, which it appended only later", a.Type, opText(a.Op, kind), a.Key, a.Value)
	case typeDuplicateElements:
		var times []string
		for _, v := range slices.Sorted(maps.Keys(a.Duplicates)) {
			times = append(times, fmt.Sprintf("%s (%d times)", v, a.Duplicates[v]))
		}
		line("%s: %s read key %s with elements more than once: %s", a.Type, opText(a.Op, kind), a.Key, strings.Join(times, ", "))
	case typeIncompatibleOrder:
		line("%s: key %s was read as %s and as %s, and neither begins with the other", a.Type, a.Key, listText(a.Orders[0]), listText(a.Orders[1]))
	case typeDirtyUpdate:
		line("%s: key %s has the versions %s: the first is of a transaction that failed, the last of one that committed", a.Type, a.Key, listText(a.Orders[0]))
		for _, op := range a.Txns {
			line("  %s", opText(op, kind))
		}
	case typeLostUpdate:
		line("%s: %d transactions read key %s as %s, and all wrote it", a.Type, len(a.Txns), a.Key, readText(a.Op.Txn[a.Mop], kind))
		for _, op := range a.Txns {
			line("  %s", opText(op, kind))
		}
	case typeCyclicVersions:
		line("%s: of the versions %s of key %s each comes before all others (by %s)", a.Type, listText(a.Orders[0]), a.Key, strings.Join(a.Sources, ", "))
	case typeEmptyGraph:
		line("%s: no transaction is known to come before another", a.Type)
	case typeCut:
		line("%s: among %d transactions the search was cut for %s", a.Type, len(a.Component), strings.Join(a.Cut, ", "))
		if len(a.Absent) > 0 {
			line("  there is no %s", strings.Join(a.Absent, ", "))
		}
	default:
		if a.Cycle == nil {
			line("%s: among %d transactions there is a cycle of %s, so the history is not %s", a.Type, len(a.Component), a.Subgraph, a.Not)
			break
		}
		line("%s: %d transactions form a cycle", a.Type, len(a.Cycle.Edges))
		for i, e := range a.Cycle.Edges {
			line("  T%d is %s", i+1, opText(e.From, kind))
		}
		for i, e := range a.Cycle.Edges {
			line("  %s", e.Text(kind, "T"+strconv.Itoa(i+1), "T"+strconv.Itoa((i+1)%len(a.Cycle.Edges)+1)))
		}
	}
	return b.String()
}

// Text says in one sentence why a transaction comes before another. from and to
// are their names, kind is that of the history.
func (e Edge) Text(kind Kind, from, to string) string {
	return fmt.Sprintf("%s comes before %s (%v): %s", from, to, e.Kind, e.reason(kind, from, to))
}

func (e Edge) reason(kind Kind, from, to string) string {
	switch {
	case e.Kind == Process:
		return fmt.Sprintf("process %d had done %s when it began %s", e.From.Process, from, to)
	case e.Kind == Realtime && e.Invocation != nil:
		return fmt.Sprintf("%s was done (operation %d) %v before %s began (operation %d)", from, e.From.Index, e.Invocation.Time-e.From.Time, to, e.Invocation.Index)
	case e.Kind == Realtime:
		return fmt.Sprintf("%s was done before %s began", from, to)
	case kind == Lists && e.Kind == WW:
		return fmt.Sprintf("%s appended %s to key %s, and %s appended %s after it", from, e.Value, e.Key, to, e.Next)
	case kind == Lists && e.Kind == WR:
		return fmt.Sprintf("%s appended %s to key %s, and a read of %s ends in it", from, e.Value, e.Key, to)
	case kind == Lists && e.Initial:
		return fmt.Sprintf("%s read key %s as empty, without the %s that %s appended", from, e.Key, e.Next, to)
	case kind == Lists:
		return fmt.Sprintf("%s read key %s as ending in %s, without the %s that %s appended next", from, e.Key, e.Value, e.Next, to)
	case e.Kind == WR:
		return fmt.Sprintf("%s wrote %s to key %s, and %s read it", from, e.Value, e.Key, to)
	}
	verb := "wrote"
	if e.Kind == RW {
		verb = "read"
	}
	why := "the transaction that wrote it had read the former"
	if e.Initial {
		why = "null comes before all"
	}
	return fmt.Sprintf("%s %s key %s as %s, and %s wrote the later version %s (%s)", from, verb, e.Key, e.Value, to, e.Next, why)
}

// opText names an operation and spells its transaction.
func opText(op *Op, kind Kind) string {
	mops := make([]string, len(op.Txn))
	for i, m := range op.Txn {
		if m.F == Write {
			mops[i] = fmt.Sprintf("%s %s %s", kind.write(), m.Key, m.Value)
		} else {
			mops[i] = fmt.Sprintf("r %s %s", m.Key, readText(m, kind))
		}
	}
	return fmt.Sprintf("operation %d of process %d [%s]", op.Index, op.Process, strings.Join(mops, ", "))
}

// readText spells what a read showed.
func readText(m Mop, kind Kind) string {
	if kind == Registers {
		return m.Value.String()
	}
	if m.List == nil {
		return Null.String()
	}
	return listText(m.List)
}

func listText(list []Value) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.String()
	}
	return "[" + strings.Join(texts, " ") + "]"
}
