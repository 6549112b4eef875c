package figure

import (
	"math"
	"time"
)

// LeastMessages is the fewest messages a second that n nodes in a tree with
// fan-out k need with locked rounds of the given period, under so many
// broadcasts a second spread evenly over the nodes:
//
//	sum over all nodes i but the root of
//	    ((1 - exp(-v P)) + (1 - exp(-v P s(i)/n))) / P
//
// where s(i) is the size of node i's subtree: each is told once a period if
// there is any news, and speaks once if there is any below it. Acks ride on
// those. It is 0 for fewer than two nodes, or if there are no broadcasts.
func LeastMessages(n, k int, broadcastsPerSecond float64, period time.Duration) float64 {
	if n < 2 || k < 1 || !(broadcastsPerSecond > 0) || period <= 0 {
		return 0
	}
	expected := broadcastsPerSecond * period.Seconds() // broadcasts a period
	size := make([]int, n)
	sum := 0.0
	for i := n - 1; i > 0; i-- {
		size[i]++ // itself
		size[(i-1)/k] += size[i]
		sum += (1 - math.Exp(-expected)) + (1 - math.Exp(-expected*float64(size[i])/float64(n)))
	}
	return sum / period.Seconds()
}
