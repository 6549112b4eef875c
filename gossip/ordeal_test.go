package gossip_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// faultsEnd is when load and faults are over.
const faultsEnd = 20 * time.Second

// ordeal is what a cluster is put through until faultsEnd. The zero value is
// a quiet life without load.
type ordeal struct {
	perSecond   int // broadcasts
	largeValues bool
	formerLives int // sources in n0's log from before the run, one value each

	latency   time.Duration // mean
	scattered bool          // latency is uniform in 0..2*mean, so that messages overtake
	loss      float64       // shares of the messages ...
	ackLoss   float64       // ... of those that carry nothing but acks
	doubled   float64
	cuts      int // times of 1 to 6 s in which some pairs of nodes, one way or both, are cut

	dead   int // nodes that die for good
	paused int // times of 1 to 6 s in which a node stands still

	blank int // restarts that lose everything
	kept  int // restarts of the core on the log it had; the record works on

	storeIn time.Duration // stores take up to that long, each its own time
	dropped float64       // share of the deliveries that the record has no room for
	noRoom  float64       // share of the Advances that come without room
	refused float64       // share of the permits refused

	rounds gossip.Rounds
	target time.Duration // locked rounds: 0 for a fixed period

	ownFanOut bool // every node reckons with a fan-out of its own
}

// anyOrdeal draws one in which every kind of fault has its chance.
func anyOrdeal(rng *rand.Rand) ordeal {
	o := ordeal{perSecond: 1 + rng.IntN(30), latency: time.Duration(1+rng.IntN(300)) * ms}
	for _, draw := range []func(){
		func() { o.largeValues = true },
		func() { o.scattered = true },
		func() { o.loss = 0.5 * rng.Float64() },
		func() { o.ackLoss = rng.Float64() },
		func() { o.doubled = 0.5 * rng.Float64() },
		func() { o.cuts = 1 + rng.IntN(4) },
		func() { o.dead = rng.IntN(4) },
		func() { o.paused = rng.IntN(4) },
		func() { o.blank = 1 + rng.IntN(3) },
		func() { o.kept = 1 + rng.IntN(4) },
		func() { o.storeIn = time.Duration(1+rng.IntN(3000)) * ms },
		func() { o.dropped = 0.5 * rng.Float64() },
		func() { o.noRoom = 0.9 * rng.Float64() },
		func() { o.refused = rng.Float64() },
	} {
		if rng.IntN(2) == 0 {
			draw()
		}
	}
	if rng.IntN(8) == 0 {
		o.formerLives = 1 + rng.IntN(900)
	}
	// Nodes that do not agree on the tree cannot agree on who replaces whom.
	o.ownFanOut = o.dead == 0 && rng.IntN(8) == 0
	o.rounds = gossip.Rounds(rng.IntN(3))
	if o.rounds == gossip.Locked && rng.IntN(3) == 0 {
		o.target = time.Duration(100+rng.IntN(3000)) * ms
	}
	return o
}

// settled is when everything must have arrived everywhere at the latest.
func (o ordeal) settled() time.Duration { return faultsEnd + 25*time.Second + 50*o.latency }

// fickle permits are refused at random, for a time.
type fickle struct {
	*countedPermits
	refuse func() bool
}

func (p fickle) Acquire(now time.Duration, holder string) bool {
	return !p.refuse() && p.countedPermits.Acquire(now, holder)
}

// cluster is a sim that goes through an ordeal under a monitor's eyes.
type cluster struct {
	*sim
	ordeal
	rng     *rand.Rand
	watch   *monitor
	cut     map[[2]string]bool
	permits []*countedPermits // of every core there was
	vectors int               // parts of digests sent
	gone    map[*simNode]bool // dead for good
	trace   io.Writer         // nil: not wanted
}

func newCluster(t require.TestingT, n, k int, seed uint64, o ordeal) *cluster {
	c := &cluster{ordeal: o, rng: rand.New(rand.NewPCG(seed, 2)), cut: map[[2]string]bool{}, gone: map[*simNode]bool{}}
	c.sim = newSim(n, k, seed, c.configure)
	c.watch = watch(t, c.sim)
	c.shapeNetwork()
	c.room = func() int {
		if c.strikes(o.noRoom) {
			return 0
		}
		return 1 + c.rng.IntN(4)
	}
	c.record = func(_ *simNode, _ gossip.Delivery, store func()) {
		switch {
		case c.strikes(o.dropped):
		case o.storeIn > 0 && c.now < faultsEnd:
			c.at(c.now+c.upTo(o.storeIn), store)
		default:
			store()
		}
	}
	for i := range c.nodes {
		if o.ownFanOut {
			c.nodes[i].tree = mustTree(c.nodes[0].tree.Nodes(), 1+c.rng.IntN(n))
			c.restartCore(c.nodes[i], gossip.Never)
		}
	}
	for i := range o.formerLives {
		e := gossip.Entry{gossip.NewOriginID("n0", fmt.Sprint("former", i)), 1, fmt.Sprint(i)}
		c.watch.values[entryKey{e.Origin, e.Counter}] = e.Value
		c.nodes[0].log.Append(e)
		c.nodes[0].held.Add(e.Origin, e.Counter)
	}
	if o.formerLives > 0 {
		c.restartCore(c.nodes[0], time.Second)
	}
	c.plan()
	return c
}

func (c *cluster) configure(cfg *gossip.Config) {
	p := newPermits(1 << 30)
	c.permits = append(c.permits, p)
	cfg.Rounds, cfg.Target = c.rounds, c.target
	cfg.Permits = fickle{p, func() bool { return c.strikes(c.refused) }}
}

