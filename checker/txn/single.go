package txn

import (
	"cmp"
	"container/heap"
	"slices"
)

// ranks returns the places of the vertices in an order in which every edge in
// mask leads to the same place or a later one; vertices that reach each other
// share a place. Where there is a choice, the order is that of the vertices,
// which is that of the history: so edges are short.
func (g *graph) ranks(mask EdgeKind) []int32 {
	of, count := g.numbered(mask)
	first, before := make([]int32, count), make([]int32, count) // lowest vertex; edges from others that are not ranked
	for v := len(of) - 1; v >= 0; v-- {
		first[of[v]] = int32(v)
	}
	next := make([]int32, len(of)) // vertices of a component, as a list
	last := make([]int32, count)
	for v, c := range of {
		next[v] = -1
		if first[c] != int32(v) {
			next[last[c]] = int32(v)
		}
		last[c] = int32(v)
		for i := g.start[v]; i < g.start[v+1]; i++ {
			if g.kinds[i]&mask != 0 && of[g.to[i]] != c {
				before[of[g.to[i]]]++
			}
		}
	}
	ready := vertexHeap{}
	for c, n := range before {
		if n == 0 {
			ready = append(ready, first[c])
		}
	}
	heap.Init(&ready)
	rank := make([]int32, len(of))
	for place := int32(0); len(ready) > 0; place++ {
		for v := heap.Pop(&ready).(int32); v >= 0; v = next[v] {
			rank[v] = place
			for i := g.start[v]; i < g.start[v+1]; i++ {
				d := of[g.to[i]]
				if g.kinds[i]&mask == 0 || d == of[v] {
					continue
				}
				if before[d]--; before[d] == 0 {
					heap.Push(&ready, first[d])
				}
			}
		}
	}
	return rank
}

type vertexHeap []int32

func (h vertexHeap) Len() int           { return len(h) }
func (h vertexHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h vertexHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *vertexHeap) Push(v any)        { *h = append(*h, v.(int32)) }
func (h *vertexHeap) Pop() any {
	v := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return v
}

// jump is an rw edge that does not lead forward, so that edges in plain may
// lead from its end to its beginning.
type jump struct{ from, to int32 }

// single returns a short cycle of one rw edge and edges in plain.
func (c *component) single(plain EdgeKind) (cycle []int32, isCut bool) {
	g := c.labels
	rank := g.ranks(plain)
	var jumps []jump
	for v := range int32(g.size()) {
		for i := g.start[v]; i < g.start[v+1]; i++ {
			if g.kinds[i] == RW && rank[g.to[i]] <= rank[v] {
				jumps = append(jumps, jump{v, g.to[i]})
			}
		}
	}
	length := func(j jump) int32 { return rank[j.from] - rank[j.to] }
	slices.SortStableFunc(jumps, func(a, b jump) int { return cmp.Compare(length(a), length(b)) })

	seen := unseen(g.size())
	work := c.work.bounded()
	back := func(j jump) []int32 {
		return g.path(j.to, j.from, plain, func(w int32) bool { return rank[w] <= rank[j.from] }, seen, work)
	}
	for i := 0; i < min(len(jumps), candidates); i++ {
		if path := back(jumps[i]); path != nil && (cycle == nil || len(path) < len(cycle)) {
			cycle = path
		}
	}
	if cycle != nil || len(jumps) <= candidates {
		return cycle, cycle == nil && work.over
	}
	j, ok := g.anyClosed(jumps[candidates:], rank, plain, work)
	if !ok {
		return nil, work.over
	}
	work = unbounded()
	return back(j), false
}

// anyClosed finds a jump from whose end its beginning can be reached. It walks
// through the ranks with 64 jumps at once, a bit for each.
func (g *graph) anyClosed(jumps []jump, rank []int32, plain EdgeKind, work *budget) (jump, bool) {
	byRank := make([]int32, g.size())
	for v := range byRank {
		byRank[v] = int32(v)
	}
	slices.SortStableFunc(byRank, func(a, b int32) int { return cmp.Compare(rank[a], rank[b]) })
	at := make([]int32, g.size()+1) // where a rank begins in byRank
	for i, v := range byRank {
		at[rank[v]+1] = int32(i) + 1
	}
	slices.SortStableFunc(jumps, func(a, b jump) int { return cmp.Compare(rank[a.to], rank[b.to]) })
	reach := make([]uint64, g.size())
	for batch := range slices.Chunk(jumps, 64) {
		low, high := rank[batch[0].to], int32(0)
		for bit, j := range batch {
			reach[j.to] |= 1 << bit
			high = max(high, rank[j.from])
		}
		for r := low; r <= high; r++ {
			same := byRank[at[r]:at[r+1]]
			var bits uint64
			for _, v := range same {
				bits |= reach[v]
			}
			for _, v := range same {
				reach[v] = bits
				if bits == 0 {
					continue
				}
				if !work.spend(g.degree(v)) {
					return jump{}, false
				}
				for i := g.start[v]; i < g.start[v+1]; i++ {
					if g.kinds[i]&plain != 0 {
						reach[g.to[i]] |= bits
					}
				}
			}
		}
		for bit, j := range batch {
			if reach[j.from]&(1<<bit) != 0 {
				return j, true
			}
		}
		clear(reach)
	}
	return jump{}, false
}

// degree is what it costs to look at a vertex.
func (g *graph) degree(v int32) int { return 1 + int(g.start[v+1]-g.start[v]) }
