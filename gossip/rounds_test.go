package gossip_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// trial is a cluster of 25 nodes at 100 ms that takes 50 broadcasts a second
// for 20 s, and how long each value took to be everywhere.
type trial struct {
	*sim
	values int
	took   []time.Duration // per value sent after the first two seconds
	early  []time.Duration // per value sent before that
	load   int             // messages sent by the end of the load
}

func newTrial(k int, seed uint64, config func(*gossip.Config), shape ...func(*trial)) *trial {
	tr := &trial{sim: newSim(25, k, seed, config)}
	for _, s := range shape {
		s(tr)
	}
	sentAt, holders := map[string]time.Duration{}, map[string]int{}
	for at := time.Duration(0); at < 20*time.Second; at += time.Duration(tr.rng.Int64N(int64(40 * ms))) {
		tr.values++
		value, node := fmt.Sprint(tr.values), tr.nodes[tr.rng.IntN(25)]
		tr.at(at, func() {
			sentAt[value] = tr.now
			tr.broadcast(node, value)
		})
	}
	tr.onLearn = func(_ *simNode, e gossip.Entry) {
		if holders[e.Value]++; holders[e.Value] == 24 {
			if took := tr.now - sentAt[e.Value]; sentAt[e.Value] < 2*time.Second {
				tr.early = append(tr.early, took)
			} else {
				tr.took = append(tr.took, took)
			}
		}
	}
	tr.run(20 * time.Second)
	tr.load = tr.sent
	tr.run(time.Minute)
	return tr
}

// late is how many values took longer than a bound, the first two seconds
// excepted.
func (tr *trial) late(bound time.Duration) int { return longer(tr.took, bound) }

// lateAtFirst is the same for the first two seconds.
func (tr *trial) lateAtFirst(bound time.Duration) int { return longer(tr.early, bound) }

func longer(list []time.Duration, bound time.Duration) int {
	n := 0
	for _, d := range list {
		if d > bound {
			n++
		}
	}
	return n
}

// formula is how many messages locked rounds need for 20 s of 50 broadcasts a
// second: every node is told once a round, and speaks if anything in its
// subtree has news.
func (tr *trial) formula(period time.Duration) float64 {
	const broadcasts = 50.0
	p := period.Seconds()
	speaks := func(share float64) float64 { return (1 - math.Exp(-broadcasts*p*share)) / p }
	tree := tr.nodes[0].tree
	sum := 0.0
	var subtree func(id string) int
	subtree = func(id string) int {
		size := 1
		for _, child := range tree.Children(id) {
			size += subtree(child)
		}
		if id != tree.Root() {
			sum += speaks(float64(size)/25) + speaks(1)
		}
		return size
	}
	subtree(tree.Root())
	return sum * 20
}

func TestLockedRoundsKeepToTheFormula(t *testing.T) {
	for _, k := range []int{2, 3, 5, 24} {
		for _, period := range []time.Duration{200 * ms, 400 * ms, 800 * ms, 1600 * ms} {
			t.Run(fmt.Sprintf("k=%d P=%v", k, period), func(t *testing.T) {
				messages, formula := 0, 0.0
				for seed := range uint64(3) {
					tr := newTrial(k, seed, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, period })
					require.True(t, tr.complete(tr.values))
					messages, formula = messages+tr.load, formula+tr.formula(period)
					d := time.Duration(tr.nodes[0].tree.Depth())
					require.Zero(t, tr.late(period+2*d*100*ms+d*gossip.MinGuard))
					// Before a node has found its slot it keeps what it learns for
					// a little, where the period is long.
					hold := max(0, period-gossip.HoldFrom) / 4
					require.Zero(t, tr.lateAtFirst(period+2*d*(100*ms+gossip.MinGuard)+d*hold))
				}
				require.LessOrEqual(t, float64(messages), 1.08*formula)
			})
		}
	}
}

func TestRandomLatencyCostsFewMessages(t *testing.T) {
	uniform := func(tr *trial) {
		tr.latency = func() time.Duration { return time.Duration(tr.rng.Int64N(int64(200 * ms))) }
	}
	exponential := func(tr *trial) {
		tr.latency = func() time.Duration { return time.Duration(tr.rng.ExpFloat64() * float64(100*ms)) }
	}
	for _, k := range []int{5, 24} {
		for _, period := range []time.Duration{280 * ms, 470 * ms, 1740 * ms} {
			locked := func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, period }
			constant := newTrial(k, 1, locked)
			for name, shape := range map[string]func(*trial){"uniform": uniform, "exponential": exponential} {
				tr := newTrial(k, 1, locked, shape)
				require.True(t, tr.complete(tr.values))
				require.LessOrEqual(t, float64(tr.sent), 1.2*float64(constant.sent), "%s, k=%d, P=%v", name, k, period)
			}
		}
	}
}

