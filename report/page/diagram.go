package page

import (
	"fmt"
	"slices"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const (
	diagramTop = 30
	rowHeight  = 22
	// maxLines is how many messages are drawn at a time.
	maxLines = 1500
	// quietAbove is how many messages may surround those that are followed.
	quietAbove = 400
	// maxShownValues is how many values a page can name.
	maxShownValues = 5000
	maxLineRows    = 60
)

// diagramData is what the page's script draws any window from. Times are in
// microseconds since the start of the run.
type diagramData struct {
	Nodes    []string          `json:"nodes"`
	Kinds    []string          `json:"kinds"`
	Messages [][]any           `json:"messages"` // from (index, or a client's name), to, sent, ended, fate, kind, bytes, values as pairs
	Values   map[string]string `json:"values"`   // number -> JSON
	Windows  []windowData      `json:"windows"`
	Downs    [][]any           `json:"downs"`  // node's index, kind, from, to
	Faults   [][]any           `json:"faults"` // style, from, to, what it says
	End      int64             `json:"end"`
	Quiet    int               `json:"quiet"` // with more messages, only those that are followed are drawn
	MaxLines int               `json:"maxLines"`
}

type windowData struct {
	Title  string `json:"title"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Follow int32  `json:"follow"`
}

// newDiagramData packs a diagram for the script.
func newDiagramData(f *run.Folder, d *figure.Diagram) *diagramData {
	m := f.Messages
	out := &diagramData{Values: map[string]string{}, MaxLines: maxLines, Quiet: quietAbove, End: m.End.Microseconds(), Kinds: figure.Kinds[:]}
	row := make([]int, len(m.Names))
	for i := range row {
		row[i] = -1
	}
	for i, n := range d.Nodes {
		row[n] = i
		out.Nodes = append(out.Nodes, m.Names[n])
	}
	for _, down := range figure.Downs(f.Results.Faults) {
		if i := slices.Index(out.Nodes, down.Node); i >= 0 {
			out.Downs = append(out.Downs, []any{i, faultClass(down.Kind), down.From.Microseconds(), down.To.Microseconds()})
		}
	}
	for _, fault := range wide(f.Results.Faults) {
		out.Faults = append(out.Faults, []any{faultClass(fault.Kind), fault.From.Duration().Microseconds(), fault.To.Duration().Microseconds(), fault.Kind})
	}
	name := func(v int32) {
		key := fmt.Sprint(v)
		if _, ok := out.Values[key]; !ok && len(out.Values) < maxShownValues {
			out.Values[key] = clip(m.Values[v], 100)
		}
	}
	for _, w := range d.Windows {
		out.Windows = append(out.Windows, windowData{w.Title, w.From.Microseconds(), w.To.Microseconds(), w.Follow})
		if w.Follow >= 0 {
			name(w.Follow)
		}
	}
	for _, i := range d.Messages {
		t := &m.Transits[i]
		var from any = row[t.From]
		if m.IsClient(t.From) {
			from = m.Names[t.From]
			for _, s := range t.Spans {
				for v := s.First; v <= s.Last; v++ {
					name(v)
				}
			}
		}
		spans := []int32{}
		for _, s := range t.Spans {
			spans = append(spans, s.First, s.Last)
		}
		kind := max(0, slices.Index(figure.Kinds[:], m.Words[t.Kind]))
		out.Messages = append(out.Messages, []any{from, row[t.To], t.Sent.Microseconds(), t.Ended.Microseconds(), int(t.Fate), kind, t.Bytes, spans})
	}
	return out
}

// wide are the faults that are no node's own: those are drawn at their nodes.
func wide(faults []run.Fault) (out []run.Fault) {
	for _, f := range faults {
		if len(figure.Downs([]run.Fault{f})) == 0 {
			out = append(out, f)
		}
	}
	return out
}

// diagramPart draws one window of a diagram. The script draws others alike.
func diagramPart(f *run.Folder, d *figure.Diagram, w figure.Window) picture {
	m := f.Messages
	x := plot.Scale{From: w.From.Seconds(), To: w.To.Seconds()}
	height := float64(diagramTop + len(d.Nodes)*rowHeight + plot.AxisHeight)
	follow := "no value followed"
	if w.Follow >= 0 {
		follow = "following value " + clip(m.Values[w.Follow], 60)
	}
	summary := fmt.Sprintf("Messages between nodes from %s to %s, %s", clock(w.From, time.Millisecond), clock(w.To, time.Millisecond), follow)
	c := newChart("lamport", "Lamport diagram. "+summary, height, diagramTop, x, plot.Scale{To: 1})
	ticks := timeTicks(w.From, w.To, 10)
	c.XAxis(ticks)
	c.faults(wide(f.Results.Faults))
	row, byName := map[int32]float64{}, map[string]float64{}
	for i, n := range d.Nodes {
		y := float64(diagramTop + i*rowHeight + rowHeight/2)
		row[n], byName[m.Names[n]] = y, y
		c.Text(c.X.Start-8, y+4, "tick end", clip(m.Names[n], 9))
		c.El("", "line", "x1", plot.Num(c.X.Start), "x2", plot.Num(c.X.End), "y1", plot.Num(y), "y2", plot.Num(y), "class", "life")
	}
	for _, down := range figure.Downs(f.Results.Faults) {
		y, ok := byName[down.Node]
		from, to := max(c.X.At(down.From.Seconds()), c.X.Start), min(c.X.At(down.To.Seconds()), c.X.End)
		if ok && from < to {
			c.El(down.Node+": "+down.Kind, "rect", "x", plot.Num(from), "width", plot.Num(to-from), "y", plot.Num(y-4), "height", "8", "class", "down "+faultClass(down.Kind))
		}
	}
	known, lines, left := map[int32]time.Duration{}, 0, 0
	t := table{Title: "The messages drawn, in numbers", Columns: []string{"sent", "from", "to", "ended", "fate", "kind", "bytes", "values"}}
	group := "messages"
	if w.Follow >= 0 {
		group = "messages following"
		if inWindow(m, d, w) > quietAbove {
			group += " only"
		}
	}
	c.Begin("g", "class", group)
	for _, i := range d.Messages {
		s := &m.Transits[i]
		if !within(s, w) {
			continue
		}
		if lines++; lines > maxLines {
			left++
			continue
		}
		drawMessage(c, m, s, row, w, known)
		if len(t.Rows) < maxLineRows {
			t.Rows = append(t.Rows, []string{
				clock(s.Sent, time.Millisecond), m.Names[s.From], m.Names[s.To], clock(s.Ended, time.Millisecond), fateName(s.Fate),
				m.Words[s.Kind], count(int64(s.Bytes)), clip(valueList(m, s), 60),
			})
		}
	}
	c.End()
	for _, n := range d.Nodes {
		if at, ok := known[n]; ok {
			from := max(c.X.Start, c.X.At(at.Seconds()))
			c.El("", "line", "x1", plot.Num(from), "x2", plot.Num(c.X.End), "y1", plot.Num(row[n]), "y2", plot.Num(row[n]), "class", "knows")
		}
	}
	if rest := lines - len(t.Rows); rest > 0 {
		t.Note = plural(int64(rest), "more message is", "more messages are") + " not listed."
	}
	p := picture{Drawing: c.HTML(), Live: true, Caption: summary + ".", Tables: []table{t}, Legend: []legend{
		{"data", "data"}, {"ack", "ack"}, {"resend", "re-sent"}, {"lost", "lost on its way"}, {"client", "a client's broadcast"}, {"knows", "the node has the value"},
	}}
	if len(figure.Downs(f.Results.Faults)) > 0 {
		p.Legend = append(p.Legend, legend{"down kill", "node killed"}, legend{"down pause", "node paused"})
	}
	p.Legend = append(p.Legend, faultLegend(wide(f.Results.Faults))...)
	if left > 0 {
		p.Caption += fmt.Sprintf(" %s not drawn.", plural(int64(left), "message is", "messages are"))
	}
	return p
}

// within says whether any of a message's way lies in a window.
func within(s *run.Transit, w figure.Window) bool {
	return s.Sent <= w.To && (s.Fate == run.UnderWay || s.Ended >= w.From)
}

func inWindow(m *run.Messages, d *figure.Diagram, w figure.Window) (n int) {
	for _, i := range d.Messages {
		if within(&m.Transits[i], w) {
			n++
		}
	}
	return n
}

// drawMessage draws one message, and notes who learns the followed value by it.
func drawMessage(c chart, m *run.Messages, s *run.Transit, row map[int32]float64, w figure.Window, known map[int32]time.Duration) {
	class := "msg " + m.Words[s.Kind]
	if !slices.Contains(figure.Kinds[:], m.Words[s.Kind]) {
		class = "msg " + run.KindOther
	}
	if w.Follow >= 0 && slices.ContainsFunc(s.Spans, func(p run.Span) bool { return p.First <= w.Follow && w.Follow <= p.Last }) {
		class += " on"
		if at, ok := known[s.To]; s.Fate == run.Received && (!ok || s.Ended < at) {
			known[s.To] = s.Ended
		}
	}
	tip := fmt.Sprintf("%s to %s, sent %s, %s %s; %s, %s", m.Names[s.From], m.Names[s.To], clock(s.Sent, time.Millisecond),
		fateName(s.Fate), clock(s.Ended, time.Millisecond), m.Words[s.Kind], size(int64(s.Bytes)))
	if len(s.Spans) > 0 {
		tip += "; values " + clip(valueList(m, s), 120)
	}
	to := row[s.To]
	x1, x2 := c.X.At(s.Sent.Seconds()), c.X.At(s.Ended.Seconds())
	if m.IsClient(s.From) {
		if x2 >= c.X.Start && x2 <= c.X.End {
			c.El(tip, "path", "d", fmt.Sprintf("M%s %sl5 5l-5 5l-5 -5z", plot.Num(x2), plot.Num(to-5)), "class", class+" client")
		}
		return
	}
	from := row[s.From]
	switch s.Fate {
	case run.LostOnWay:
		class += " lost"
	case run.UnderWay:
		x2 = c.X.End
		class += " underway"
	}
	// Cut at the edges of the plot.
	y1, y2 := from, to
	if x1 < c.X.Start && x2 > x1 {
		y1 += (y2 - y1) * (c.X.Start - x1) / (x2 - x1)
		x1 = c.X.Start
	}
	if x2 > c.X.End && x2 > x1 {
		y2 = y1 + (y2-y1)*(c.X.End-x1)/(x2-x1)
		x2 = c.X.End
	}
	d := fmt.Sprintf("M%s %sL%s %s", plot.Num(x1), plot.Num(y1), plot.Num(x2), plot.Num(y2))
	if s.Fate == run.LostOnWay {
		mx, my := (x1+x2)/2, (y1+y2)/2
		d = fmt.Sprintf("M%s %sL%s %sm-4 -4l8 8m0 -8l-8 8", plot.Num(x1), plot.Num(y1), plot.Num(mx), plot.Num(my))
	} else if y2 == to && s.Fate == run.Received {
		d += "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0"
	}
	c.El(tip, "path", "d", d, "class", class)
}

func fateName(f run.Fate) string {
	return [...]string{"under way", "received", "lost"}[f]
}

// valueList spells the values of a message.
func valueList(m *run.Messages, s *run.Transit) string {
	text := ""
	for _, span := range s.Spans {
		for v := span.First; v <= span.Last; v++ {
			if len(text) > 160 {
				return text + "..."
			}
			if text != "" {
				text += ", "
			}
			text += clip(m.Values[v], 40)
		}
	}
	return text
}
