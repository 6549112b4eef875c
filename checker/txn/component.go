package txn

import "slices"

// component is a strongly connected component of the graph of a history, with
// vertices of its own: places in vertices.
type component struct {
	vertices []int32 // in the graph of the history
	kinds    *graph  // with all reasons of an edge
	labels   *graph  // with the strongest one
	inferred *inferred
	work     *pool
}

// inferred is the graph of a history and what explains its edges.
type inferred struct {
	*prepared
	graph *graph
	data  func(from, to int32, kind EdgeKind) Edge
	order [5]EdgeKind // reasons, the strongest first
}

func (c *component) opsOf(local []int32) []*Op {
	ops := make([]*Op, len(local))
	for i, v := range local {
		ops[i] = c.inferred.op(c.vertices[v])
	}
	return ops
}

// explain finds what made the edge between two vertices of the whole graph.
func (x *inferred) explain(from, to int32, kind EdgeKind) Edge {
	switch kind {
	case Process:
		return Edge{Kind: Process, From: x.op(from), To: x.op(to), FromMop: -1, ToMop: -1}
	case Realtime:
		e := Edge{Kind: Realtime, From: x.op(from), To: x.op(to), FromMop: -1, ToMop: -1}
		if inv := x.invocation[to]; inv >= 0 {
			e.Invocation = &x.ops[inv]
		}
		return e
	}
	return x.data(from, to, kind)
}

// anomaly explains a cycle: vertices of the component, each of which leads to
// the next, and the last to the first.
func (c *component) anomaly(cycle []int32) Anomaly {
	kinds := c.kindsOf(cycle)
	edges := make([]Edge, len(cycle))
	for i, v := range cycle {
		edges[i] = c.inferred.explain(c.vertices[v], c.vertices[cycle[(i+1)%len(cycle)]], kinds[i])
	}
	return Anomaly{Type: cycleType(kinds), Cycle: &Cycle{Edges: edges}}
}

// kindsOf returns the labels along a cycle.
func (c *component) kindsOf(cycle []int32) []EdgeKind {
	kinds := make([]EdgeKind, len(cycle))
	for i, v := range cycle {
		kinds[i] = c.labels.kindsOf(v, cycle[(i+1)%len(cycle)])
	}
	return kinds
}

// cycleType names a cycle by its edges.
func cycleType(kinds []EdgeKind) string {
	var all EdgeKind
	rw, meet := 0, false
	for i, k := range kinds {
		all |= k
		if k == RW {
			rw++
			meet = meet || kinds[(i+1)%len(kinds)] == RW
		}
	}
	name := "G0"
	switch {
	case rw == 1:
		name = "G-single-item"
	case rw > 1 && !meet:
		name = "G-nonadjacent-item"
	case rw > 1:
		name = "G2-item"
	case all&WR != 0:
		name = "G1c"
	}
	return name + variantOf(all)
}

// variantOf is what a cycle's name ends in.
func variantOf(all EdgeKind) string {
	switch {
	case all&Realtime != 0:
		return "-realtime"
	case all&Process != 0:
		return "-process"
	}
	return ""
}

// path returns the shortest path over the edges in mask, in a graph, from one
// vertex to another: both are in it, and it is empty if there is none. Only
// vertices of which allowed is true are entered. A path from a vertex to itself
// is the vertex alone. seen is scratch of the graph's size; it is -1 and is
// left so.
func (g *graph) path(from, to int32, mask EdgeKind, allowed func(int32) bool, seen []int32, work *budget) []int32 {
	if from == to {
		return []int32{from}
	}
	queue := []int32{from}
	seen[from] = from
	defer func() {
		for _, v := range queue {
			seen[v] = -1
		}
	}()
	for at := 0; at < len(queue); at++ {
		v := queue[at]
		if !work.spend(g.degree(v)) {
			return nil
		}
		for i := g.start[v]; i < g.start[v+1]; i++ {
			w := g.to[i]
			if g.kinds[i]&mask == 0 || seen[w] >= 0 || !allowed(w) {
				continue
			}
			seen[w] = v
			queue = append(queue, w)
			if w != to {
				continue
			}
			path := []int32{w}
			for w != from {
				w = seen[w]
				path = append(path, w)
			}
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// unseen returns scratch for path.
func unseen(n int) []int32 {
	seen := make([]int32, n)
	for i := range seen {
		seen[i] = -1
	}
	return seen
}
