package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"sync"

	"treecast/report/figure"
	"treecast/run"
)

// Files that a page is made of.
var (
	//go:embed assets/parts.gohtml
	partsText string
	//go:embed assets/page.gohtml
	runText string
	//go:embed assets/sweep.gohtml
	sweepText string
	//go:embed assets/style.css
	style string
	//go:embed assets/script.js
	script string
)

// layouts are read when the first page is written: "run" and "sweep".
var layouts = sync.OnceValues(func() (*template.Template, error) {
	t := template.New("pages")
	for name, text := range map[string]string{"parts": partsText, "run": runText, "sweep": sweepText} {
		if _, err := t.New(name).Parse(text); err != nil {
			return nil, err
		}
	}
	return t, nil
})

// frame is what every page has.
type frame struct {
	Title  string
	Run    string // its headline
	Policy string
	Style  template.CSS
	Script template.JS
	Data   template.JS
}

func newFrame(title, name string, d *data) (frame, error) {
	text, err := json.Marshal(d) // with < as \u003c
	return frame{title, name, policy(), template.CSS(style), template.JS(script), template.JS(text)}, err
}

// write fills a layout.
func write(w io.Writer, layout string, content any) error {
	t, err := layouts()
	if err == nil {
		err = t.ExecuteTemplate(w, layout, content)
	}
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// content is what the layout is filled with.
type content struct {
	frame
	Verdict verdict

	Latency      []picture
	Distribution *picture
	Delivery     *picture
	Slow         []slowValue
	NoSpread     string // why there is no figure of the convergence

	Traffic      []picture
	TrafficKinds []legend
	Tables       []table
	Matrix       *picture
	NoTraffic    string

	Queues queuesPart

	Diagram     *picture
	DiagramNote string
	NoMessages  string

	Tree     *picture
	Strip    *picture
	TreeAt   int
	TreeLast int

	Views []viewPart // of the workload

	Sampled []string // what is left out, and why
	Nodes   []run.NodeNote
	Usage   []table
}

// data is what the script reads.
type data struct {
	Plots   []plotted    `json:"plots"`
	Diagram *diagramData `json:"diagram"`
	Tree    *treeData    `json:"tree"`
	TreeAt  int          `json:"treeAt"`
}

// Write writes the page of a run.
func Write(w io.Writer, f *run.Folder) error {
	c, err := fill(f)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return write(w, "run", c)
}

// fill computes everything that a page shows.
func fill(f *run.Folder) (*content, error) {
	c := &content{
		Verdict: newVerdict(f), Queues: newQueuesPart(f), Nodes: f.Results.Nodes, Sampled: f.Missing,
	}
	var d data
	c.Latency, d.Plots = latencyPart(f, figure.Latencies(f.History))
	slowest := c.spread(f, &d)
	c.traffic(f)
	c.lamport(f, &d, slowest)
	c.views(f, &d)
	c.tree(f, &d)
	c.sampled(f)
	for _, t := range f.Results.Tables {
		if t.Name == "usage" {
			c.Usage = append(c.Usage, plainTable("What each node used", t, 60))
		}
	}
	var err error
	c.frame, err = newFrame("treecast run "+f.Name(), f.Name(), &d)
	return c, err
}

// spread fills the part about convergence, and returns the slowest values.
func (c *content) spread(f *run.Folder, d *data) []figure.Spread {
	switch {
	case f.Messages == nil:
		c.NoSpread = "There is no record of messages in this run's folder."
		return nil
	case f.Results.Delivery != nil && f.Results.Delivery.Inside:
		c.NoSpread = "What clients ask for travels as entries of the nodes' own, which a record of messages does not tell apart. How long they took stands above."
		return nil
	case !f.Results.Spreads():
		c.NoSpread = "Clients gave the nodes no values to spread, so there is none to follow from node to node."
		return nil
	case f.Results.Delivery == nil:
		c.NoSpread = "What the nodes say to each other is not understood: their messages carry values in a form of their own."
		return nil
	}
	spread := figure.Converge(f.Messages, f.Results.Settings.NodeCount, figure.Unpromised(f.History, f.Results.Followed))
	if len(spread.Spreads) == 0 {
		c.NoSpread = "No value was broadcast, or the record tells of none to its end."
		return nil
	}
	slowest := spread.Slowest(figure.MaxSlowest)
	distribution := distributionPart(&spread)
	delivery, dots := deliveryPlot(f, &spread)
	c.Distribution, c.Delivery = &distribution, &delivery
	d.Plots = append(d.Plots, dots)
	c.Slow = slowValues(f.Messages, &spread, slowest)
	return slowest
}

// traffic fills the part about messages.
func (c *content) traffic(f *run.Folder) {
	t := f.Results.Traffic
	if t == nil || t.Messages == 0 {
		c.NoTraffic = "The nodes sent each other no message."
		return
	}
	c.TrafficKinds = kindLegend(t)
	c.Tables = []table{kindsTable(t), linksTable(t)}
	if over := figure.TrafficOf(f.Messages); len(over.Bins) > 0 {
		c.Traffic = append(c.Traffic,
			trafficOverTime(f, &over, "messages", "messages per second", func(l figure.Load) int64 { return l.Messages }, whole),
			trafficOverTime(f, &over, "bytes", "bytes per second", func(l figure.Load) int64 { return l.Bytes }, func(v float64) string { return size(int64(v)) }))
		m := matrix(&over)
		c.Matrix = &m
	}
	c.Traffic = append(c.Traffic, nodeBars(t))
}

// lamport fills the part with the diagram.
func (c *content) lamport(f *run.Folder, d *data, slowest []figure.Spread) {
	diagram := figure.DiagramOf(f, slowest)
	if len(diagram.Messages) == 0 {
		c.NoMessages = "There is no record of messages between nodes in this run's folder."
		return
	}
	p := diagramPart(f, &diagram, diagram.Windows[0])
	c.Diagram = &p
	if len(diagram.Nodes) < diagram.AllNodes {
		c.DiagramNote = fmt.Sprintf("%d of %s nodes are shown: the busiest, and those on the ways of the slowest values. ", len(diagram.Nodes), count(int64(diagram.AllNodes)))
	}
	if diagram.LeftOut > 0 {
		c.DiagramNote += fmt.Sprintf("%s between nodes are not in this page; %s has them.", plural(int64(diagram.LeftOut), "message", "messages"), run.MessagesFile)
	}
	d.Diagram = newDiagramData(f, &diagram)
}

// tree fills the part with the tree.
func (c *content) tree(f *run.Folder, d *data) {
	tree := figure.TreeOf(f)
	if len(tree.Links) == 0 || len(tree.Frames) == 0 {
		return
	}
	c.TreeAt, c.TreeLast = worstFrame(&tree), len(tree.Frames)-1
	p, strip := treePart(&tree, c.TreeAt), stripPart(&tree)
	c.Tree, c.Strip = &p, &strip
	d.Tree, d.TreeAt = newTreeData(&tree), c.TreeAt
}

// sampled says what the record of a big run has left out.
func (c *content) sampled(f *run.Folder) {
	m := f.Messages
	if m == nil || m.SampledAt < 0 {
		return
	}
	rate := "none was recorded"
	if m.SampleRate > 0 {
		rate = fmt.Sprintf("1 in %s was recorded", count(m.SampleRate))
	}
	c.Sampled = append(c.Sampled, fmt.Sprintf("The run was too big to record every message: from %.1f s on messages were sampled, at last %s. Traffic over time counts each for those it stands for; totals are exact.", m.SampledAt.Seconds(), rate))
}

// policy is the page's own: nothing from anywhere, no script and no style but
// these.
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; base-uri 'none'; form-action 'none'"
}
