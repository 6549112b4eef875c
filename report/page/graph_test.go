package page

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func cycle() *run.Graph {
	return &run.Graph{
		Vertices: []run.Vertex{
			{Name: "T1", Op: 233, At: 0.91, Place: "n0", Lines: []string{"append 15 to 15", "append 1 to 3", "append 16 to 15"}},
			{Name: "T2", Op: 236, At: 0.92, Lines: []string{"read 15 = [" + strings.Repeat("1 ", 60) + "<15>]"}},
		},
		Edges: []run.GraphEdge{
			{From: 0, To: 1, Kind: "wr", Label: "wr 15: 15", Text: "T1 comes before T2 (wr): it did & more", FromLine: 0, ToLine: 0},
			{From: 1, To: 0, Kind: "rw", Label: "rw 15: 15, then 16", Text: "T2 comes before T1 (rw)", FromLine: 0, ToLine: 2},
			{From: 1, To: 7, Kind: "ww"}, // to nothing
		},
	}
}

func TestGraphPart_drawing(t *testing.T) {
	p := graphPart("cycle-1", "Cycle 1: G-single-item", cycle(), func(v *run.Vertex) int { return v.Op - 236 })
	text := string(p.Drawing)
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	const golden = "testdata/graph.golden.svg"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(text), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), text)

	require.Equal(t, 1, strings.Count(text, "<a "), "T1 has no window")
	require.Contains(t, text, `data-window="0"`)
	require.Equal(t, 2, strings.Count(text, `class="arrow `))
	require.Contains(t, text, "it did &amp; more")
	require.Contains(t, text, "&lt;15&gt;", "what is clipped is told who points at it")
	require.Equal(t, []legend{{"arrow ww", "ww: it wrote the version before"}, {"arrow wr", "wr: it wrote what was read"}, {"arrow rw", "rw: it read the version before"}}, p.Legend)
	require.Len(t, p.Tables[0].Rows, 3)
}

// Arrows whose heights overlap are in different lanes, up to a number of lanes.
func TestLanes_arrowsDoNotCover(t *testing.T) {
	g := &run.Graph{}
	tops := make([]float64, 5)
	for i := range tops {
		tops[i] = float64(100 * i)
		g.Vertices = append(g.Vertices, run.Vertex{Name: fmt.Sprint(i)})
		g.Edges = append(g.Edges, run.GraphEdge{From: i, To: (i + 1) % len(tops), FromLine: -1, ToLine: -1})
	}
	arrows := lanes(g, tops)
	require.Len(t, arrows, 5)
	for i, a := range arrows {
		for _, b := range arrows[:i] {
			apart := max(min(a.from, a.to), min(b.from, b.to)) >= min(max(a.from, a.to), max(b.from, b.to))
			require.True(t, apart || a.lane != b.lane)
		}
	}
	_, low := placeLabels(arrows)
	heights := map[float64]bool{}
	for _, a := range arrows {
		for other := range heights {
			require.GreaterOrEqual(t, max(other-a.label, a.label-other), float64(labelLine))
		}
		heights[a.label] = true
		require.LessOrEqual(t, a.label, low)
	}
	require.Equal(t, 4, arrows[len(arrows)-1].edge.From, "the way back is the longest")
	for range 20 {
		g.Edges = append(g.Edges, run.GraphEdge{From: 0, To: 4, FromLine: -1, ToLine: -1})
	}
	for _, a := range lanes(g, tops) {
		require.Less(t, a.lane, maxLanes)
	}
}
