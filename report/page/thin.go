package page

import (
	"slices"

	"treecast/report/plot"
	"treecast/run"
)

// thinColumns is in how many columns a line is thinned: two to a unit of the
// drawing's width, so that nobody sees the difference.
const thinColumns = 2 * plot.Width

// thin leaves out points of a line that lie on top of others. Of those in the same
// column of the drawing remain the first, the last, the lowest and the highest; the
// order stays. Lines with few points are returned as they are.
func thin(points []run.Point, x plot.Scale) []run.Point {
	if len(points) <= 4*thinColumns || x.To <= x.From {
		return points
	}
	column := func(p run.Point) int { return int((p.X - x.From) / (x.To - x.From) * thinColumns) }
	var out []run.Point
	for from := 0; from < len(points); {
		low, high, to := from, from, from+1
		for ; to < len(points) && column(points[to]) == column(points[from]); to++ {
			if points[to].Y < points[low].Y {
				low = to
			}
			if points[to].Y > points[high].Y {
				high = to
			}
		}
		kept := []int{from, low, high, to - 1}
		slices.Sort(kept)
		for _, i := range slices.Compact(kept) {
			out = append(out, points[i])
		}
		from = to
	}
	return out
}
