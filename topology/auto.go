package topology

import "sort"

// MaxAutoNumChildren is the largest fan-out that [AutoNumChildren] chooses. A
// node with k children handles up to 2k messages a gossip period, at some 12 to
// 25 us of a core each: with 1000 that is 6 % of a core at the default period
// of 450 ms, and a flush takes it 20 ms, which is little beside the latency of
// one more level.
const MaxAutoNumChildren = 1000

// AutoNumChildren is the fan-out that suits a cluster of n nodes of which
// nothing else is known: of the least depth that MaxAutoNumChildren allows, the
// smallest. It depends on n alone, so that every node comes to the same.
//
//	n up to 1 001                n-1: a star, depth 1
//	n up to 1 001 001            about the square root of n, depth 2
//	beyond                       about the cube root of n, depth 3
//
// Each level costs every value twice the latency of a link, and some more
// messages, as an inner node speaks for all below it and thus more often. A
// larger fan-out of the same depth would save nothing but the few messages of
// inner nodes, and make the busiest of them busier.
func AutoNumChildren(n int) int {
	if n <= MaxAutoNumChildren+1 {
		return max(1, n-1)
	}
	depth := Depth(n, MaxAutoNumChildren)
	return 1 + sort.Search(MaxAutoNumChildren-1, func(i int) bool { return Depth(n, 1+i) <= depth })
}
