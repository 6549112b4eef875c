package plot

// The size of charts, in the units of their drawing; they take the width that
// there is.
const (
	Width      = 1000
	marginLeft = 62
	marginEdge = 14
	AxisHeight = 26
)

// Chart is a drawing with a plot in it.
type Chart struct {
	SVG
	ID     string
	X, Y   Scale
	height float64
}

// New begins a drawing. summary is what it shows, in a sentence, for who
// cannot see it. The plot leaves room for the y axis' labels, the x axis', and
// top units above.
func New(id, summary string, height, top float64, x, y Scale) *Chart {
	c := &Chart{ID: id, height: height, X: x, Y: y}
	c.X.Start, c.X.End = marginLeft, Width-marginEdge
	c.Y.Start, c.Y.End = height-AxisHeight, top
	c.Begin("svg", "id", id, "class", "chart", "viewBox", "0 0 "+Num(Width)+" "+Num(height), "role", "img", "aria-label", summary)
	return c
}

// XAxis draws the x axis with its ticks and grid.
func (c *Chart) XAxis(ticks []Tick) {
	for _, t := range ticks {
		x := c.X.At(t.Value)
		c.El("", "line", "x1", Num(x), "x2", Num(x), "y1", Num(c.Y.End), "y2", Num(c.Y.Start), "class", "grid")
		c.Text(x, c.height-8, "tick mid", t.Label)
	}
	c.El("", "line", "x1", Num(c.X.Start), "x2", Num(c.X.End), "y1", Num(c.Y.Start), "y2", Num(c.Y.Start), "class", "axis")
}

// YAxis draws the y axis with its ticks and grid.
func (c *Chart) YAxis(ticks []Tick) {
	for _, t := range ticks {
		y := c.Y.At(t.Value)
		c.El("", "line", "x1", Num(c.X.Start), "x2", Num(c.X.End), "y1", Num(y), "y2", Num(y), "class", "grid")
		c.Text(c.X.Start-8, y+4, "tick end", t.Label)
	}
}

// Title writes what the plot shows above it.
func (c *Chart) Title(text string) { c.Text(c.X.Start, c.Y.End-8, "plot-title", text) }