// A partition costs no more than twice what a healthy cluster sends, in any two
// seconds of it but the first.
func TestPartitionsDoNotMakeClustersTalkative(t *testing.T) {
	for _, k := range []int{5, 24} {
		for seed := range uint64(6) {
			var sentAt []time.Duration
			s := newSim(25, k, seed, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, 470*ms })
			cut := map[string]bool{}
			size := []int{1, 8, 12}[seed%3] // one node, a third, half of them
			for _, i := range s.rng.Perm(25)[:size] {
				cut[s.nodes[i].name] = true
			}
			s.drop = func(from, to string) bool {
				return s.now > 10*time.Second && s.now < 20*time.Second && cut[from] != cut[to]
			}
			s.onSend = func(now time.Duration, _, _ string, _ *gossip.Message) { sentAt = append(sentAt, now) }
			n := s.load(0, 30*time.Second, 50)
			s.run(40 * time.Second)
			require.True(t, s.complete(n))
			within := func(from, to time.Duration) (count int) {
				for _, at := range sentAt {
					if from <= at && at < to {
						count++
					}
				}
				return count
			}
			healthy := float64(within(4*time.Second, 10*time.Second)) / 3
			for from := 11 * time.Second; from < 20*time.Second; from += 250 * ms {
				most := 2.1
				if from+2*time.Second > 20*time.Second {
					most = 2.15 // with the exchange of digests after it
				}
				require.LessOrEqual(t, float64(within(from, from+2*time.Second)), most*healthy, "k=%d seed=%d from %v", k, seed, from)
			}
		}
	}
}

func TestLatencyTargetIsKept(t *testing.T) {
	for _, c := range []struct {
		k       int
		target  time.Duration
		longest time.Duration // fixed period that keeps it
	}{
		{24, 400 * ms, 145 * ms}, {24, 600 * ms, 385 * ms}, {24, 1000 * ms, 785 * ms}, {24, 2000 * ms, 1785 * ms},
		{5, 600 * ms, 165 * ms}, {5, 1000 * ms, 565 * ms}, {5, 2000 * ms, 1565 * ms},
	} {
		t.Run(fmt.Sprintf("k=%d D=%v", c.k, c.target), func(t *testing.T) {
			tr := newTrial(c.k, 1, func(cfg *gossip.Config) { cfg.Rounds, cfg.Target = gossip.Locked, c.target })
			require.True(t, tr.complete(tr.values))
			require.Zero(t, tr.late(c.target))
			require.LessOrEqual(t, tr.lateAtFirst(c.target), tr.values/200)
			fixed := newTrial(c.k, 1, func(cfg *gossip.Config) { cfg.Rounds, cfg.Period = gossip.Locked, c.longest })
			require.LessOrEqual(t, float64(tr.sent), 1.15*float64(fixed.sent))
			require.False(t, tr.nodes[0].core.Stats().TargetMissed)
		})
	}
}

func TestLongestPeriodKeepsBothBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		height := rapid.IntRange(1, 5).Draw(t, "height")
		hop := time.Duration(rapid.IntRange(1, 300).Draw(t, "hop")) * ms
		path := 2 * hop * time.Duration(height)
		target := path + time.Duration(rapid.IntRange(1, 5000).Draw(t, "room"))*ms
		takes := func(p time.Duration) time.Duration {
			slots := (path + p - 1) / p
			return max(p+path, slots*p+hop)
		}
		p := gossip.LongestPeriod(target, path, height)
		if p >= gossip.MinPeriod {
			require.LessOrEqual(t, takes(p), target)
		}
		for longer := p + ms; longer <= target-path; longer += ms {
			if longer >= gossip.MinPeriod {
				require.Greater(t, takes(longer), target, "%v would do, not only %v", longer, p)
			}
		}
	})
	require.Equal(t, 385*ms, gossip.LongestPeriod(600*ms, 215*ms, 1))
	require.Equal(t, 147500*time.Microsecond, gossip.LongestPeriod(400*ms, 210*ms, 1))
}

func TestLatencyTargetThatCannotBeKeptIsSaid(t *testing.T) {
	tr := newTrial(5, 1, func(cfg *gossip.Config) { cfg.Rounds, cfg.Target = gossip.Locked, 400*ms })
	require.True(t, tr.complete(tr.values))
	require.True(t, tr.nodes[0].core.Stats().TargetMissed)
	require.LessOrEqual(t, tr.late(430*ms), tr.values/20, "it does what it can")
}

