package txn

import "strings"

// existence is a test that rules a model out without showing a cycle: the edges
// of the mask have none where the model holds. With a hop, a step over an edge
// of the mask may be followed by one over an rw edge, and no such path leads
// back to its beginning.
type existence struct {
	model string // canonical
	mask  EdgeKind
	hop   bool
}

// existences are in the order in which they are tried.
var existences = []existence{
	{"PL-1", WW, false},
	{"PL-2", WW | WR, false},
	{"PL-SI", WW | WR, true},
	{"PL-2.99", WW | WR | RW, false},
	{"PL-3", WW | WR | RW, false},
	{"strong-session-PL-1", WW | Process, false},
	{"strong-session-PL-2", WW | WR | Process, false},
	{"strong-session-snapshot-isolation", WW | WR | Process, true},
	{"strong-session-serializable", WW | WR | RW | Process, false},
	{"strong-PL-1", WW | Realtime, false},
	{"strong-PL-2", WW | WR | Realtime, false},
	{"strong-snapshot-isolation", WW | WR | Realtime, true},
	{"PL-SS", WW | WR | RW | Realtime, false},
}

const cycleExists = "-cycle-exists"

// subgraph says in words which paths lead back.
func (e existence) subgraph() string {
	var names []string
	for k := WW; k <= Realtime; k <<= 1 {
		if e.mask&k != 0 {
			names = append(names, k.String())
		}
	}
	text := strings.Join(names, ", ")
	if e.hop {
		text += ", each followed by at most one rw"
	}
	return text
}

// existingCycles runs the tests on a component. What a model found impossible
// implies is not tried. vertices are the component's in the whole graph.
func (c *component) existingCycles() (found []Anomaly) {
	impossible := set{}
	for _, e := range existences {
		if impossible[e.model] {
			continue
		}
		var cyclic []int32
		if e.hop {
			cyclic = smallestFlat(c.kinds.hops(e.mask), c.kinds.size())
		} else if all := c.kinds.components(e.mask, true); len(all) > 0 {
			cyclic = all[0]
		}
		if cyclic == nil {
			continue
		}
		for m := range impossibleWith([]string{e.model}) {
			impossible[m] = true
		}
		found = append(found, Anomaly{
			Type: e.model + cycleExists, Not: friendlyModel(e.model), Subgraph: e.subgraph(), Component: c.opsOf(cyclic),
		})
	}
	return found
}

// hops returns a graph of two layers of the vertices: after an edge of mask one
// stands in the first, or in the second, from which an rw edge leads back to
// the first. Its cycles are the closed paths in which no two rw edges meet.
func (g *graph) hops(mask EdgeKind) *graph {
	n := int32(g.size())
	b := graphBuilder{n: 2 * int(n)}
	for v := range n {
		for i := g.start[v]; i < g.start[v+1]; i++ {
			if g.kinds[i]&mask != 0 {
				b.add(v, g.to[i], g.kinds[i]&mask)
				b.add(v, g.to[i]+n, g.kinds[i]&mask)
			}
			if g.kinds[i]&RW != 0 {
				b.add(v+n, g.to[i], RW)
			}
		}
	}
	return b.build()
}

// smallestFlat returns the vertices of the first layer of the smallest
// component of a graph of two layers of n, nil if it has none.
func smallestFlat(layers *graph, n int) []int32 {
	var smallest []int32
	for _, all := range layers.components(allEdges, true) {
		var flat []int32
		for _, v := range all {
			if int(v) < n {
				flat = append(flat, v)
			}
		}
		if smallest == nil || len(flat) < len(smallest) {
			smallest = flat
		}
	}
	return smallest
}
