package gossip_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// survives runs one cluster of 2 to 9 nodes, both drawn from the seed like
// its ordeal, and names what it was if it fails.
func survives(t *testing.T, seed uint64, draw func(*rand.Rand) ordeal) {
	rng := rand.New(rand.NewPCG(seed, 3))
	n := 2 + rng.IntN(8)
	k, o := 1+rng.IntN(n-1), draw(rng)
	t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		defer func() {
			if t.Failed() {
				t.Logf("%d nodes, fan-out %d, %+v", n, k, o)
			}
		}()
		newCluster(t, n, k, seed, o).survive(t)
	})
}

func TestClustersSurviveWhateverComes(t *testing.T) {
	t.Parallel()
	for seed := range seeds(120) {
		survives(t, seed, anyOrdeal)
	}
}

func TestClustersSurviveEveryFaultAtItsWorst(t *testing.T) {
	t.Parallel()
	quiet := ordeal{perSecond: 10, latency: 50 * ms}
	for name, spoil := range map[string]func(*ordeal){
		"nothing":                       func(*ordeal) {},
		"nine of ten lost":              func(o *ordeal) { o.loss = 0.9 },
		"every bare ack lost":           func(o *ordeal) { o.ackLoss = 1 },
		"everything doubled":            func(o *ordeal) { o.doubled = 1 },
		"everything out of order":       func(o *ordeal) { o.scattered, o.latency = true, 600*ms },
		"a way longer than any time":    func(o *ordeal) { o.latency = 3 * time.Second },
		"cut again and again":           func(o *ordeal) { o.cuts = 12 },
		"many die":                      func(o *ordeal) { o.dead = 5 },
		"some die, and a third lost":    func(o *ordeal) { o.dead, o.loss = 3, 0.3 },
		"some die behind cuts":          func(o *ordeal) { o.dead, o.cuts, o.scattered = 3, 8, true },
		"everybody stands still":        func(o *ordeal) { o.paused = 15 },
		"blank restarts":                func(o *ordeal) { o.blank = 8 },
		"a record as slow as 3 s":       func(o *ordeal) { o.storeIn = 3 * time.Second },
		"nine of ten deliveries lost":   func(o *ordeal) { o.dropped = 0.9 },
		"hardly ever room":              func(o *ordeal) { o.noRoom = 0.99 },
		"hardly ever a permit":          func(o *ordeal) { o.refused = 0.99 },
		"large values":                  func(o *ordeal) { o.largeValues = true },
		"large values, and half lost":   func(o *ordeal) { o.largeValues, o.loss = true, 0.5 },
		"every node its own fan-out":    func(o *ordeal) { o.ownFanOut = true },
		"own fan-outs, and half lost":   func(o *ordeal) { o.ownFanOut, o.loss = true, 0.5 },
		"half lost, twice as much sent": func(o *ordeal) { o.doubled, o.loss = 1, 0.5 },
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range seeds(6) {
				survives(t, seed, func(*rand.Rand) ordeal {
					o := quiet
					o.rounds = gossip.Rounds(seed % 3)
					spoil(&o)
					return o
				})
			}
		})
	}
}

func TestSameSeedSameTrace(t *testing.T) {
	trace := func(seed uint64) string {
		var b bytes.Buffer
		c := newCluster(t, 6, 2, seed, ordeal{
			perSecond: 20, latency: 100 * ms, scattered: true, loss: 0.1, doubled: 0.1, cuts: 2,
			kept: 1, storeIn: 300 * ms, noRoom: 0.2, refused: 0.2,
		})
		c.trace = &b
		c.run(c.settled())
		return b.String()
	}
	first := trace(1)
	require.Greater(t, strings.Count(first, "\n"), 200)
	require.Equal(t, first, trace(1))
	require.NotEqual(t, first, trace(2))
}

func TestHealthyClusterSaysNoMoreThanItMust(t *testing.T) {
	c := newCluster(t, 13, 3, 1, ordeal{perSecond: 20, latency: 100 * ms})
	c.survive(t)
	require.Zero(t, c.vectors, "where nobody holds anything at the start no vector is exchanged")
	for _, n := range c.nodes {
		figures := n.core.Stats()
		require.Zero(t, figures.Resends)
		require.Zero(t, figures.PeerRestarts)
	}
	// At most 2(n-1)/P a second carry entries or acks; from a node to
	// another that is one a period, and a bare ack at its end.
	rounds := int(c.settled() / (400 * ms))
	require.Less(t, c.sent, 2*12*rounds)
	require.LessOrEqual(t, c.watch.most, 4)
}

