package txn

import "slices"

// candidates is how many edges of a kind are tried for a short cycle. One is
// enough to find a cycle; more find a shorter one, which is easier to read.
const candidates = 16

// search finds one cycle of each type that is in the component and that no
// other one found implies. Why the searches are complete:
//
// Types are searched with the worst first, and a type is passed over where one
// that implies it was found. So when one is searched, what implies it is not
// there, and the shortest cycle through any edge that it needs is of that type:
// a cycle through a wr edge over ww and wr is a G1c; one through an rw edge is
// a G2-item where no G-single-item and no G-nonadjacent-item is; and one with
// edges of processes or real time allowed has some where the plain type is not.
func (c *component) search() []Anomaly {
	found := c.existingCycles()
	skip := excludedTypes(found)
	var absent, cut []string
	for _, variant := range []EdgeKind{0, Process, Realtime} {
		if variant != 0 && !slices.ContainsFunc(c.labels.kinds, func(k EdgeKind) bool { return k == variant }) {
			continue
		}
		plain := WW | WR | variant
		for _, s := range []struct {
			name string
			find func() (cycle []int32, isCut bool)
		}{
			{"G0", func() ([]int32, bool) { return c.through(WW|variant, WW), false }},
			{"G1c", func() ([]int32, bool) { return c.through(plain, WR), false }},
			{"G-single-item", func() ([]int32, bool) { return c.single(plain) }},
			{"G-nonadjacent-item", func() ([]int32, bool) { return c.nonadjacent(plain) }},
			{"G2-item", func() ([]int32, bool) { return c.through(plain|RW, RW), false }},
		} {
			name := s.name + variantOf(variant)
			if skip[name] {
				continue
			}
			cycle, isCut := s.find()
			switch {
			case cycle != nil:
				a := c.anomaly(cycle)
				found = append(found, a)
				for t := range impliedAnomalies.closure([]string{name, a.Type}) {
					skip[t] = true
				}
			case isCut:
				cut = append(cut, name)
			default:
				absent = append(absent, name)
			}
		}
	}
	if len(cut) > 0 {
		all := make([]int32, len(c.vertices))
		for i := range all {
			all[i] = int32(i)
		}
		found = append(found, Anomaly{Type: typeCut, Cut: cut, Absent: absent, Component: c.opsOf(all)})
	}
	return found
}

// excludedTypes are those that cannot be there, as a model that prohibits them
// is not ruled out by any test of existence.
func excludedTypes(exist []Anomaly) set {
	var models []string
	for _, a := range exist {
		models = append(models, canonicalModel(a.Not))
	}
	impossible := impossibleWith(models)
	var hold []string
	for _, e := range existences {
		if !impossible[e.model] {
			hold = append(hold, e.model)
		}
	}
	return prohibited(hold)
}

// through returns a short cycle over the edges in mask that takes one of a
// kind, nil if there is none.
func (c *component) through(mask, edge EdgeKind) (shortest []int32) {
	g := c.labels
	of, _ := g.numbered(mask)
	seen := unseen(g.size())
	work, tried := unbounded(), 0
	for v := range int32(g.size()) {
		for i := g.start[v]; i < g.start[v+1]; i++ {
			to := g.to[i]
			if g.kinds[i]&edge == 0 || of[v] != of[to] {
				continue
			}
			back := g.path(to, v, mask, func(w int32) bool { return of[w] == of[v] }, seen, work)
			if back != nil && (shortest == nil || len(back) < len(shortest)) {
				shortest = back
			}
			if tried++; tried == candidates || len(shortest) <= 2 {
				return shortest
			}
			work = c.work.bounded()
		}
	}
	return shortest
}

// nonadjacent returns a short cycle with several rw edges of which no two meet,
// over them and those in plain. It is called where no such cycle has one rw
// edge.
//
// In the graph with hops a closed path of this kind is a cycle. But it may
// visit a vertex in both layers, and then it is two cycles, one of them over
// plain edges alone. Where the component has none of those, the shortest closed
// path is a cycle; else all that can be done is to try.
func (c *component) nonadjacent(plain EdgeKind) (shortest []int32, isCut bool) {
	n := int32(c.labels.size())
	layers := c.labels.hops(plain)
	of, _ := layers.numbered(allEdges)
	seen := unseen(layers.size())
	work, tried, hops := c.work.bounded(), 0, 0
	for v := n; v < 2*n; v++ {
		for _, to := range layers.to[layers.start[v]:layers.start[v+1]] {
			if of[v] != of[to] {
				continue
			}
			hops++
			back := layers.path(to, v, allEdges, func(w int32) bool { return of[w] == of[v] }, seen, work)
			if work.over {
				return shortest, true
			}
			for i := range back {
				back[i] %= n
			}
			if !isSimple(back) || shortest != nil && len(back) >= len(shortest) {
				continue
			}
			shortest = back
			if tried++; tried == candidates {
				return shortest, false
			}
		}
	}
	if shortest != nil || hops == 0 {
		return shortest, false
	}
	return c.nonadjacentByTrial(layers, of)
}

// isSimple tells whether no vertex is visited twice.
func isSimple(cycle []int32) bool {
	visited := slices.Clone(cycle)
	slices.Sort(visited)
	return len(slices.Compact(visited)) == len(cycle)
}

// nonadjacentByTrial tries all paths that visit no vertex twice, until one is a
// cycle, or the budget is spent.
func (c *component) nonadjacentByTrial(layers *graph, of []int32) (cycle []int32, isCut bool) {
	n := int32(c.labels.size())
	work := c.work.bounded()
	onPath := make([]bool, n)
	cursor := slices.Clone(layers.start)
	for last := n; last < 2*n; last++ {
		for _, first := range layers.to[layers.start[last]:layers.start[last+1]] {
			if of[first] != of[last] {
				continue
			}
			path := []int32{first}
			onPath[first] = true
			for len(path) > 0 {
				v := path[len(path)-1]
				if cursor[v] == layers.start[v+1] {
					cursor[v] = layers.start[v]
					onPath[v%n] = false
					path = path[:len(path)-1]
					continue
				}
				w := layers.to[cursor[v]]
				cursor[v]++
				if !work.spend(1) {
					return nil, true
				}
				if of[w] != of[last] || onPath[w%n] {
					continue
				}
				path = append(path, w)
				if w != last {
					onPath[w%n] = true
					continue
				}
				for i := range path {
					path[i] %= n
				}
				return path, false
			}
		}
	}
	return nil, false
}
