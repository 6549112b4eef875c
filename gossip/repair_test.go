package gossip_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// repairTrial is a cluster of 25 nodes at 100 ms with locked rounds of 400 ms
// that takes 50 broadcasts a second, and when each node learnt each value.
type repairTrial struct {
	*sim
	t       *testing.T
	sentAt  map[string]time.Duration
	by      map[string]string                   // who broadcast it
	learnt  map[string]map[string]time.Duration // by node and value
	sentOut []time.Duration                     // when each message left
	cut     map[[2]string]bool
	values  int
}

const faultAt = 10 * time.Second

func newRepairTrial(t *testing.T, k int, seed uint64, configs ...func(*gossip.Config)) *repairTrial {
	tr := &repairTrial{
		t: t, sentAt: map[string]time.Duration{}, by: map[string]string{},
		learnt: map[string]map[string]time.Duration{}, cut: map[[2]string]bool{},
	}
	tr.sim = newSim(25, k, seed, func(c *gossip.Config) {
		c.Rounds, c.Period = gossip.Locked, 400*ms
		for _, config := range configs {
			config(c)
		}
	})
	for _, n := range tr.nodes {
		tr.learnt[n.name] = map[string]time.Duration{}
	}
	tr.onLearn = func(n *simNode, e gossip.Entry) { tr.learnt[n.name][e.Value] = tr.now }
	tr.onSend = func(now time.Duration, _, _ string, _ *gossip.Message) {
		tr.sentOut = append(tr.sentOut, now)
	}
	tr.drop = func(from, to string) bool { return tr.cut[[2]string{from, to}] }
	return tr
}

// broadcasts has live nodes that a condition holds for broadcast between two times.
func (tr *repairTrial) broadcasts(from, to time.Duration, who func(*simNode) bool) {
	for at := from; at < to; at += time.Duration(tr.rng.Int64N(int64(40 * ms))) {
		tr.at(at, func() {
			var up []*simNode
			for _, n := range tr.nodes {
				if !n.dead && !n.paused && who(n) {
					up = append(up, n)
				}
			}
			if len(up) == 0 {
				return
			}
			tr.values++
			n, value := up[tr.rng.IntN(len(up))], fmt.Sprint(tr.values)
			tr.sentAt[value], tr.by[value] = tr.now, n.name
			tr.learnt[n.name][value] = tr.now
			tr.broadcast(n, value)
		})
	}
}

func anybody(*simNode) bool { return true }

func (tr *repairTrial) kill(names ...string) {
	for _, name := range names {
		tr.index[name].dead = true
	}
}

// split cuts the network between nodes of different sides.
func (tr *repairTrial) split(side map[string]bool) {
	for _, a := range tr.nodes {
		for _, b := range tr.nodes {
			tr.cut[[2]string{a.name, b.name}] = side[a.name] != side[b.name]
		}
	}
}

// rate is how many messages left per second between two times.
func (tr *repairTrial) rate(from, to time.Duration) float64 {
	n := 0
	for _, at := range tr.sentOut {
		if from <= at && at < to {
			n++
		}
	}
	return float64(n) / (to - from).Seconds()
}

// slowest is how long the values that a condition holds for took at most to be
// with all live nodes that another holds for, counted from their broadcast or
// from a fault, whatever came later. It is Never if one is missing.
func (tr *repairTrial) slowest(fault time.Duration, value func(v string) bool, node func(*simNode) bool) (worst time.Duration, which string) {
	for v := 1; v <= tr.values; v++ {
		v := fmt.Sprint(v)
		if !value(v) {
			continue
		}
		for _, n := range tr.nodes {
			if n.dead || !node(n) {
				continue
			}
			at, ok := tr.learnt[n.name][v]
			if !ok {
				return gossip.Never, fmt.Sprintf("%s of %s at %v, to %s", v, tr.by[v], tr.sentAt[v], n.name)
			}
			if took := at - max(fault, tr.sentAt[v]); took > worst {
				worst, which = took, fmt.Sprintf("%s of %s at %v, to %s", v, tr.by[v], tr.sentAt[v], n.name)
			}
		}
	}
	return worst, which
}