// strikes draws whether a fault of some probability happens now.
func (c *cluster) strikes(p float64) bool {
	return p > 0 && c.now < faultsEnd && c.rng.Float64() < p
}

// upTo draws a time from 0 to d, both included.
func (c *cluster) upTo(d time.Duration) time.Duration {
	return time.Duration(c.rng.Int64N(int64(d) + 1))
}

func (c *cluster) shapeNetwork() {
	c.sim.latency = func() time.Duration {
		if c.scattered {
			return c.upTo(2 * c.ordeal.latency)
		}
		return c.ordeal.latency
	}
	// What a message carries is seen when it is sent, just before it may be
	// dropped.
	var bare bool
	look := c.onSend
	c.onSend = func(now time.Duration, from, to string, m *gossip.Message) {
		look(now, from, to, m)
		bare = m.Batch == 0
		if m.Digest != nil {
			c.vectors++
		}
		if c.trace != nil {
			fmt.Fprintln(c.trace, showTime(now), from, to, show(m))
		}
	}
	c.drop = func(from, to string) bool {
		return c.cut[[2]string{from, to}] || c.strikes(c.loss) || (bare && c.strikes(c.ackLoss))
	}
	c.copies = func() int {
		if c.strikes(c.doubled) {
			return 2
		}
		return 1
	}
}

// plan puts load and faults into the event queue.
func (c *cluster) plan() {
	anyNode := func() *simNode { return c.nodes[c.rng.IntN(len(c.nodes))] }
	for i := range c.perSecond * int(faultsEnd/time.Second) {
		node, value := anyNode(), fmt.Sprint(i)
		if c.largeValues && c.rng.IntN(20) == 0 {
			value = strings.Repeat("v", gossip.MaxLineBytes+c.rng.IntN(gossip.MaxLineBytes))
		}
		c.at(time.Duration(i)*time.Second/time.Duration(c.perSecond), func() {
			if !node.dead && !node.paused {
				c.watch.broadcast(node, value)
			}
		})
	}
	for at := time.Duration(0); at < c.settled(); at += 100 * ms {
		c.at(at, func() { requireNoCycle(c.watch.t, c.sim) })
	}
	for range min(c.dead, len(c.nodes)-1) {
		node := anyNode()
		c.at(c.upTo(faultsEnd), func() { node.dead, c.gone[node] = true, true })
	}
	for range c.paused {
		node, from := anyNode(), c.upTo(faultsEnd-6*time.Second)
		c.at(from, func() { node.paused = true })
		c.at(from+time.Second+c.upTo(5*time.Second), func() { c.resume(node) })
	}
	for range c.cuts {
		from := c.upTo(faultsEnd - 6*time.Second)
		var pairs [][2]string
		for _, a := range c.nodes {
			for _, b := range c.nodes {
				if c.rng.IntN(3) == 0 {
					pairs = append(pairs, [2]string{a.name, b.name})
				}
			}
		}
		set := func(cut bool) func() {
			return func() {
				for _, p := range pairs {
					c.cut[p] = cut
				}
			}
		}
		c.at(from, set(true))
		c.at(from+time.Second+c.upTo(5*time.Second), set(false))
	}
	for i := range c.blank + c.kept {
		node := anyNode()
		c.at(time.Second+c.upTo(faultsEnd-2*time.Second), func() {
			if node.dead || node.paused {
				return
			}
			if i < c.blank {
				c.boot(node)
			}
			c.restartCore(node, c.now+time.Second)
		})
	}
	c.at(faultsEnd, func() {
		clear(c.cut)
		for _, n := range c.nodes {
			// A node that does not know that another talks to it greets that
			// one no sooner than it is spoken to.
			if c.ownFanOut {
				c.watch.broadcast(n, "last")
			}
		}
	})
}

// survive runs the cluster to the end and checks what must hold then.
func (c *cluster) survive(t require.TestingT) {
	c.run(c.settled())
	c.watch.requireHeldIsTrue()
	if len(c.gone) > 0 {
		c.surviveTheDead(t)
		return
	}
	require.True(t, c.watch.spread(), "something is missing somewhere")
	sent := c.sent
	c.run(c.settled() + 10*time.Minute)
	require.Equal(t, sent, c.sent, "nothing is said when there is nothing to say")
	for _, n := range c.nodes {
		require.Equal(t, gossip.Never, n.core.Next())
		figures := n.core.Stats()
		require.Zero(t, figures.UnackedLinks+figures.ProbedLinks+figures.BacklogEntries)
		require.Empty(t, n.core.Settings().Permits.(fickle).held)
	}
	for _, p := range c.permits {
		require.Empty(t, p.bad)
	}
}

// surviveTheDead checks what must hold at the end if some are dead for good:
// the others have all that any of them has, their links make one tree, and to
// look for the dead costs little.
func (c *cluster) surviveTheDead(t require.TestingT) {
	union, roots := gossip.NewDigest(), 0
	for _, n := range c.nodes {
		if n.dead {
			continue
		}
		for i := range n.log.Len() {
			union.Add(n.log.At(i).Origin, n.log.At(i).Counter)
		}
		if n.core.View().Parent() == "" {
			roots++
		}
	}
	require.LessOrEqual(t, roots, 1, "who has heard of nothing may still take a dead node for its parent")
	for _, n := range c.nodes {
		if !n.dead {
			require.Zero(t, union.MissingFrom(n.held), "something is missing at %s", n.name)
		}
	}
	sent := c.sent
	c.run(c.settled() + 10*time.Minute)
	looks := len(c.nodes)*(len(c.nodes)+2)*int(10*time.Minute/gossip.MaxInterval) + 3*len(c.nodes)*int(10*time.Minute/gossip.MaxSync)
	require.LessOrEqual(t, c.sent-sent, looks)
}
