package analysis

import (
	"cmp"
	"slices"

	"treecast/run"
)

// Frontier returns the indexes of the groups that no other beats: none that is
// sound has both no more messages per operation and no more latency, and less
// of one of them. They come from the lowest latency to the highest, so messages
// fall. Of groups that are equal in both the first counts. Messages are medians,
// latency is the worst of a figure, such as run.DeliveryMax; groups that are not
// sound, or lack either, are never on it.
func Frontier(groups []Group, latency string) []int {
	points := pointsOf(groups, latency)
	slices.SortStableFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.latency, b.latency), cmp.Compare(a.messages, b.messages))
	})
	var out []int
	for i, p := range points {
		if i == 0 || p.messages < groupMessages(groups, out) {
			out = append(out, p.index)
		}
	}
	return out
}

// groupMessages are the messages of the last group on a frontier.
func groupMessages(groups []Group, frontier []int) float64 {
	m, _ := groups[frontier[len(frontier)-1]].Median(run.MsgsPerOp)
	return m
}

// Recommend returns the index of the group with the fewest messages per
// operation among the sound ones whose every run keeps a latency in
// milliseconds; of equals the one with the lower latency. False if there is none.
func Recommend(groups []Group, latency string, within float64) (int, bool) {
	return fewest(pointsOf(groups, latency), func(p point) bool { return p.latency <= within })
}

// RecommendFor is Recommend for a challenge: among the groups whose every run
// passes it.
func RecommendFor(groups []Group, latency, challenge string) (int, bool) {
	return fewest(pointsOf(groups, latency), func(p point) bool { return groups[p.index].PassesAll(challenge) })
}

func fewest(points []point, fits func(point) bool) (int, bool) {
	best := point{index: -1}
	for _, p := range points {
		if fits(p) && (best.index < 0 || p.messages < best.messages || p.messages == best.messages && p.latency < best.latency) {
			best = p
		}
	}
	return best.index, best.index >= 0
}

// point is where a group stands.
type point struct {
	index             int
	latency, messages float64
}

// pointsOf places the groups that can be placed.
func pointsOf(groups []Group, latency string) []point {
	var out []point
	for i := range groups {
		worst, ok1 := groups[i].Worst(latency)
		messages, ok2 := groups[i].Median(run.MsgsPerOp)
		if ok1 && ok2 && groups[i].Sound() {
			out = append(out, point{i, worst, messages})
		}
	}
	return out
}
