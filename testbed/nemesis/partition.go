package nemesis

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
)

// Kind is a shape of partition, spelt as Jepsen spells its keyword.
type Kind string

// The kinds of partition that Maelstrom draws from, each as likely.
const (
	One            Kind = "one"             // one node cut off from all others
	MinorityThird  Kind = "minority-third"  // floor((n-1)/3) nodes cut off: none for n < 4
	Majority       Kind = "majority"        // floor(n/2) nodes cut off from the rest
	MajoritiesRing Kind = "majorities-ring" // each node sees a majority, no two the same
)

// Kinds lists the kinds in the order of Jepsen's partition-specs.
func Kinds() []Kind { return []Kind{One, MinorityThird, Majority, MajoritiesRing} }

// partitions is the track of cuts and healing.
type partitions struct {
	kinds []Kind
	nodes []string
	cut   bool // the next step is a stop
}

func (p *partitions) next(rng *rand.Rand) Step {
	if p.cut {
		return p.finals()[0]
	}
	p.cut = true
	kind := p.kinds[rng.IntN(len(p.kinds))]
	g := NewGrudge(kind, p.nodes, rng)
	return Step{F: "start-partition", Value: text(kind), Completed: isolated(g), Cut: g}
}

func (p *partitions) finals() []Step {
	p.cut = false
	return []Step{healed()}
}

// healed is the step that ends every cut.
func healed() Step {
	return Step{F: "stop-partition", Completed: text("network-healed"), Heal: true}
}

// isolated is the value of a cut in the history, after Jepsen's partitioner.
func isolated(g Grudge) json.RawMessage {
	b, _ := json.Marshal([]any{"isolated", g}) // strings and lists of strings always marshal
	return b
}

// Grudge says for each node whose messages it refuses, in Jepsen's word. It has
// a line for every node, in the order of the nodes, and so have its Refuses.
type Grudge []Refusal

// Refusal is one node's line of a Grudge.
type Refusal struct {
	Node    string
	Refuses []string // never nil
}

// NewGrudge draws a partition of the given kind, as jepsen.nemesis.combined's
// grudge does. It panics on an unknown kind or on no nodes.
func NewGrudge(kind Kind, nodes []string, rng *rand.Rand) Grudge {
	if len(nodes) == 0 {
		panic("nemesis: a partition of no nodes")
	}
	n := len(nodes)
	switch kind {
	case One:
		return split(nodes, []int{rng.IntN(n)})
	case MinorityThird:
		return split(nodes, rng.Perm(n)[:(n-1)/3])
	case Majority:
		return split(nodes, rng.Perm(n)[:n/2])
	case MajoritiesRing:
		if n <= 5 {
			return exactRing(nodes, rng)
		}
		return stochasticRing(nodes, rng)
	}
	panic("nemesis: no kind of partition is called " + string(kind))
}

// grudge writes out what each node refuses; nobody ever refuses itself.
func grudge(nodes []string, refuses func(node, other int) bool) Grudge {
	g := make(Grudge, len(nodes))
	for i, node := range nodes {
		g[i] = Refusal{Node: node, Refuses: []string{}}
		for j, other := range nodes {
			if i != j && refuses(i, j) {
				g[i].Refuses = append(g[i].Refuses, other)
			}
		}
	}
	return g
}

// split is Jepsen's complete-grudge of two components: the given nodes and the
// rest, neither hearing the other.
func split(nodes []string, component []int) Grudge {
	in := make([]bool, len(nodes))
	for _, i := range component {
		in[i] = true
	}
	return grudge(nodes, func(i, j int) bool { return in[i] != in[j] })
}

// majority is the smallest number above half of n.
func majority(n int) int { return n/2 + 1 }

// exactRing puts the nodes on a ring in random order; each stretch of a
// majority's length is what the node in its middle hears. With three nodes the
// stretch is of two and the cut goes one way.
func exactRing(nodes []string, rng *rand.Rand) Grudge {
	n := len(nodes)
	m := majority(n)
	ring := rng.Perm(n)
	hears := make([]bitset, n)
	for start := range n {
		middle := ring[(start+m/2)%n]
		hears[middle] = newBitset(n)
		for k := range m {
			hears[middle].add(ring[(start+k)%n])
		}
	}
	return grudge(nodes, func(i, j int) bool { return !hears[i].has(j) })
}

// stochasticRing joins a least connected node to the least connected one that
// it is not joined to yet, until every node is joined to a majority (counting
// itself). Ties are broken at random.
func stochasticRing(nodes []string, rng *rand.Rand) Grudge {
	n := len(nodes)
	m := majority(n)
	hears := make([]bitset, n)
	byDegree := make([][]int, n+1) // nodes by how many they hear
	for i := range n {
		hears[i] = newBitset(n)
		hears[i].add(i)
		byDegree[1] = append(byDegree[1], i)
	}
	for least := 1; least < m; {
		if len(byDegree[least]) == 0 {
			least++
			continue
		}
		at := rng.IntN(len(byDegree[least]))
		a := byDegree[least][at]
		byDegree[least] = slices.Delete(byDegree[least], at, at+1)
		degree, at := stranger(byDegree[least:], hears[a], rng)
		degree += least
		b := byDegree[degree][at]
		byDegree[degree] = slices.Delete(byDegree[degree], at, at+1)
		hears[a].add(b)
		hears[b].add(a)
		byDegree[least+1] = append(byDegree[least+1], a)
		byDegree[degree+1] = append(byDegree[degree+1], b)
	}
	return grudge(nodes, func(i, j int) bool { return !hears[i].has(j) })
}

// stranger picks, from the first of the lists that has any, a node that is not
// known yet, each as likely, and returns its list and its place there.
func stranger(lists [][]int, known bitset, rng *rand.Rand) (list, at int) {
	for l, nodes := range lists {
		// Most of a list are strangers until late: a few guesses, as likely for
		// each of them, spare reading it in a large cluster.
		for range min(8, len(nodes)) {
			if i := rng.IntN(len(nodes)); !known.has(nodes[i]) {
				return l, i
			}
		}
		var strangers []int
		for i, node := range nodes {
			if !known.has(node) {
				strangers = append(strangers, i)
			}
		}
		if len(strangers) > 0 {
			return l, strangers[rng.IntN(len(strangers))]
		}
	}
	// A node that hears fewer than a majority has not met everybody.
	panic("nemesis: nobody is left to join")
}

// MarshalJSON writes the object that stands in the history: node to list of
// nodes it refuses.
func (g Grudge) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, r := range g {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(r.Node)
		if err != nil {
			return nil, err
		}
		list, err := json.Marshal(r.Refuses)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), list...)
	}
	return append(out, '}'), nil
}

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
