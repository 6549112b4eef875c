package txn

import (
	"fmt"
	"slices"
)

// graphBuilder collects edges.
type graphBuilder struct {
	n        int  // vertices are 0..n-1
	max      int  // most edges, parallel ones counted; 0 is no bound
	touched  bool // an edge was added, or would have been but for its ends being one
	from, to []int32
	kind     []EdgeKind
}

func (g *graphBuilder) add(from, to int32, kind EdgeKind) {
	g.touched = true
	g.from, g.to, g.kind = append(g.from, from), append(g.to, to), append(g.kind, kind)
}

// addOther is add for an edge that is dropped where both ends are one.
func (g *graphBuilder) addOther(from, to int32, kind EdgeKind) {
	g.touched = true
	if from != to {
		g.add(from, to, kind)
	}
}

func (g *graphBuilder) full() error {
	if g.max > 0 && len(g.from) > g.max {
		return fmt.Errorf("the history leads to more than %d edges: it is too large, or the reads of too many transactions are alike", g.max)
	}
	return nil
}

// graph has, for each vertex v, edges to to[start[v]:start[v+1]], in order and
// none twice; kinds are all reasons of an edge.
type graph struct {
	start []int32
	to    []int32
	kinds []EdgeKind
}

func (g *graph) size() int { return len(g.start) - 1 }

// build sorts the edges by their ends with two passes of counting, and merges
// parallel ones. The builder is empty afterwards.
func (g *graphBuilder) build() *graph {
	m := len(g.from)
	byTo := counted(g.to, g.n)
	order := make([]int32, m)
	for i, to := range g.to {
		order[byTo[to]] = int32(i)
		byTo[to]++
	}
	at := counted(g.from, g.n)
	end := slices.Clone(at[1:])
	out := &graph{start: make([]int32, g.n+1), to: make([]int32, m), kinds: make([]EdgeKind, m)}
	for _, i := range order {
		from := g.from[i]
		out.to[at[from]], out.kinds[at[from]] = g.to[i], g.kind[i]
		at[from]++
	}
	g.from, g.to, g.kind = nil, nil, nil
	kept, next := int32(0), int32(0)
	for v := range g.n {
		out.start[v] = kept
		for ; next < end[v]; next++ {
			if kept > out.start[v] && out.to[kept-1] == out.to[next] {
				out.kinds[kept-1] |= out.kinds[next]
				continue
			}
			out.to[kept], out.kinds[kept] = out.to[next], out.kinds[next]
			kept++
		}
	}
	out.start[g.n] = kept
	out.to, out.kinds = out.to[:kept], out.kinds[:kept]
	return out
}

// counted returns, for each of n vertices, how many of ends are smaller, and at
// the end how many there are.
func counted(ends []int32, n int) []int32 {
	start := make([]int32, n+1)
	for _, v := range ends {
		start[v+1]++
	}
	for v := range n {
		start[v+1] += start[v]
	}
	return start
}

// subgraph returns the graph among some vertices, which get the numbers of
// their places. local is scratch of the graph's size, all -1, and is left so.
func (g *graph) subgraph(vertices []int32, local []int32) *graph {
	for i, v := range vertices {
		local[v] = int32(i)
	}
	sub := &graph{start: make([]int32, 1, len(vertices)+1)}
	for _, v := range vertices {
		for i := g.start[v]; i < g.start[v+1]; i++ {
			if to := local[g.to[i]]; to >= 0 {
				sub.to, sub.kinds = append(sub.to, to), append(sub.kinds, g.kinds[i])
			}
		}
		sub.start = append(sub.start, int32(len(sub.to)))
	}
	for _, v := range vertices {
		local[v] = -1
	}
	return sub
}

// allEdges is the mask of all kinds.
const allEdges = WW | WR | RW | Process | Realtime

// labeled returns the graph with one kind per edge: the strongest reason, which
// is the one by which a cycle is named.
func (g *graph) labeled(strongest [5]EdgeKind) *graph {
	labels := make([]EdgeKind, len(g.kinds))
	for i, kinds := range g.kinds {
		for _, k := range strongest {
			if kinds&k != 0 {
				labels[i] = k
				break
			}
		}
	}
	return &graph{start: g.start, to: g.to, kinds: labels}
}
