package page

import (
	"fmt"
	"strings"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const (
	queueHeight    = 190
	maxOverwhelmed = 6
)

// queuesPart is what nodes said of their health.
type queuesPart struct {
	Sentence string
	Times    []string // when components were overwhelmed, the longest first
	Pictures []picture
	Tables   []table
}

// newQueuesPart reads what the nodes said as the run went on.
func newQueuesPart(f *run.Folder) queuesPart {
	out := queuesPart{Sentence: "Nobody asked the nodes for their health in this run: treecast test does, where the nodes are treecast's own, unless --health is off."}
	for _, t := range f.Results.Tables {
		switch t.Name {
		case "health":
			out.Sentence = "No component was overwhelmed: whenever the nodes were asked, no queue was above its preferred size for long enough to count as unhealthy, and no request was refused."
			out.Tables = append(out.Tables, plainTable("The worst of each node's health", t, 40))
		case "children":
			out.Tables = append(out.Tables, plainTable("The nodes' child processes", t, 40))
		}
	}
	if trouble, more := figure.Overwhelmed(f.Results.Overwhelmed, maxOverwhelmed); len(trouble) > 0 {
		out.Sentence, out.Times = "The overwhelmed component was "+trouble[0]+".", trouble[1:]
		if more > 0 {
			out.Times = append(out.Times, plural(int64(more), "more time is", "more times are")+" in results.json")
		}
	}
	end := time.Duration(0)
	for i := range f.Queues {
		end = max(end, f.Queues[i].At)
	}
	for i, q := range figure.Queues(f.Queues) {
		out.Pictures = append(out.Pictures, queuePicture(f, &q, end, fmt.Sprintf("queue-%d", i)))
	}
	if health := figure.HealthOverTime(f.Health); len(health) > 0 {
		out.Pictures = append(out.Pictures, healthPicture(f, health))
	}
	return out
}

// queuePicture draws the depth of a component's queue over time, on a
// logarithmic scale, for the sizes lie far apart.
func queuePicture(f *run.Folder, q *figure.Queue, end time.Duration, id string) picture {
	most := float64(max(q.Preferred, q.Capacity, q.Deepest.Depth, 10))
	summary := fmt.Sprintf("%s: deepest %s on %s, at %s; preferred size %s", q.Name, plural(int64(q.Deepest.Depth), "item", "items"), q.Deepest.Node,
		clock(q.Deepest.From, time.Second), count(int64(q.Preferred)))
	if q.Capacity > 0 {
		summary += fmt.Sprintf(", capacity %s", count(int64(q.Capacity)))
	}
	summary += fmt.Sprintf("; %s rejected", count(int64(min(q.Rejected, 1<<62))))
	if q.Unhealthy > 0 {
		summary += fmt.Sprintf("; unhealthy for up to %s", millis(q.Unhealthy))
	}
	c := overTime(f, id, "Depth of the queue over time. "+summary, "depth of the deepest queue: "+clip(q.Name, 40), queueHeight, max(end, time.Second),
		plot.Scale{From: 0.5, To: most * 1.6, Log: true}, plot.Logarithmic(1, most, whole))
	for _, p := range q.Points {
		x, x2 := c.X.At(p.From.Seconds()), c.X.At(min(p.To, end+time.Second).Seconds())
		top := c.Y.At(max(float64(p.Depth), 0.5))
		class := "bar depth"
		if p.Depth > q.Preferred {
			class = "bar over"
		}
		tip := fmt.Sprintf("%s: %s on %s", clock(p.From, time.Second), plural(int64(p.Depth), "item", "items"), p.Node)
		if p.Rejected > 0 {
			tip += fmt.Sprintf(", %s rejected", count(int64(min(p.Rejected, 1<<62))))
		}
		c.bar(tip, x, min(x2, c.X.End), min(top, c.Y.Start-0.8), c.Y.Start, class)
		if p.Rejected > 0 {
			c.El(tip, "path", "d", fmt.Sprintf("M%s %sl7 0l-3.5 6z", plot.Num(x), plot.Num(c.Y.End)), "class", "rejected")
		}
	}
	for _, line := range []struct {
		size        int
		class, name string
	}{{q.Preferred, "size preferred", "preferred"}, {q.Capacity, "size capacity", "capacity"}} {
		if line.size > 0 {
			y := c.Y.At(float64(line.size))
			c.El("", "line", "x1", plot.Num(c.X.Start), "x2", plot.Num(c.X.End), "y1", plot.Num(y), "y2", plot.Num(y), "class", line.class)
			at, class := c.X.End-4, "tick end halo"
			if line.name == "preferred" { // the two may lie close
				at, class = c.X.Start+4, "tick halo"
			}
			c.Text(at, y-4, class, line.name+" "+count(int64(line.size)))
		}
	}
	t := table{Title: q.Name + " in numbers", Columns: []string{"from", "to", "deepest", "node", "rejected"}}
	for _, p := range q.Points {
		t.Rows = append(t.Rows, []string{clock(p.From, time.Second), clock(p.To, time.Second), count(int64(p.Depth)), p.Node, count(int64(min(p.Rejected, 1<<62)))})
	}
	return picture{Drawing: c.HTML(), Caption: summary + ".", Tables: []table{t}}
}

// healthPicture draws for how long nodes were unhealthy, how many permits there
// were, and how many requests were refused.
func healthPicture(f *run.Folder, health []figure.Health) picture {
	end := health[len(health)-1].To
	most, refused, fewest := time.Second, uint64(0), 1.0
	for _, h := range health {
		most = max(most, h.Unhealthy)
		refused += h.Refused
		if h.Permits > 0 {
			fewest = min(fewest, float64(h.Available)/float64(h.Permits))
		}
	}
	summary := fmt.Sprintf("At worst a node was unhealthy for %s; at least %s of all gossip permits were there; %s refused",
		millis(worstUnhealthy(health)), percent(fewest), plural(int64(min(refused, 1<<62)), "request was", "requests were"))
	c := overTime(f, "health", "Health over time. "+summary, "how long the worst queue has been unhealthy, and the share of permits", queueHeight, end,
		plot.Scale{To: most.Seconds() * 1.1}, plot.Linear(most.Seconds(), 4, func(s float64) string { return trimZeros(fmt.Sprintf("%.2f", s)) + " s" }))
	share := plot.Scale{From: 0, To: 1, Start: c.Y.Start, End: c.Y.End}
	var d strings.Builder
	t := table{Title: "Health in numbers", Columns: []string{"from", "to", "unhealthy", "node", "queue", "permits", "of", "refused"}}
	for i, h := range health {
		tip := fmt.Sprintf("%s: %s unhealthy", clock(h.From, time.Second), millis(h.Unhealthy))
		if h.Node != "" {
			tip += ", " + h.Queue + " of " + h.Node
		}
		if h.Refused > 0 {
			tip += fmt.Sprintf(", %s refused", plural(int64(min(h.Refused, 1<<62)), "request", "requests"))
		}
		x, x2 := c.X.At(h.From.Seconds()), c.X.At(h.To.Seconds())
		top := c.Y.At(h.Unhealthy.Seconds())
		c.bar(tip, x, x2, min(top, c.Y.Start-0.8), c.Y.Start, "bar over")
		if h.Refused > 0 {
			c.El(tip, "path", "d", fmt.Sprintf("M%s %sl7 0l-3.5 6z", plot.Num(x), plot.Num(c.Y.End)), "class", "rejected")
		}
		if h.Permits > 0 {
			y := plot.Num(share.At(float64(h.Available) / float64(h.Permits)))
			fmt.Fprintf(&d, "%s%s %sH%s", map[bool]string{true: "M", false: "L"}[i == 0 || d.Len() == 0], plot.Num(x), y, plot.Num(x2))
		}
		t.Rows = append(t.Rows, []string{
			clock(h.From, time.Second), clock(h.To, time.Second), millis(h.Unhealthy), h.Node, h.Queue,
			count(int64(h.Available)), count(int64(h.Permits)), count(int64(min(h.Refused, 1<<62))),
		})
	}
	if d.Len() > 0 {
		c.El("", "path", "d", d.String(), "class", "curve permits")
	}
	return picture{Drawing: c.HTML(), Caption: summary + ".", Tables: []table{t}, Legend: []legend{
		{"over", "unhealthy, or deeper than preferred"}, {"permits", "share of permits not revoked"}, {"rejected", "something was refused"},
	}}
}

func worstUnhealthy(health []figure.Health) (worst time.Duration) {
	for _, h := range health {
		worst = max(worst, h.Unhealthy)
	}
	return worst
}

// plainTable shows a table of the record as it is, but for its length.
func plainTable(title string, t run.Table, limit int) table {
	out := table{Title: title}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, strings.ReplaceAll(c, "_", " "))
	}
	for _, row := range t.Rows[:min(len(t.Rows), limit)] {
		var cells []string
		for _, cell := range row {
			switch v := cell.(type) {
			case string:
				cells = append(cells, clip(v, 80))
			case bool:
				cells = append(cells, map[bool]string{true: "yes", false: "no"}[v])
			default:
				n, _ := run.Number(cell)
				cells = append(cells, milliseconds(n))
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	if left := len(t.Rows) - len(out.Rows); left > 0 {
		out.Note = plural(int64(left), "more row is", "more rows are") + " in results.json."
	}
	return out
}
