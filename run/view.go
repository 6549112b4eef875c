package run

// View is something that a page shows of a run: a heading, words, figures, a
// table, a chart. Whoever draws it knows no more than what stands in it.
type View struct {
	Title   string     `json:"title"`
	Text    []string   `json:"text,omitempty"`    // paragraphs
	Columns []string   `json:"columns,omitempty"` // of the table; none: no table
	Rows    [][]string `json:"rows,omitempty"`    // one cell per column
	Chart   *Chart     `json:"chart,omitempty"`
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
