package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/report/plot"
	"treecast/run"
)

// viewPart is something that the run's workload shows, ready to be filled in.
type viewPart struct {
	Title    string
	Text     []string
	Pictures []picture
	Columns  []string
	Rows     [][]string
}

// views fills the part of the workload. Pictures of operations lead to the
// messages that were under way with them; so it comes after the diagram.
func (c *content) views(f *run.Folder, d *data) {
	for i := range f.Results.Views {
		v := &f.Results.Views[i]
		part := viewPart{Title: v.Title, Text: v.Text, Columns: v.Columns, Rows: v.Rows}
		if v.Chart != nil && len(v.Chart.Lines) > 0 {
			part.Pictures = append(part.Pictures, linesPart(fmt.Sprint("view-", i), v.Title, v.Chart, f.Results.Faults))
		}
		if v.Graph != nil && len(v.Graph.Vertices) > 0 {
			var window func(*run.Vertex) int
			if d.Diagram != nil {
				window = func(v *run.Vertex) int { return d.Diagram.around(f.History, v.Op) }
			}
			part.Pictures = append(part.Pictures, graphPart(fmt.Sprint("view-graph-", i), v.Title, v.Graph, window))
		}
		c.Views = append(c.Views, part)
	}
}

// aroundOp is what a window shows before and after an operation.
const aroundOp = 20 * time.Millisecond

// around returns a window of the diagram that shows an operation, a new one if
// need be, and -1 if the history does not have it.
func (d *diagramData) around(h run.History, op int) int {
	if op < 0 || op >= len(h) {
		return -1
	}
	from := h[op].Time
	for i := op - 1; i >= 0; i-- {
		if h[i].Process == h[op].Process {
			from = h[i].Time
			break
		}
	}
	w := windowData{
		Title: fmt.Sprintf("Operation %d", op), Follow: -1,
		From: max(0, from-aroundOp).Microseconds(), To: (h[op].Time + aroundOp).Microseconds(),
	}
	if at := slices.Index(d.Windows, w); at >= 0 {
		return at
	}
	d.Windows = append(d.Windows, w)
	return len(d.Windows) - 1
}

const (
	linesHeight = 260
	linesTop    = 24
	lineStyles  = 4 // curves have so many styles, in turns
)

// linesPart draws a chart of lines.
func linesPart(id, title string, v *run.Chart, faults []run.Fault) picture {
	x, y := plot.Scale{}, plot.Scale{}
	first := true
	each := func(p run.Point) {
		if first {
			x.From, x.To, y.From, y.To = p.X, p.X, min(0, p.Y), max(0, p.Y)
			first = false
		}
		x.From, x.To = min(x.From, p.X), max(x.To, p.X)
		y.From, y.To = min(y.From, p.Y), max(y.To, p.Y)
	}
	for _, line := range v.Lines {
		for _, p := range line.Points {
			each(p)
		}
	}
	for _, p := range v.Marks {
		each(p)
	}
	c := newChart(id, title+": "+v.Y+" over "+v.X, linesHeight, linesTop, x, y)
	c.XAxis(plot.Between(x.From, x.To, plainNumber))
	c.YAxis(plot.Between(y.From, y.To, plainNumber))
	c.Title(v.Y)
	if strings.HasPrefix(v.X, "time") {
		c.faults(faults)
	}
	p := picture{Caption: fmt.Sprintf("%s, over %s.", v.Y, v.X)}
	numbers := table{Title: "The points in numbers", Columns: []string{"line", v.X, v.Y}}
	for i, line := range v.Lines {
		class := fmt.Sprint("line l", i%lineStyles)
		var path strings.Builder
		for j, point := range thin(line.Points, x) {
			switch {
			case j == 0:
				path.WriteString("M" + plot.Num(c.X.At(point.X)) + " " + plot.Num(c.Y.At(point.Y)))
			case line.Steps:
				path.WriteString("H" + plot.Num(c.X.At(point.X)) + "V" + plot.Num(c.Y.At(point.Y)))
			default:
				path.WriteString("L" + plot.Num(c.X.At(point.X)) + " " + plot.Num(c.Y.At(point.Y)))
			}
		}
		for _, point := range line.Points {
			if len(numbers.Rows) == maxLineRows {
				numbers.Note = fmt.Sprintf("The first %d points.", maxLineRows)
				break
			}
			numbers.Rows = append(numbers.Rows, []string{line.Name, plainNumber(point.X), plainNumber(point.Y)})
		}
		if path.Len() > 0 {
			c.El(line.Name, "path", "d", path.String(), "class", class)
		}
		p.Legend = append(p.Legend, legend{class, line.Name})
	}
	for _, mark := range v.Marks {
		c.El(mark.Label, "circle", "cx", plot.Num(c.X.At(mark.X)), "cy", plot.Num(c.Y.At(mark.Y)), "r", "4", "class", "line-mark")
	}
	p.Drawing, p.Tables = c.HTML(), []table{numbers}
	return p
}

// plainNumber spells a number with four digits at most behind the point.
func plainNumber(v float64) string { return trimZeros(strconv.FormatFloat(v, 'f', 4, 64)) }
