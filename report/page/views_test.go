package page

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// A workload's views are on the page whatever they say, and a run without any
// has no part for them.
func TestWrite_viewsOfTheWorkload(t *testing.T) {
	draw := func(views ...run.View) string {
		f := small(t)
		f.Results.Views = views
		var out bytes.Buffer
		require.NoError(t, Write(&out, f))
		return out.String()
	}
	require.NotContains(t, draw(), `id="workload"`)

	g := cycle()
	g.Vertices[0].Op, g.Vertices[1].Op = 1, 999 // the history has no 999
	g.Vertices[0].Lines[0] = hostile
	g.Edges[0].Label, g.Edges[0].Text, g.Edges[1].Kind = hostile, hostile, hostile
	text := draw(
		run.View{Title: "A table " + hostile, Text: []string{hostile}, Columns: []string{"a", hostile}, Rows: [][]string{{"1", hostile}}},
		run.View{Title: "Lines", Chart: &run.Chart{X: "time [s]", Y: "lag [s]", Marks: []run.Point{{X: 1, Y: 2, Label: hostile}}, Lines: []run.Line{
			{Name: hostile, Points: []run.Point{{X: 0, Y: -1}, {X: 2, Y: 3}}}, {Name: "steps", Steps: true, Points: []run.Point{{X: 0}, {X: 1, Y: 1}}}, {Name: "none"}}}},
		run.View{Title: "A cycle", Graph: g},
	)
	require.Equal(t, 1, strings.Count(text, `id="workload"`))
	require.NotContains(t, text, "<img src=x")
	require.Contains(t, text, "<h3>Lines</h3>")
	require.Contains(t, text, `class="line l1"`)
	require.Contains(t, text, `class="chart graph"`)
	require.Contains(t, text, `"title":"Operation 1"`, "the diagram has a window for it")
	require.NotContains(t, text, "Operation 999")
}

func TestDiagramDataAround_windowsShowOperations(t *testing.T) {
	second := func(s int) time.Duration { return time.Duration(s) * time.Second }
	h := run.History{{Time: second(1), Process: 1}, {Time: second(2), Process: 2}, {Time: second(3), Process: 1, Type: run.OK}}
	d := &diagramData{Windows: []windowData{{Title: "all"}}}
	require.Equal(t, 1, d.around(h, 2))
	require.Equal(t, 1, d.around(h, 2), "once is enough")
	require.Equal(t, windowData{"Operation 2", 980_000, 3_020_000, -1}, d.Windows[1])
	require.Equal(t, -1, d.around(h, 3))
	require.Equal(t, -1, d.around(h, -1))
}
