package txn

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// componentOf makes a component of a graph whose transactions do nothing.
func componentOf(g *graph, o Options) *component {
	p := &prepared{ops: make([]Op, g.size())}
	vertices := make([]int32, g.size())
	for v := range vertices {
		vertices[v] = int32(v)
		p.ops[v] = Op{Index: v, Type: OK}
	}
	p.opOf, p.invocation = vertices, unseen(g.size())
	x := &inferred{
		prepared: p, graph: g, order: [5]EdgeKind{WW, WR, RW, Process, Realtime},
		data: func(from, to int32, kind EdgeKind) Edge { return Edge{Kind: kind, From: p.op(from), To: p.op(to)} },
	}
	return &component{vertices: vertices, kinds: g, labels: g.labeled(x.order), inferred: x, work: newPool(o)}
}

// drawGraph draws a strongly connected graph. Edges of processes or of real
// time lead forward, as they do in any history.
func drawGraph(t *rapid.T, most int) *graph {
	n := rapid.IntRange(2, most).Draw(t, "vertices")
	variant := rapid.SampledFrom([]EdgeKind{0, Process, Realtime}).Draw(t, "variant")
	kinds := []EdgeKind{WW, WR, RW, RW, WW | RW, WR | RW, variant, variant | RW, variant | WR}
	if rapid.Bool().Draw(t, "few") {
		kinds = []EdgeKind{RW, RW, WR, variant}
	}
	b := graphBuilder{n: n}
	for range rapid.IntRange(n, 3*n).Draw(t, "edges") {
		from, to := int32(rapid.IntRange(0, n-1).Draw(t, "from")), int32(rapid.IntRange(0, n-1).Draw(t, "to"))
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		if from >= to {
			kind &^= variant
		}
		if from != to && kind != 0 {
			b.add(from, to, kind)
		}
	}
	g := b.build()
	all := g.components(allEdges, false)
	if len(all) == 0 {
		return nil
	}
	return g.subgraph(all[len(all)-1], unseen(n))
}

// cyclesByBruteForce returns the types of all cycles.
func (c *component) cyclesByBruteForce() set {
	types := set{}
	g := c.labels
	var walk func(path []int32)
	walk = func(path []int32) {
		v := path[len(path)-1]
		for _, w := range g.to[g.start[v]:g.start[v+1]] {
			if w == path[0] {
				types[cycleType(c.kindsOf(path))] = true
			} else if w > path[0] && !slices.Contains(path, w) {
				walk(append(slices.Clone(path), w))
			}
		}
	}
	for v := range int32(g.size()) {
		walk([]int32{v})
	}
	return types
}

// One cycle of each type is found that is there and not implied by another, and
// no type is excluded that is there.
func TestSearch_findsWhatIsThere(t *testing.T) {
	seen := set{}
	find := func(t *rapid.T) {
		g := drawGraph(t, 7)
		if g == nil {
			return
		}
		c := componentOf(g, Options{})
		there := c.cyclesByBruteForce()
		found := set{}
		for _, a := range c.search() {
			require.NotEqual(t, typeCut, a.Type)
			if a.Cycle != nil {
				require.True(t, there[a.Type], a.Type)
				require.False(t, found[a.Type], "%s is found twice", a.Type)
				found[a.Type], seen[a.Type] = true, true
			}
		}
		implied := impliedAnomalies.closure(sorted(found))
		for name := range there {
			require.True(t, implied[name], "%s is there, but only %v was found", name, sorted(found))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			find(t)
		}
	})
	for _, name := range []string{"G0", "G1c", "G-single-item", "G-nonadjacent-item", "G2-item"} {
		require.True(t, seen[name], "no graph has %s", name)
	}
}

// A model is ruled out if, and only if, its edges lead back to where they began.
func TestExistingCycles_agreeWithClosedPaths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t, 6)
		if g == nil {
			return
		}
		ruled := set{}
		for _, a := range componentOf(g, Options{}).existingCycles() {
			for m := range impossibleWith([]string{canonicalModel(a.Not)}) {
				ruled[m] = true
			}
		}
		for _, e := range existences {
			leads := closed(g, e)
			if leads {
				require.True(t, ruled[e.model], e.model)
			} else if ruled[e.model] {
				weaker := slices.ContainsFunc(existences, func(o existence) bool {
					return o.model != e.model && closed(g, o) && impossibleWith([]string{o.model})[e.model]
				})
				require.True(t, weaker, e.model)
			}
		}
	})
}

// closed computes the transitive closure of a test's edges.
func closed(g *graph, e existence) bool {
	n := g.size()
	reach := make([][]bool, n)
	for v := range reach {
		reach[v] = make([]bool, n)
		for i := g.start[v]; i < g.start[v+1]; i++ {
			if g.kinds[i]&e.mask == 0 {
				continue
			}
			w := g.to[i]
			reach[v][w] = true
			for j := g.start[w]; e.hop && j < g.start[w+1]; j++ {
				if g.kinds[j]&RW != 0 {
					reach[v][g.to[j]] = true
				}
			}
		}
	}
	for k := range n {
		for v := range n {
			for w := range n {
				reach[v][w] = reach[v][w] || reach[v][k] && reach[k][w]
			}
		}
	}
	for v := range n {
		if reach[v][v] {
			return true
		}
	}
	return false
}

