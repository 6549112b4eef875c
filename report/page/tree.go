package page

import (
	"bytes"
	"fmt"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
)

const (
	treeSize    = 680
	treeMargin  = 46
	stripHeight = 110
	maxNamed    = 130 // nodes that are named in the drawing
)

// treeData is what the page's script colours the tree from.
type treeData struct {
	Frames []frameData `json:"frames"`
}

type frameData struct {
	Text   string `json:"text"`
	States string `json:"states"`
	Nodes  string `json:"nodes"`
}

var stateNames = map[byte]string{
	figure.Idle: "idle", figure.Active: "active", figure.Suspected: "suspected", figure.Cut: "cut",
}

var nodeStates = map[byte]string{figure.Up: "up", figure.Killed: "killed", figure.Paused: "paused"}

// anyDown says whether any node was ever killed or paused.
func anyDown(t *figure.Tree) bool {
	for i := range t.Frames {
		if n := t.Frames[i].Nodes; bytes.IndexByte(n, figure.Killed) >= 0 || bytes.IndexByte(n, figure.Paused) >= 0 {
			return true
		}
	}
	return false
}

// worstFrame is the frame with most to see: most links cut, then most suspected,
// then most active.
func worstFrame(t *figure.Tree) int {
	best, most := 0, -1
	for i := range t.Frames {
		n := stateCounts(&t.Frames[i])
		if score := n[figure.Cut]*1e8 + n[figure.Suspected]*1e4 + n[figure.Active]; score > most {
			best, most = i, score
		}
	}
	return best
}

func stateCounts(f *figure.Frame) (n [256]int) {
	for _, s := range f.States {
		n[s]++
	}
	return n
}

// frameText says what a frame shows.
func frameText(f *figure.Frame) string {
	n := stateCounts(f)
	text := fmt.Sprintf("%s to %s: %s", clock(f.From, 100*time.Millisecond), clock(f.To, 100*time.Millisecond), plural(int64(n[figure.Active]), "link active", "links active"))
	if n[figure.Suspected] > 0 {
		text += fmt.Sprintf(", %d suspected", n[figure.Suspected])
	}
	if n[figure.Cut] > 0 {
		text += fmt.Sprintf(", %d cut", n[figure.Cut])
	}
	if down := len(f.Nodes) - bytes.Count(f.Nodes, []byte{figure.Up}); down > 0 {
		text += fmt.Sprintf(", %s down", plural(int64(down), "node", "nodes"))
	}
	if f.Fault != "" {
		text += "; " + f.Fault
	}
	return text
}

func newTreeData(t *figure.Tree) *treeData {
	out := &treeData{Frames: []frameData{}}
	for i := range t.Frames {
		out.Frames = append(out.Frames, frameData{frameText(&t.Frames[i]), string(t.Frames[i].States), string(t.Frames[i].Nodes)})
	}
	return out
}