func TestEagerRoundsTakeOneWayPerHop(t *testing.T) {
	tree := newTrial(5, 1, func(cfg *gossip.Config) { cfg.Rounds = gossip.Eager })
	require.True(t, tree.complete(tree.values))
	require.Zero(t, tree.late(400*ms))
	direct := newTrial(24, 1, func(cfg *gossip.Config) {
		cfg.Rounds, cfg.Direct = gossip.Eager, true
		cfg.Neighbours = nil
		for i := range 25 {
			if name := fmt.Sprint("n", i); name != cfg.Self {
				cfg.Neighbours = append(cfg.Neighbours, gossip.Neighbour{Name: name, Leaf: true})
			}
		}
	})
	require.True(t, direct.complete(direct.values))
	require.Zero(t, direct.late(100*ms))
	require.LessOrEqual(t, direct.sent, 24*direct.values+24*25*2)
}

func TestClusterWakesUpAfterHoursOfSilence(t *testing.T) {
	for _, rounds := range []gossip.Rounds{gossip.Free, gossip.Locked, gossip.Eager} {
		s := newSim(7, 2, 1, func(c *gossip.Config) { c.Rounds = rounds })
		for i, at := range []time.Duration{time.Second, 5 * time.Hour, 30 * time.Hour} {
			s.at(at, func() { s.broadcast(s.nodes[3+i], fmt.Sprint(i)) })
			s.run(at + 3*time.Second)
			require.True(t, s.complete(i+1), "rounds %d, after %v", rounds, at)
		}
	}
}

func TestLockedRoundsFallSilent(t *testing.T) {
	for _, k := range []int{2, 5, 24} {
		s := newSim(25, k, 1, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, 400*ms })
		s.at(time.Second, func() { s.broadcast(s.nodes[24], "1") })
		s.run(6 * time.Second)
		require.True(t, s.complete(1))
		depth := s.nodes[0].tree.Depth()
		// Down to everyone but the origin, up the levels, and an ack for each at
		// the worst.
		require.LessOrEqual(t, s.sent, 2*(24+depth))
		sent := s.sent
		s.run(time.Hour)
		require.Equal(t, sent, s.sent)
	}
}

func TestRootsGridDoesNotDriftHoweverLateItIsServed(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Rounds, cfg.Period = gossip.Locked, 400*ms })
	for i := range 100 {
		learn(c, time.Duration(i)*400*ms+20*ms, 1)
		require.Equal(t, time.Duration(i+1)*400*ms, c.DownAt())
		late := c.DownAt() + 7*ms
		c.Advance(late, 10)
		require.Equal(t, late+gossip.Settle, c.DownAt(), "what came meanwhile is to be read first")
		c.Advance(c.DownAt(), 10)
	}
}

// innerCore is an inner node whose parent is n0 and whose child is n2.
func innerCore(t *testing.T) *gossip.Core {
	return gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Rounds, cfg.Period, cfg.Depth, cfg.Height = gossip.Locked, 400*ms, 2, 1
		cfg.Neighbours = []gossip.Neighbour{{Name: "n0", Role: gossip.Parent}, {Name: "n2", Leaf: true}}
	})
}

func TestRoundsOfARestartedRootCountFromOne(t *testing.T) {
	c := innerCore(t)
	receive(c, 0, "n0", &gossip.Message{Incarnation: 5, Root: 3, Round: 500, Period: 400 * ms})
	require.Equal(t, time.Duration(0), c.DownAt())
	c.Advance(0, 9)
	require.Equal(t, gossip.Never, c.DownAt())
	receive(c, time.Second, "n0", &gossip.Message{Incarnation: 5, Root: 3, Round: 499})
	require.Equal(t, gossip.Never, c.DownAt(), "an older flush moves nothing")
	receive(c, time.Second, "n0", &gossip.Message{Incarnation: 5, Root: 4, Round: 1})
	require.Equal(t, time.Second, c.DownAt(), "the root has begun a new life")
	c.Advance(time.Second, 9)
	receive(c, 2*time.Second, "n0", &gossip.Message{Incarnation: 5, Root: 3, Round: 501})
	require.Equal(t, gossip.Never, c.DownAt(), "a flush of its former life moves nothing")
}

func TestOvertakenMessageDoesNotSetThePeriodBack(t *testing.T) {
	c := innerCore(t)
	receive(c, 0, "n0", &gossip.Message{Incarnation: 5, Root: 3, Round: 9, Period: 700 * ms})
	require.Equal(t, 700*ms, c.Stats().Period)
	receive(c, 10*ms, "n0", &gossip.Message{Incarnation: 5, Root: 3, Round: 8, Period: 100 * ms})
	require.Equal(t, 700*ms, c.Stats().Period)
}