// Among many rw edges the one that a path closes is found, and only it.
func TestSingle_agreesWithReachability(t *testing.T) {
	hits, misses := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(100, 200).Draw(t, "vertices")
		b := graphBuilder{n: n}
		draw := func(kind EdgeKind, count int) {
			for range count {
				from, to := int32(rapid.IntRange(0, n-1).Draw(t, "from")), int32(rapid.IntRange(0, n-1).Draw(t, "to"))
				if kind != RW && from > to {
					from, to = to, from
				}
				if from != to {
					b.add(from, to, kind)
				}
			}
		}
		draw(WR, n/rapid.IntRange(1, 60).Draw(t, "sparse"))
		draw(RW, 300)
		c := componentOf(b.build(), Options{})
		cycle, isCut := c.single(WW | WR)
		require.False(t, isCut)

		want := false
		g := c.labels
		for v := range int32(n) {
			for i := g.start[v]; i < g.start[v+1]; i++ {
				if g.kinds[i] == RW {
					want = want || g.path(g.to[i], v, WR, func(int32) bool { return true }, unseen(n), unbounded()) != nil
				}
			}
		}
		require.Equal(t, want, cycle != nil)
		if cycle != nil {
			require.Equal(t, "G-single-item", cycleType(c.kindsOf(cycle)))
			hits++
		} else {
			misses++
		}
	})
	require.NotZero(t, hits)
	require.NotZero(t, misses)
}

// An rw edge within a circle of others is one of a cycle, too.
func TestSingle_withinCircle(t *testing.T) {
	b := graphBuilder{n: 3}
	b.add(0, 1, WR)
	b.add(1, 2, WR)
	b.add(2, 0, WR)
	b.add(1, 0, RW)
	cycle, _ := componentOf(b.build(), Options{}).single(WW | WR)
	require.Len(t, cycle, 2)
}

// What a batch of jumps reached says nothing about the next batch.
func TestAnyClosed_batchesAreApart(t *testing.T) {
	b := graphBuilder{n: 400}
	for v := range int32(99) {
		b.add(v, v+1, WR)
	}
	b.add(99, 390, WR)
	b.add(380, 390, WR)
	g := b.build()
	var jumps []jump
	for i := range int32(64) {
		jumps = append(jumps, jump{from: 200 + i, to: i}, jump{from: 390, to: 100 + i})
	}
	jumps = append(jumps, jump{from: 390, to: 380})
	got, ok := g.anyClosed(jumps, g.ranks(WR), WR, unbounded())
	require.True(t, ok)
	require.Equal(t, jump{from: 390, to: 380}, got)
}

// The only closed path without two rw edges in a row passes vertex 0 twice, so
// all paths must be tried, and none is a cycle.
func TestNonadjacent_closedPathsAreNotCycles(t *testing.T) {
	b := graphBuilder{n: 4}
	b.add(0, 1, WR) // 0 and 1 are a G1c
	b.add(1, 0, WR)
	b.add(0, 2, RW) // 0 rw 2 wr 3 rw 0: two rw meet at 0
	b.add(2, 3, WR)
	b.add(3, 0, RW)
	c := componentOf(b.build(), Options{})
	require.Equal(t, set{"G1c": true, "G2-item": true}, c.cyclesByBruteForce())
	cycle, isCut := c.nonadjacent(WW | WR)
	require.Nil(t, cycle)
	require.False(t, isCut)

	c.work.most = 2
	_, isCut = c.nonadjacent(WW | WR)
	require.True(t, isCut)
}

func TestComponents_agreeWithReachability(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "vertices")
		b := graphBuilder{n: n}
		for range rapid.IntRange(0, 2*n).Draw(t, "edges") {
			b.add(int32(rapid.IntRange(0, n-1).Draw(t, "from")), int32(rapid.IntRange(0, n-1).Draw(t, "to")), rapid.SampledFrom([]EdgeKind{WW, RW}).Draw(t, "kind"))
		}
		g := b.build()
		of, _ := g.numbered(WW)
		always := func(int32) bool { return true }
		for v := range int32(n) {
			for w := range int32(n) {
				there := g.path(v, w, WW, always, unseen(n), unbounded()) != nil
				back := g.path(w, v, WW, always, unseen(n), unbounded()) != nil
				require.Equal(t, there && back, of[v] == of[w])
				if there && !back {
					require.Greater(t, of[v], of[w])
				}
			}
		}
		rank := g.ranks(WW)
		for v := range n {
			for i := g.start[v]; i < g.start[v+1]; i++ {
				if g.kinds[i]&WW != 0 {
					require.LessOrEqual(t, rank[v], rank[g.to[i]])
					require.Equal(t, of[v] == of[g.to[i]], rank[v] == rank[g.to[i]])
				}
			}
		}
	})
}
