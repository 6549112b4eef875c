package page

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/report/plot"
	"treecast/run"
)

// noisy is a line of so many points over 60 s.
func noisy(count int) []run.Point {
	rng := rand.New(rand.NewPCG(3, 4))
	var out []run.Point
	for i := range count {
		out = append(out, run.Point{X: 60 * float64(i) / float64(count), Y: rng.NormFloat64()})
	}
	return out
}

func TestThin_keepsWhatIsSeen(t *testing.T) {
	points := noisy(100_000)
	x := plot.Scale{From: 0, To: 60}
	got := thin(points, x)
	require.LessOrEqual(t, len(got), 4*(thinColumns+1))
	require.Equal(t, points[0], got[0])
	require.Equal(t, points[len(points)-1], got[len(got)-1])
	extremes := func(points []run.Point) map[int][2]float64 {
		out := map[int][2]float64{}
		for _, p := range points {
			at := int(p.X / 60 * thinColumns)
			if old, ok := out[at]; ok {
				out[at] = [2]float64{min(old[0], p.Y), max(old[1], p.Y)}
			} else {
				out[at] = [2]float64{p.Y, p.Y}
			}
		}
		return out
	}
	require.Equal(t, extremes(points), extremes(got))
	for i := 1; i < len(got); i++ {
		require.Less(t, got[i-1].X, got[i].X, "in order, and none twice")
	}
}

func TestThin_fewPointsStay(t *testing.T) {
	points := noisy(1000)
	require.Equal(t, points, thin(points, plot.Scale{From: 0, To: 60}))
	same := make([]run.Point, 5*thinColumns)
	require.Equal(t, same, thin(same, plot.Scale{}), "without an extent there are no columns")
}

// The line of a long run at a high rate leaves the page as short as pages are.
func TestWrite_longLinesAreThinned(t *testing.T) {
	f := small(t)
	line := run.Line{Name: "noise", Points: noisy(200_000)}
	f.Results.Views = []run.View{{Title: "Lines", Chart: &run.Chart{X: "time [s]", Y: "y", Lines: []run.Line{line, line}}}}
	var out bytes.Buffer
	require.NoError(t, Write(&out, f))
	require.Less(t, out.Len(), maxPageBytes)
}
