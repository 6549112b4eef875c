package linkv

import (
	"fmt"
	"math/rand/v2"
	"time"

	"treecast/workload"
)

// processLimit is on how many processes a key is used.
const processLimit = 20

// values are those that are written: 0 to values-1.
const values = 5

type generator struct {
	workload.NoFinal
	workload.NoFeedback
	nodes   int
	groups  []group
	nextKey int64
}

// group is workers from first on, twice as many as there are nodes, and the key
// that they use.
type group struct {
	first     int
	key       int64
	processes map[int]bool // seen on the key; nil before the first
}

func newGenerator(o workload.Options) workload.Generator {
	g := &generator{nodes: len(o.Nodes)}
	for first := 0; first+2*g.nodes <= o.Concurrency; first += 2 * g.nodes {
		g.groups = append(g.groups, group{first: first})
	}
	return g
}

func (g *generator) Next(_ time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	var able []*group
	for i := range g.groups {
		if g.free(workers, g.groups[i].first, 2*g.nodes) != nil {
			able = append(able, &g.groups[i])
		}
	}
	chosen := able[rng.IntN(len(able))]
	g.use(chosen, workers)
	worker, reads := g.choose(chosen, workers, rng)
	switch {
	case reads:
		return worker, workload.Op{F: fRead, Value: fmt.Appendf(nil, "[%d,null]", chosen.key)}
	case rng.IntN(3) == 0:
		return worker, workload.Op{F: fWrite, Value: fmt.Appendf(nil, "[%d,%d]", chosen.key, rng.IntN(values))}
	}
	return worker, workload.Op{F: fCAS, Value: fmt.Appendf(nil, "[%d,[%d,%d]]", chosen.key, rng.IntN(values), rng.IntN(values))}
}

// use sees the processes of a group, and gives it the next key once they are too
// many for the one it has.
func (g *generator) use(c *group, workers workload.Workers) {
	see := func() {
		for w := c.first; w < c.first+2*g.nodes; w++ {
			c.processes[workers.Process(w)] = true
		}
	}
	if c.processes != nil {
		if see(); len(c.processes) <= processLimit {
			return
		}
	}
	c.key, c.processes = g.nextKey, map[int]bool{}
	g.nextKey++
	see()
}

// choose takes a free worker of a group: of the first, one that reads as likely
// as one that does not, if there are both.
func (g *generator) choose(c *group, workers workload.Workers, rng *rand.Rand) (worker int, reads bool) {
	if c.first > 0 {
		others := g.free(workers, c.first, 2*g.nodes)
		return others[rng.IntN(len(others))], false
	}
	readers, others := g.free(workers, 0, g.nodes), g.free(workers, g.nodes, g.nodes)
	if len(others) == 0 || len(readers) > 0 && rng.IntN(2) == 0 {
		return readers[rng.IntN(len(readers))], true
	}
	return others[rng.IntN(len(others))], false
}

// free lists the free workers among n from first on.
func (g *generator) free(workers workload.Workers, first, n int) (out []int) {
	for w := first; w < first+n; w++ {
		if workers.Free(w) {
			out = append(out, w)
		}
	}
	return out
}
