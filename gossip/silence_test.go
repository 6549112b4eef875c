package gossip_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// talk has the nodes of a small star talk for some rounds of 400 ms and fall silent,
// after meddle has had its say, and returns the cluster.
func talk(seed uint64, period time.Duration, meddle func(s *sim)) (s *sim, values int) {
	s = newSim(5, 4, seed, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, period })
	meddle(s)
	n := s.load(0, 4*time.Second, 8)
	s.run(time.Minute)
	return s, n
}

// A child that has spoken before the last flush need not ack it.
func TestSilence_saysThatAFlushIsStored(t *testing.T) {
	var flush, before time.Duration
	spoke, acked := map[string]time.Duration{}, map[string]time.Duration{}
	s, n := talk(1, 400*ms, func(s *sim) {
		s.onSend = func(now time.Duration, from, to string, m *gossip.Message) {
			switch {
			case from == "n0" && len(m.Runs) > 0 && now > flush:
				flush, before = now, flush
			case from == "n0":
			case len(m.Runs) > 0:
				spoke[from] = now
			default:
				acked[from] = now
			}
		}
	})
	require.True(t, s.complete(n))
	silent := 0
	for _, node := range s.nodes[1:] {
		last := spoke[node.name] > before
		require.NotEqual(t, last, acked[node.name] > flush, "%s has spoken before the last flush: %v", node.name, last)
		if last {
			silent++
		}
	}
	require.NotZero(t, silent)
}

// Whatever single message is lost, and with whatever other one, everything is everywhere
// soon, though nobody has anything more to say.
func TestSilence_outlivesTheLossOfAnyMessage(t *testing.T) {
	for _, period := range []time.Duration{150 * ms, 400 * ms, 1200 * ms} {
		whole, _ := talk(2, period, func(*sim) {})
		for lost := range whole.sent {
			rng := rand.New(rand.NewPCG(uint64(lost), 7))
			for _, other := range []int{-1, lost + 1 + rng.IntN(4), lost + 1 + rng.IntN(12)} {
				s, n := talk(2, period, func(s *sim) {
					s.drop = func(string, string) bool { return s.sent-1 == lost || s.sent-1 == other }
				})
				require.True(t, s.complete(n), "period %v, without messages %d and %d", period, lost, other)
			}
		}
	}
}

// A flush that comes and cannot be stored, or is stored late, goes again, and so does one that is lost.
func TestSilence_isBrokenByWhatCannotBeStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64Range(1, 1<<40).Draw(t, "seed")
		period := rapid.SampledFrom([]time.Duration{100 * ms, 300 * ms, 470 * ms, 1740 * ms}).Draw(t, "period")
		share := rapid.Float64Range(0, 0.4).Draw(t, "share")
		until := rapid.Int64Range(3000, 9000).Draw(t, "until")
		s, n := talk(seed, period, func(s *sim) {
			rng := rand.New(rand.NewPCG(seed, 3))
			broken := func() bool { return s.now < time.Duration(until)*ms && rng.Float64() < share }
			s.record = func(_ *simNode, _ gossip.Delivery, store func()) {
				switch {
				case broken():
				case broken():
					s.at(s.now+time.Duration(rng.Int64N(3000))*ms, store)
				default:
					store()
				}
			}
			s.drop = func(string, string) bool { return broken() }
			s.latency = func() time.Duration { return time.Duration(20+rng.Int64N(200)) * ms }
		})
		require.True(t, s.complete(n), "%v", holdings(s))
	})
}

func holdings(s *sim) (out []string) {
	for _, n := range s.nodes {
		out = append(out, fmt.Sprint(n.name, " ", n.log.Len()))
	}
	return out
}

// Nodes that start together reckon with the root's grid as with their own: nobody has to
// ask for its slot.
func TestGuess_needsNoAnswersAtTheStart(t *testing.T) {
	bare, last := 0, time.Duration(0)
	s := newSim(25, 24, 3, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, 1740*ms })
	said := map[string]time.Duration{}
	s.onSend = func(_ time.Duration, _, _ string, m *gossip.Message) {
		if len(m.Runs) == 0 {
			bare++
		}
	}
	heard := map[string]int{}
	s.onLearn = func(_ *simNode, e gossip.Entry) {
		if heard[e.Value]++; heard[e.Value] == 24 {
			last = max(last, s.now-said[e.Value])
		}
	}
	for i := range 60 {
		at := time.Duration(i*20) * ms
		s.at(at, func() {
			v := fmt.Sprint(i)
			said[v] = at
			s.broadcast(s.nodes[1+i%24], v)
		})
	}
	s.run(1800 * ms)
	require.Zero(t, bare)
	require.LessOrEqual(t, s.sent, 24*2+24/2)
	s.run(10 * time.Second)
	require.True(t, s.complete(60))
	require.LessOrEqual(t, last, 1740*ms+2*100*ms)
}

// One that starts at another time than its root is told the grid by the first flush.
func TestGuess_thatIsWrongCostsAPeriodOnce(t *testing.T) {
	for _, late := range []time.Duration{100 * ms, 400 * ms, 900 * ms, 1500 * ms} {
		s := newSim(3, 2, 3, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, 1740*ms })
		late := late
		for _, n := range s.nodes[1:] {
			n.dead = true
		}
		s.run(late)
		for _, n := range s.nodes[1:] {
			s.boot(n)
		}
		s.broadcast(s.nodes[1], "a")
		s.run(late + 2*1740*ms + 200*ms)
		require.True(t, s.complete(1), "%v late", late)
	}
}