// treePart draws the tree at one frame.
func treePart(t *figure.Tree, at int) picture {
	var s plot.SVG
	frame := &t.Frames[at]
	summary := "Links from " + frameText(frame)
	s.Begin("svg", "id", "tree-drawing", "class", "chart", "viewBox", fmt.Sprintf("0 0 %d %d", treeSize, treeSize), "role", "img", "aria-label", "The tree. "+summary)
	place := func(n figure.TreeNode) (x, y float64) {
		r := float64(treeSize)/2 - treeMargin
		return treeSize/2 + n.X*r, treeSize/2 + n.Y*r
	}
	s.Begin("g", "id", "tree-links")
	for i, l := range t.Links {
		x1, y1 := place(t.Nodes[l.A])
		x2, y2 := place(t.Nodes[l.B])
		d := fmt.Sprintf("M%s %sL%s %s", plot.Num(x1), plot.Num(y1), plot.Num(x2), plot.Num(y2))
		class := "link " + stateNames[frame.States[i]]
		if !l.InTree {
			// Bent towards the centre, so as not to lie on a link of the tree.
			d = fmt.Sprintf("M%s %sQ%s %s %s %s", plot.Num(x1), plot.Num(y1),
				plot.Num((x1+x2)/2*0.75+treeSize/2*0.25), plot.Num((y1+y2)/2*0.75+treeSize/2*0.25+14), plot.Num(x2), plot.Num(y2))
			class += " chord"
		}
		s.El(fmt.Sprintf("%s and %s: %s in all", t.Nodes[l.A].Name, t.Nodes[l.B].Name, plural(l.Messages, "message", "messages")),
			"path", "d", d, "class", class)
	}
	s.End()
	s.Begin("g", "id", "tree-nodes")
	radius := 9.0
	if len(t.Nodes) > 60 {
		radius = 4
	}
	for i, n := range t.Nodes {
		x, y := place(n)
		class := "node " + nodeStates[frame.Nodes[i]]
		if i == 0 {
			class += " root"
		}
		s.El(fmt.Sprintf("%s, depth %d", n.Name, n.Depth), "circle", "cx", plot.Num(x), "cy", plot.Num(y), "r", plot.Num(radius), "class", class)
	}
	s.End()
	for _, n := range t.Nodes {
		x, y := place(n)
		if len(t.Nodes) <= maxNamed {
			dx, dy := n.X*22, n.Y*22
			if n.X == 0 && n.Y == 0 {
				dx, dy = 19, -15
			}
			s.Text(x+dx, y+dy+4, "tick mid halo", clip(n.Name, 8))
		}
	}
	names := []legend{
		{"active", "active"}, {"suspected", "suspected: something was sent again"}, {"cut", "cut: a message was lost, or a partition stands"}, {"idle", "idle"},
	}
	if anyDown(t) {
		names = append(names, legend{"down kill", "node killed"}, legend{"down pause", "node paused"})
	}
	p := picture{Drawing: s.HTML(), Live: true, Caption: summary + ".", Legend: names}
	if len(t.Nodes) < t.AllNodes {
		p.Caption += fmt.Sprintf(" The %s busiest of %s nodes are shown.", count(int64(len(t.Nodes))), count(int64(t.AllNodes)))
	}
	if len(t.Links) < t.AllLinks && len(t.Nodes) == t.AllNodes {
		p.Caption += fmt.Sprintf(" Of %s links those of the tree and the busiest others are shown.", count(int64(t.AllLinks)))
	}
	return p
}

// stripPart draws how many links were in which state over time.
func stripPart(t *figure.Tree) picture {
	most := 1
	end := time.Duration(0)
	for i := range t.Frames {
		n := stateCounts(&t.Frames[i])
		most = max(most, n[figure.Active]+n[figure.Suspected]+n[figure.Cut])
		end = t.Frames[i].To
	}
	c := newChart("link-states", "How many links were active, suspected or cut over time", stripHeight, 24, plot.Scale{To: end.Seconds()}, plot.Scale{To: float64(most)})
	c.YAxis([]plot.Tick{{Value: 0, Label: "0"}, {Value: float64(most), Label: count(int64(most))}})
	c.XAxis(timeTicks(0, end, 12))
	c.Title("links by state")
	tab := table{Title: "Links in numbers", Columns: []string{"from", "to", "active", "suspected", "cut", "faults"}}
	for i := range t.Frames {
		f := &t.Frames[i]
		n := stateCounts(f)
		x := c.X.At(f.From.Seconds())
		x2 := c.X.At(f.To.Seconds())
		sum := 0
		for _, state := range []byte{figure.Active, figure.Suspected, figure.Cut} {
			if n[state] == 0 {
				continue
			}
			top, bottom := c.Y.At(float64(sum+n[state])), c.Y.At(float64(sum))
			c.bar(frameText(f), x, x2, top, bottom, "bar "+stateNames[state])
			sum += n[state]
		}
		tab.Rows = append(tab.Rows, []string{
			clock(f.From, 100*time.Millisecond), clock(f.To, 100*time.Millisecond),
			fmt.Sprint(n[figure.Active]), fmt.Sprint(n[figure.Suspected]), fmt.Sprint(n[figure.Cut]), f.Fault,
		})
	}
	return picture{Drawing: c.HTML(), Tables: []table{tab}}
}