func TestNodeThatIsCutOffCostsLittleAndHealsWithinSeconds(t *testing.T) {
	s := newSim(5, 2, 1, nil)
	w := watch(t, s)
	const cutEnd = 10 * time.Minute
	s.drop = func(from, to string) bool { return s.now < cutEnd && (from == "n1" || to == "n1") }
	for at := time.Duration(0); at < cutEnd; at += 500 * ms {
		s.at(at, func() { w.broadcast(s.nodes[s.rng.IntN(5)], "v") })
	}
	s.run(time.Minute)
	lost := map[string]int{}
	look := s.onSend
	s.onSend = func(now time.Duration, from, to string, m *gossip.Message) {
		look(now, from, to, m)
		if from == "n1" || to == "n1" {
			lost[from+">"+to]++
		}
	}
	s.run(cutEnd)
	most := int((cutEnd-time.Minute)/gossip.MaxInterval) + 1
	for way, count := range lost {
		require.LessOrEqual(t, count, most, way)
	}
	require.False(t, w.spread())
	s.run(cutEnd + 5*time.Second)
	require.True(t, w.spread())
}

// Clocks are set back: nothing may rest on a new incarnation's incarnation being larger.
func TestLifeWithASmallerEpochIsHeardAllTheSame(t *testing.T) {
	for _, at := range []time.Duration{2 * time.Second, 10 * time.Second} { // in the load, and after it
		for _, blank := range []bool{true, false} {
			s := newSim(3, 1, 1, nil)
			s.epochs = 1000
			w := watch(t, s)
			n1 := s.nodes[1]
			s.restartCore(n1, gossip.Never)
			for i := range 40 {
				s.at(time.Duration(i)*100*ms, func() { w.broadcast(s.nodes[i%3], "v") })
			}
			s.at(at, func() {
				s.epochs = 500
				if blank {
					s.boot(n1)
				}
				s.restartCore(n1, s.now+time.Second)
			})
			s.run(30 * time.Second)
			require.True(t, w.spread())
			sent := s.sent
			s.run(10 * time.Minute)
			require.Equal(t, sent, s.sent)
		}
	}
}

// A peer may ask for anything as often as it likes: it gets one answer to a
// message, and none to what wants none.
func TestNoPeerCanMakeANodeTalkToItself(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	learn(c, 0, 5)
	rng := rand.New(rand.NewPCG(1, 1))
	said := 0
	for i := range 5000 {
		now := time.Duration(i) * 10 * ms
		receive(c, now, "n1", &gossip.Message{
			Incarnation: 1 + rng.Uint64N(3), For: []uint64{0, ourEpoch, 5}[rng.IntN(3)],
			Batch: rng.Uint64N(100), Probe: rng.IntN(2) == 0, Want: rng.IntN(2) == 0,
			Acks: []gossip.Span{{rng.Uint64N(200), rng.Uint64N(200)}}, Echo: gossip.Echo{Batch: rng.Uint64N(200), Held: time.Duration(rng.Uint64N(1000))},
		})
		said += len(gossip.Spoken(c, now))
	}
	require.Less(t, said, 2*5000)
	last := 50 * time.Second
	said = 0
	for now := last; now < last+time.Minute; now += 10 * ms {
		said += len(gossip.Spoken(c, now))
	}
	require.LessOrEqual(t, said, int(time.Minute/gossip.MaxInterval)+5)
}

func TestClustersSurviveRestartsAtTheirWorst(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]ordeal{
		"restarts on the log":              {perSecond: 10, latency: 250 * ms, kept: 8},
		"restarts of all kinds, overtaken": {perSecond: 10, latency: 700 * ms, scattered: true, kept: 6, blank: 6},
		"a vector of several messages":     {perSecond: 10, latency: 100 * ms, scattered: true, loss: 0.2, formerLives: 800, kept: 3, blank: 2},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range seeds(18) {
				survives(t, seed, func(*rand.Rand) ordeal { o.rounds = gossip.Rounds(seed % 3); return o })
			}
		})
	}
}
