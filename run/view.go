package run

// View is something that a page shows of a run: a heading, words, figures, a
// table, a chart. Whoever draws it knows no more than what stands in it.
type View struct {
	Title   string     `json:"title"`
	Text    []string   `json:"text,omitempty"`    // paragraphs
	Columns []string   `json:"columns,omitempty"` // of the table; none: no table
	Rows    [][]string `json:"rows,omitempty"`    // one cell per column
	Chart   *Chart     `json:"chart,omitempty"`
	Graph   *Graph     `json:"graph,omitempty"`
}

// Chart is lines over a common axis.
type Chart struct {
	X     string  `json:"x"` // what the axis shows, with its unit
	Y     string  `json:"y"`
	Lines []Line  `json:"lines"`
	Marks []Point `json:"marks,omitempty"` // points of note
}

// Line is a series of points, in the order of X.
type Line struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
	Steps  bool    `json:"steps,omitempty"` // it holds its value until the next point
}

// Point is a place in a chart.
type Point struct {
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Label string  `json:"label,omitempty"`
}

// Graph is a picture of what comes before what.
type Graph struct {
	Vertices []Vertex    `json:"vertices"`
	Edges    []GraphEdge `json:"edges"`
}

// Vertex is a box of a Graph: an operation of the history.
type Vertex struct {
	Name  string   `json:"name"`
	Lines []string `json:"lines,omitempty"` // what it did
	Op    int      `json:"op"`              // index of its completion in the history
	At    float64  `json:"at_s"`            // when it completed, in seconds of the run
	Place string   `json:"place,omitempty"` // the node that was asked; empty if it is not known
}

// GraphEdge is an arrow between two boxes of a Graph.
type GraphEdge struct {
	From     int    `json:"from"` // places in Vertices
	To       int    `json:"to"`
	Kind     string `json:"kind"`      // of a few words, for colours: "ww", "wr", "rw", "process", "realtime"
	Label    string `json:"label"`     // what stands at the arrow
	Text     string `json:"text"`      // why it is there, a sentence
	FromLine int    `json:"from_line"` // the line of From that it begins at, -1 for the box
	ToLine   int    `json:"to_line"`   // the line of To that it ends at, -1 for the box
}
