package page

import (
	"fmt"
	"math"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const (
	trafficHeight = 220
	barHeight     = 16
	maxNodeBars   = 40
	maxLinkRows   = 20
)

var kindNames = map[string]string{
	run.KindData: "data: carries values", run.KindAck: "ack: carries none",
	run.KindResend: "re-sent: carries values again", run.KindOther: "other: not understood",
}

func kindLegend(t *run.Traffic) (out []legend) {
	for _, kind := range figure.Kinds {
		for _, s := range t.ByKind {
			if s.Name == kind && s.Messages > 0 {
				out = append(out, legend{kind, kindNames[kind]})
			}
		}
	}
	return out
}

// trafficOverTime draws messages, or bytes, per second, one kind upon the
// other.
func trafficOverTime(f *run.Folder, t *figure.Traffic, id, title string, of func(figure.Load) int64, label func(float64) string) picture {
	perSecond := 1 / t.Width.Seconds()
	most := 0.0
	for _, b := range t.Bins {
		sum := 0.0
		for _, l := range b {
			sum += float64(of(l)) * perSecond
		}
		most = math.Max(most, sum)
	}
	end := time.Duration(len(t.Bins)) * t.Width
	c := overTime(f, id, title+" over time, by kind. The most is "+label(most), title, trafficHeight, end,
		plot.Scale{To: math.Max(most, 1)}, plot.Linear(math.Max(most, 1), 5, label))
	for i, b := range t.Bins {
		from := time.Duration(i) * t.Width
		x := c.X.At(from.Seconds())
		x2 := c.X.At((from + t.Width).Seconds())
		sum := 0.0
		for kind, l := range b {
			v := float64(of(l)) * perSecond
			if v == 0 {
				continue
			}
			top, bottom := c.Y.At(sum+v), c.Y.At(sum)
			tip := fmt.Sprintf("%s to %s: %s %s, %s", clock(from, t.Width), clock(from+t.Width, t.Width), count(l.Messages), figure.Kinds[kind], size(l.Bytes))
			c.bar(tip, x, x2, top, bottom, "bar "+figure.Kinds[kind])
			sum += v
		}
	}
	return picture{Drawing: c.HTML(), Caption: fmt.Sprintf("%s between nodes, in stretches of %s.", title, t.Width)}
}

// nodeBars draws what each node sent and received.
func nodeBars(t *run.Traffic) picture {
	nodes := t.Nodes
	if len(nodes) > maxNodeBars {
		nodes = figure.BusiestNodes(nodes, maxNodeBars)
	}
	most := int64(1)
	for _, n := range nodes {
		most = max(most, n.SentMessages, n.ReceivedMessages)
	}
	hot, sum := hottest(t)
	summary := "No messages between nodes"
	if sum > 0 {
		summary = fmt.Sprintf("%s has most to do: %s of all messages begin or end there", hot.Node, percent(float64(hot.SentMessages+hot.ReceivedMessages)/float64(sum)))
	}
	height := float64(len(nodes)*barHeight + plot.AxisHeight + 26)
	c := newChart("per-node", "Messages per node. "+summary, height, 26, plot.Scale{To: float64(most)}, plot.Scale{To: 1})
	c.XAxis(plot.Linear(float64(most), 10, whole))
	c.Title("messages sent and received, per node")
	for i, n := range nodes {
		y := 26 + float64(i*barHeight)
		c.Text(c.X.Start-8, y+12, "tick end", clip(n.Node, 9))
		sent, received := c.X.At(float64(n.SentMessages)), c.X.At(float64(n.ReceivedMessages))
		c.El(fmt.Sprintf("%s sent %s messages, %s", n.Node, count(n.SentMessages), size(n.SentBytes)),
			"rect", "x", plot.Num(c.X.Start), "width", plot.Num(sent-c.X.Start), "y", plot.Num(y+2), "height", "6", "class", "bar sent")
		c.El(fmt.Sprintf("%s received %s messages, %s", n.Node, count(n.ReceivedMessages), size(n.ReceivedBytes)),
			"rect", "x", plot.Num(c.X.Start), "width", plot.Num(received-c.X.Start), "y", plot.Num(y+8), "height", "6", "class", "bar received")
	}
	p := picture{Drawing: c.HTML(), Caption: summary + ".", Legend: []legend{{"sent", "sent"}, {"received", "received"}}}
	if len(nodes) < len(t.Nodes) {
		p.Caption += fmt.Sprintf(" The %d busiest of %s are shown.", len(nodes), count(int64(len(t.Nodes))))
	}
	tab := table{Title: "Per node in numbers", Columns: []string{"node", "sent", "bytes sent", "received", "bytes received"}}
	for _, n := range nodes {
		tab.Rows = append(tab.Rows, []string{n.Node, count(n.SentMessages), size(n.SentBytes), count(n.ReceivedMessages), size(n.ReceivedBytes)})
	}
	p.Tables = []table{tab}
	return p
}

// matrix draws how much each node sent to each.
func matrix(t *figure.Traffic) picture {
	n := len(t.Nodes)
	cell := math.Min(22, math.Floor(760/float64(max(n, 1))))
	left, top := 90.0, 60.0
	side := cell * float64(n)
	var s plot.SVG
	summary := fmt.Sprintf("Messages from each of %d nodes to each. The busiest link carried %s in one direction", n, count(t.Peak))
	s.Begin("svg", "id", "per-link", "class", "chart", "viewBox", "0 0 "+plot.Num(max(left+side+20, 560))+" "+plot.Num(top+side+20), "role", "img", "aria-label", summary,
		"width", plot.Num(max(left+side+20, 560)))
	s.Text(left, 16, "plot-title", "messages, from row to column")
	every := 1 + int(13/cell)
	for i, name := range t.Nodes {
		at := float64(i)*cell + cell/2
		if i%every == 0 {
			s.Text(left-6, top+at+4, "tick end", clip(name, 10))
			s.Text(left+at, top-6, "tick mid", clip(name, 5))
		}
		s.El("", "rect", "x", plot.Num(left+float64(i)*cell), "y", plot.Num(top+float64(i)*cell), "width", plot.Num(cell-1), "height", plot.Num(cell-1), "class", "self")
	}
	for i, row := range t.Matrix {
		for j, messages := range row {
			if messages == 0 {
				continue
			}
			level := 1 + int(7*math.Log1p(float64(messages))/math.Log1p(float64(t.Peak))+0.5)
			s.El(fmt.Sprintf("%s to %s: %s messages", t.Nodes[i], t.Nodes[j], count(messages)), "rect",
				"x", plot.Num(left+float64(j)*cell), "y", plot.Num(top+float64(i)*cell), "width", plot.Num(cell-1), "height", plot.Num(cell-1), "class", fmt.Sprintf("heat h%d", level))
		}
	}
	p := picture{Drawing: s.HTML(), Caption: summary + ". The darker a cell, the more messages, on a logarithmic scale."}
	if n < t.AllNodes {
		p.Caption += fmt.Sprintf(" The %d busiest of %s nodes are shown.", n, count(int64(t.AllNodes)))
	}
	return p
}

// kindsTable lists the traffic by kind and by type.
func kindsTable(t *run.Traffic) table {
	out := table{Title: "By kind and type", Columns: []string{"", "messages", "share", "bytes", "share"}}
	row := func(what string, s run.Share) {
		out.Rows = append(out.Rows, []string{what + clip(s.Name, 60), count(s.Messages), percent(s.MessageShare), size(s.Bytes), percent(s.ByteShare)})
	}
	for _, s := range t.ByKind {
		row("", s)
	}
	for _, s := range t.ByType {
		row("type ", s)
	}
	return out
}

// linksTable lists the busiest links.
func linksTable(t *run.Traffic) table {
	out := table{Title: "The busiest links", Columns: []string{"from", "to", "messages", "bytes"}}
	for _, l := range t.Links[:min(len(t.Links), maxLinkRows)] {
		out.Rows = append(out.Rows, []string{l.From, l.To, count(l.Messages), size(l.Bytes)})
	}
	if left := t.LinkCount - len(out.Rows); left > 0 {
		out.Note = plural(int64(left), "more link is", "more links are") + " not listed."
	}
	return out
}

func hottest(t *run.Traffic) (hot run.NodeTraffic, sum int64) {
	for _, n := range t.Nodes {
		sum += n.SentMessages
		if n.SentMessages+n.ReceivedMessages > hot.SentMessages+hot.ReceivedMessages {
			hot = n
		}
	}
	return hot, sum
}
