package txn

import (
	"cmp"
	"slices"
)

// bySelf tells whether a vertex with an edge to itself is a component.
type bySelf bool

// numbered returns the number of each vertex's strongly connected component
// over the edges in mask, and how many there are. A component has a higher
// number than those that it leads to. This is Tarjan's algorithm with a stack
// of its own, as a component may be as deep as the history is long.
func (g *graph) numbered(mask EdgeKind) (of []int32, count int32) {
	n := g.size()
	of = make([]int32, n)
	index, low := make([]int32, n), make([]int32, n) // index 0 is not yet seen
	cursor := make([]int32, n)
	for v := range of {
		of[v], cursor[v] = -1, g.start[v]
	}
	var path, open []int32 // path: from the root to here; open: vertices without component
	seen := int32(0)
	for root := range int32(n) {
		if index[root] != 0 {
			continue
		}
		path = append(path[:0], root)
		for len(path) > 0 {
			v := path[len(path)-1]
			if index[v] == 0 {
				seen++
				index[v], low[v] = seen, seen
				open = append(open, v)
			}
			descend := false
			for cursor[v] < g.start[v+1] {
				i := cursor[v]
				w := g.to[i]
				if g.kinds[i]&mask == 0 || of[w] >= 0 {
					cursor[v]++
					continue
				}
				if index[w] == 0 {
					path, descend = append(path, w), true
					break
				}
				low[v] = min(low[v], low[w])
				cursor[v]++
			}
			if descend {
				continue
			}
			path = path[:len(path)-1]
			if low[v] < index[v] {
				continue
			}
			for {
				w := open[len(open)-1]
				open = open[:len(open)-1]
				of[w] = count
				if w == v {
					break
				}
			}
			count++
		}
	}
	return of, count
}

// components returns the components of more than one vertex, and where self
// asks for it those of one with an edge to itself: the smallest first, and
// vertices in order.
func (g *graph) components(mask EdgeKind, self bySelf) [][]int32 {
	of, count := g.numbered(mask)
	sizes := make([]int32, count)
	for _, c := range of {
		sizes[c]++
	}
	place := make([]int32, count) // of a component among those returned, plus 1
	var found [][]int32
	for v, c := range of {
		if sizes[c] == 1 && !(bool(self) && g.has(int32(v), int32(v), mask)) {
			continue
		}
		if place[c] == 0 {
			found = append(found, make([]int32, 0, sizes[c]))
			place[c] = int32(len(found))
		}
		found[place[c]-1] = append(found[place[c]-1], int32(v))
	}
	slices.SortStableFunc(found, func(a, b []int32) int { return cmp.Compare(len(a), len(b)) })
	return found
}

// has tells whether there is an edge in mask.
func (g *graph) has(from, to int32, mask EdgeKind) bool { return g.kindsOf(from, to)&mask != 0 }

// kindsOf returns the reasons of an edge, 0 if there is none.
func (g *graph) kindsOf(from, to int32) EdgeKind {
	first, last := g.start[from], g.start[from+1]
	if i, ok := slices.BinarySearch(g.to[first:last], to); ok {
		return g.kinds[int(first)+i]
	}
	return 0
}