// requireNoCycle follows the parents of live nodes upwards.
func (tr *repairTrial) requireNoCycle() { requireNoCycle(tr.t, tr.sim) }

func requireNoCycle(t require.TestingT, s *sim) {
	for _, n := range s.nodes {
		steps := 0
		for at := n; !at.dead && at.core.View().Parent() != ""; at = s.index[at.core.View().Parent()] {
			if steps++; steps > len(s.nodes) {
				require.Fail(t, "a cycle of parents", "from %s at %v", n.name, s.now)
			}
		}
	}
}

var repairFanOuts = []int{5, 24}

func TestNodesThatDieForGoodAreDoneWithout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dead  []string
		bound time.Duration
	}{
		"root":               {[]string{"n0"}, 4 * time.Second},
		"inner":              {[]string{"n2"}, 4 * time.Second},
		"last inner":         {[]string{"n4"}, 4 * time.Second},
		"three":              {[]string{"n1", "n3", "n17"}, 4 * time.Second},
		"a branch":           {[]string{"n1", "n6", "n9"}, 4 * time.Second},
		"root and successor": {[]string{"n0", "n1"}, 6 * time.Second},
	} {
		for _, k := range repairFanOuts {
			for seed := range seeds(2) {
				t.Run(fmt.Sprintf("%s k=%d seed=%d", name, k, seed), func(t *testing.T) {
					tr := newRepairTrial(t, k, seed)
					tr.broadcasts(0, 60*time.Second, anybody)
					tr.at(faultAt, func() { tr.kill(c.dead...) })
					for at := faultAt; at < 60*time.Second; at += 100 * ms {
						tr.at(at, tr.requireNoCycle)
					}
					tr.run(70 * time.Second)
					worst, which := tr.slowest(faultAt, func(v string) bool { return !tr.index[tr.by[v]].dead }, anybody)
					require.LessOrEqual(t, worst, c.bound, which)
					healthy := tr.rate(3*time.Second, faultAt)
					settled := tr.rate(30*time.Second, 60*time.Second)
					first := tr.rate(faultAt, faultAt+4*time.Second)
					t.Logf("worst %v %s; healthy %.0f, first %.0f, settled %.0f", worst, which, healthy, first, settled)
					require.LessOrEqual(t, settled, 1.3*healthy)
				})
			}
		}
	}
}

func TestHalvesOfAClusterWorkAndHeal(t *testing.T) {
	t.Parallel()
	for _, k := range repairFanOuts {
		for _, lasts := range []time.Duration{time.Second, 3 * time.Second, 10 * time.Second, time.Minute, 10 * time.Minute} {
			for seed := range seeds(2) {
				t.Run(fmt.Sprintf("k=%d %v seed=%d", k, lasts, seed), func(t *testing.T) {
					tr := newRepairTrial(t, k, seed)
					side := map[string]bool{}
					for _, i := range tr.rng.Perm(25)[:12] {
						side[tr.nodes[i].name] = true
					}
					healAt := faultAt + lasts
					tr.broadcasts(0, min(healAt+10*time.Second, 90*time.Second), anybody)
					if healAt > 90*time.Second {
						tr.broadcasts(healAt-20*time.Second, healAt+10*time.Second, anybody)
					}
					tr.at(faultAt, func() { tr.split(side) })
					tr.at(healAt, func() { clear(tr.cut) })
					tr.run(healAt + 25*time.Second)
					for _, s := range []bool{true, false} {
						in := func(n *simNode) bool { return side[n.name] == s }
						worst, which := tr.slowest(faultAt, func(v string) bool { return tr.sentAt[v] < healAt && in(tr.index[tr.by[v]]) }, in)
						require.LessOrEqual(t, worst, 5*time.Second, which)
					}
					worst, which := tr.slowest(healAt, func(string) bool { return true }, anybody)
					t.Logf("after healing %v %s; healthy %.0f, first %.0f, settled %.0f, healing %.0f", worst, which,
						tr.rate(3*time.Second, faultAt), tr.rate(faultAt, faultAt+4*time.Second), tr.rate(healAt-10*time.Second, healAt), tr.rate(healAt, healAt+4*time.Second))
					require.LessOrEqual(t, worst, 4*time.Second, which)
				})
			}
		}
	}
}
