package txns

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/workload"
)

// How much is shown of what is wrong.
const (
	shownCycles  = 6  // pictures
	shownPerType = 20 // lines of a table
)

// views shows what was found: a table of the types, the first cycles as
// pictures, and the first anomalies of the other types in words.
func views(kind txn.Kind, h run.History, in workload.Input) []run.View {
	c := read(kind, h)
	c.judge(models(in.Options))
	if len(c.result.Types) == 0 && len(c.result.Others) == 0 {
		return nil
	}
	out := []run.View{c.summary(in)}
	cycles := c.cycles()
	for i, a := range cycles[:min(len(cycles), shownCycles)] {
		out = append(out, c.picture(i+1, a, in))
	}
	for _, name := range c.result.Types {
		if all := c.result.Anomalies[name]; all[0].Cycle == nil {
			out = append(out, c.inWords(name, all))
		}
	}
	return out
}

// summary lists the types that were found.
func (c *checked) summary(in workload.Input) run.View {
	view := run.View{
		Title:   "What is wrong with the transactions",
		Columns: []string{"anomaly", "times", "expected models prohibit it"},
	}
	if len(c.result.Not) > 0 {
		view.Text = append(view.Text, fmt.Sprintf("Expected: %s. Ruled out: %s; and so %s.",
			strings.Join(models(in.Options), ", "), strings.Join(c.result.Not, ", "), strings.Join(c.result.AlsoNot, ", ")))
	}
	for _, name := range c.result.Types {
		view.Rows = append(view.Rows, []string{name, fmt.Sprint(len(c.result.Anomalies[name])), "yes"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.result.Others)) {
		view.Rows = append(view.Rows, []string{name, fmt.Sprint(len(c.result.Others[name])), "no"})
	}
	return view
}

// picture shows a cycle: its transactions with what they did, and why each must
// come before the next.
func (c *checked) picture(number int, a *txn.Anomaly, in workload.Input) run.View {
	graph := &run.Graph{}
	view := run.View{
		Title: fmt.Sprintf("Cycle %d: %s", number, a.Type),
		Text:  []string{fmt.Sprintf("Each of these %d transactions must come before the next, and the last before the first.", len(a.Cycle.Edges))},
		Graph: graph,
	}
	name := func(i int) string { return fmt.Sprint("T", i%len(a.Cycle.Edges)+1) }
	for i, e := range a.Cycle.Edges {
		vertex := run.Vertex{Name: name(i), Op: e.From.Index, At: e.From.Time.Seconds(), Place: in.NodeOf(e.From.Process)}
		for _, m := range e.From.Txn {
			vertex.Lines = append(vertex.Lines, c.words(m))
		}
		graph.Vertices = append(graph.Vertices, vertex)
		edge := run.GraphEdge{From: i, To: (i + 1) % len(a.Cycle.Edges), Kind: e.Kind.String(), Text: e.Text(c.kind, name(i), name(i+1)), FromLine: e.FromMop, ToLine: e.ToMop}
		edge.Label = e.Kind.String()
		if e.Kind&(txn.WW|txn.WR|txn.RW) != 0 {
			edge.Label = fmt.Sprintf("%s %s", e.Kind, e.Key)
			switch {
			case e.Kind == txn.WR:
				edge.Label += ": " + e.Value.String()
			default:
				edge.Label += fmt.Sprintf(": %s, then %s", e.Value, e.Next)
			}
		}
		graph.Edges = append(graph.Edges, edge)
		view.Text = append(view.Text, edge.Text+".")
	}
	return view
}

// words spells a micro-operation.
func (c *checked) words(m txn.Mop) string {
	switch {
	case m.F == txn.Write && c.kind == txn.Lists:
		return fmt.Sprintf("append %s to %s", m.Value, m.Key)
	case m.F == txn.Write:
		return fmt.Sprintf("write %s = %s", m.Key, m.Value)
	case c.kind == txn.Registers:
		return fmt.Sprintf("read %s = %s", m.Key, m.Value)
	case m.List == nil:
		return fmt.Sprintf("read %s = null", m.Key)
	}
	texts := make([]string, len(m.List))
	for i, v := range m.List {
		texts[i] = v.String()
	}
	return fmt.Sprintf("read %s = [%s]", m.Key, strings.Join(texts, " "))
}

// inWords tells the first anomalies of a type that is no cycle.
func (c *checked) inWords(name string, all []txn.Anomaly) run.View {
	view := run.View{Title: name, Columns: []string{"what was seen"}}
	for i := range all[:min(len(all), shownPerType)] {
		view.Rows = append(view.Rows, []string{strings.TrimSpace(all[i].Text(c.kind))})
	}
	if more := len(all) - shownPerType; more > 0 {
		view.Text = []string{fmt.Sprintf("The first %d of %d.", shownPerType, len(all))}
	}
	return view
}
