package gossip_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/topology"
)

// hostile draws a message as nobody sends it who means well: a node's name is
// forged, or what it has sent was damaged. The present incarnations' numbers are known
// to nobody but the two nodes, so that forgeries name others, which may be next
// to them.
func hostile(rng *rand.Rand, to *gossip.Core, from string, present uint64) *gossip.Message {
	around := func(epoch uint64) uint64 {
		return []uint64{
			0, 1, epoch - 1, epoch + 1, epoch + 1<<30, gossip.MaxIncarnation - 1, gossip.MaxIncarnation, gossip.MaxIncarnation + 1, math.MaxUint64, rng.Uint64() >> rng.IntN(64),
		}[rng.IntN(10)]
	}
	number := func() uint64 {
		return []uint64{0, 1, 2, rng.Uint64N(50), rng.Uint64N(50), 1 << 40, gossip.MaxCounter, math.MaxUint64}[rng.IntN(8)]
	}
	spans := func() (out []gossip.Span) {
		for range rng.IntN(3) {
			out = append(out, []gossip.Span{{number(), number()}, {1, gossip.MaxCounter}, {1, math.MaxUint64}}[rng.IntN(3)])
		}
		return out
	}
	some := func() time.Duration { return time.Duration(rng.Int64N(int64(2*time.Hour))) - time.Minute }
	m := &gossip.Message{
		Incarnation: around(present), For: around(to.View().Incarnation()), Batch: number(), Probe: rng.IntN(2) == 0, Want: rng.IntN(3) == 0, Resent: rng.IntN(3) == 0, Late: rng.IntN(3) == 0,
		Root: number(), Round: number(), Term: number(), Acks: spans(),
	}
	if m.Incarnation == present {
		m.Incarnation--
	}
	if rng.IntN(3) == 0 {
		m.Relation = gossip.Relation(rng.IntN(int(gossip.SyncingAll) + 2))
		for range rng.IntN(4) {
			m.Suspects = append(m.Suspects, fmt.Sprint("n", rng.IntN(5)))
		}
	}
	if rng.IntN(3) == 0 {
		m.Period, m.Path, m.Echo = some(), some(), gossip.Echo{number(), some(), true, some()}
	} else if rng.IntN(2) == 0 {
		m.Period, m.Echo = time.Hour, gossip.Echo{Batch: number()}
	}
	if rng.IntN(3) == 0 { // holds all that there is and will be
		m.Digest = &gossip.DigestPart{Exchange: number(), Part: rng.IntN(3) - 1, Parts: rng.IntN(4)}
		for _, n := range []string{"n0", "n1", "n2", "n3", from} {
			m.Digest.Lines = append(m.Digest.Lines, gossip.DigestLine{gossip.NewOriginID(n, fmt.Sprint("log", 1+2*rng.IntN(9))), spans()})
		}
	}
	if rng.IntN(8) == 0 {
		m.Runs = []gossip.Run{{gossip.NewOriginID(from, "forged"), number(), []string{"forged"}[:rng.IntN(2)]}}
	}
	return m
}

// Whatever comes in a node's name, when that node itself speaks again everything
// flows as before, within a few times what it takes to send again; and between
// the others it never stops.
func TestHostileStream_endsWithTheTruePeer(t *testing.T) {
	const begin, end, load = 3 * time.Second, 6 * time.Second, 12 * time.Second
	for _, rounds := range []gossip.Rounds{gossip.Free, gossip.Locked, gossip.Eager} {
		t.Run(fmt.Sprint(rounds), func(t *testing.T) {
			for seed := range uint64(150) {
				rng := rand.New(rand.NewPCG(seed, 7))
				s := newSim(4, 1+int(seed%3), seed, func(cfg *gossip.Config) { cfg.Rounds = rounds })
				forged := []string{"n0", "n1", "n2", "n3"}[rng.IntN(4)]
				victim := s.nodes[(rng.IntN(3)+1+int(forged[1]-'0'))%4]
				silent := rng.IntN(2) == 0 // the true peer says nothing meanwhile
				s.drop = func(from, to string) bool {
					return silent && from == forged && to == victim.name && s.now >= begin && s.now < end
				}
				came := map[string]time.Duration{}
				s.onLearn = func(n *simNode, e gossip.Entry) { came[n.name+" "+e.Value] = s.now }
				said, saidAt := map[string]*simNode{}, map[string]time.Duration{}
				for i := range int(load / (100 * ms)) {
					at := time.Duration(i) * 100 * ms
					n, value := s.nodes[i%4], fmt.Sprint("v", i)
					s.at(at, func() { said[value], saidAt[value] = n, s.now; s.broadcast(n, value) })
				}
				for range 100 {
					s.at(begin+time.Duration(rng.Int64N(int64(end-begin))), func() {
						s.deliver(victim, forged, hostile(rng, victim.core, forged, s.index[forged].core.View().Incarnation()))
					})
				}
				s.run(load + 10*time.Second)
				for value, origin := range said {
					for _, n := range s.nodes {
						if n == origin {
							continue
						}
						at, ok := came[n.name+" "+value]
						what := fmt.Sprintf("seed %d: %s of %s at %s; %s forged to %s", seed, value, origin.name, n.name, forged, victim.name)
						require.True(t, ok, what)
						require.Less(t, at-max(saidAt[value], end), 4*gossip.MaxInterval, what)
						if !silent && !passes(n.tree, origin.name, n.name, forged, victim.name) {
							require.Less(t, at-saidAt[value], 2*time.Second, "another link: "+what)
						}
					}
				}
				s.run(load + time.Minute)
				sent := s.sent
				s.run(10 * time.Minute)
				require.LessOrEqual(t, s.sent-sent, 10, "seed %d: it calms down", seed)
			}
		})
	}
}

// passes reports whether the way from one node to another leads over the link
// between two others.
func passes(tree *topology.Tree, from, to, a, b string) bool {
	if parent, ok := tree.Parent(a); !ok || parent != b {
		a, b = b, a
	}
	if parent, ok := tree.Parent(a); !ok || parent != b {
		return false // there is no such link
	}
	below := func(n string) bool { return n == a || slices.Contains(tree.Ancestors(n), a) }
	return below(from) != below(to)
}
