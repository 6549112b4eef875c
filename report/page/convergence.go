package page

import (
	"fmt"
	"math"
	"strings"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const (
	cdfHeight = 300
	cdfSteps  = 400
)

// slowValue is a row of the table of the slowest values.
type slowValue struct {
	Value  string // JSON
	Window int    // of the diagram
	Sent   string
	Took   string
	Nodes  string
	Last   string
	Way    []wayPart
}

// wayPart is one node on a value's way, how long it kept the value before it
// sent it on, and how long the message to the next was under way.
type wayPart struct{ Node, Kept, Travelled string }

// distributionPart draws how soon values were on the nodes.
func distributionPart(c *figure.Convergence) picture {
	most := max(c.All.Within(), c.Each.Within(), 2)
	pairs := int64(len(c.Spreads)) * int64(c.Nodes)
	each := c.Each.Distribution(pairs, cdfSteps)
	all := c.All.Distribution(int64(len(c.Spreads)), cdfSteps)
	summary := fmt.Sprintf("%s of %s reached all %s", count(int64(c.Full)), plural(int64(len(c.Spreads)), "value", "values"), plural(int64(c.Nodes), "node", "nodes"))
	if half, ok := reach(all, 0.5); ok {
		summary += fmt.Sprintf("; half of them within %s ms", count(int64(half)))
	}
	if c.Full == len(c.Spreads) && c.Full > 0 {
		summary += fmt.Sprintf(", all within %s ms", count(int64(c.All.Within())))
	}
	ch := newChart("distribution", "Distribution of delivery times. "+summary, cdfHeight, 26,
		plot.Scale{To: float64(most)}, plot.Scale{From: 0, To: 1})
	ch.YAxis([]plot.Tick{{Value: 0, Label: "0 %"}, {Value: 0.25, Label: "25 %"}, {Value: 0.5, Label: "50 %"}, {Value: 0.75, Label: "75 %"}, {Value: 1, Label: "100 %"}})
	ch.XAxis(plot.Linear(float64(most), 12, span))
	ch.Title("share that is there within this time of the broadcast")
	for _, curve := range []struct {
		class string
		steps []figure.Step
	}{{"curve each", each}, {"curve all", all}} {
		ch.El("", "path", "d", stepPath(ch, curve.steps), "class", curve.class)
	}
	p := picture{Drawing: ch.HTML(), Caption: summary + ".", Legend: []legend{
		{"each", "one node has the value"}, {"all", "every node has it"},
	}}
	if c.Unpromised > 0 {
		p.Caption += fmt.Sprintf(" %s never acknowledged, and need not spread.", plural(int64(c.Unpromised), "value was", "values were"))
	}
	if c.LeftOut > 0 {
		p.Caption += fmt.Sprintf(" %s left out: the record of messages does not tell all about them.", plural(int64(c.LeftOut), "value is", "values are"))
	}
	t := table{Title: "The distribution in numbers", Columns: []string{"share", "one node has the value within", "every node has it within"}}
	for _, share := range []float64{0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1} {
		row := []string{percent(share)}
		for _, steps := range [][]figure.Step{c.Each.Distribution(pairs, math.MaxInt), c.All.Distribution(int64(len(c.Spreads)), math.MaxInt)} {
			if ms, ok := reach(steps, share); ok {
				row = append(row, count(int64(ms))+" ms")
			} else {
				row = append(row, "never")
			}
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = []table{t}
	return p
}

// reach is the whole millisecond within which a share is reached.
func reach(steps []figure.Step, share float64) (ms int, ok bool) {
	for _, s := range steps {
		if s.Share >= share-1e-12 {
			return s.Millis + 1, true
		}
	}
	return 0, false
}

func stepPath(c chart, steps []figure.Step) string {
	var d strings.Builder
	fmt.Fprintf(&d, "M%s %s", plot.Num(c.X.Start), plot.Num(c.Y.Start))
	for _, s := range steps {
		fmt.Fprintf(&d, "H%sV%s", plot.Num(c.X.At(float64(s.Millis))), plot.Num(c.Y.At(s.Share)))
	}
	fmt.Fprintf(&d, "H%s", plot.Num(c.X.End))
	return d.String()
}

// slowValues are the rows of the slowest values, in the order of the diagram's
// windows.
func slowValues(m *run.Messages, c *figure.Convergence, slowest []figure.Spread) []slowValue {
	var out []slowValue
	for i, s := range slowest {
		row := slowValue{
			Value: clip(m.Values[s.Value], 80), Window: i, Sent: clock(s.Sent, time.Millisecond), Took: millis(s.Took),
			Nodes: fmt.Sprintf("%d of %d", s.Handed, c.Nodes), Last: none,
		}
		if s.Last >= 0 {
			row.Last = m.Names[s.Last]
			row.Way = way(m, s)
		}
		out = append(out, row)
	}
	return out
}

// way tells where a value's time went until it reached its last node.
func way(m *run.Messages, s figure.Spread) []wayPart {
	var out []wayPart
	for _, hop := range figure.Way(m, s.Value, s.Last) {
		t := &m.Transits[hop.Transit]
		if n := len(out); n > 0 {
			out[n-1].Kept, out[n-1].Travelled = millis(hop.Waited), millis(t.Ended-t.Sent)
		}
		out = append(out, wayPart{Node: m.Names[t.To]})
	}
	return out
}
