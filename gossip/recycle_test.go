package gossip_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// copied is a message that shares no list with the given one that its core may
// use again.
func copied(m *gossip.Message) *gossip.Message {
	out := *m
	out.Acks, out.Runs = slices.Clone(m.Acks), slices.Clone(m.Runs)
	for i := range out.Runs {
		out.Runs[i].Values = slices.Clone(out.Runs[i].Values)
	}
	return &out
}

// The same cluster, with loss, a cut, a restart and a burst of values, says the same
// whether or not its cores are handed their messages back.
func TestCoresThatAreHandedTheirMessagesBackSayTheSame(t *testing.T) {
	for _, rounds := range []gossip.Rounds{gossip.Free, gossip.Locked, gossip.Eager} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%v seed %d", rounds, seed), func(t *testing.T) {
				var said [2]uint64
				var messages [2]int
				for i := range said {
					s := newSim(9, 3, seed, func(cfg *gossip.Config) { cfg.Rounds = rounds })
					s.recycles = i == 1
					loss := rand.New(rand.NewPCG(seed, 2))
					s.drop = func(from, to string) bool {
						cut := s.now > 5*time.Second && s.now < 9*time.Second && (from < "n4") != (to < "n4")
						return cut || loss.IntN(20) == 0
					}
					sum := fnv.New64a()
					s.onSend = func(now time.Duration, from, to string, m *gossip.Message) {
						fmt.Fprintln(sum, now, from, to, m.Incarnation, m.For, m.Batch, m.Probe, m.Resent, m.Late, m.Want, m.Round, m.Period, m.Relation, m.Suspects, m.Acks, m.Echo)
						for _, r := range m.Runs {
							fmt.Fprintln(sum, r.Origin.Value(), r.First, r.Values)
						}
						if m.Digest != nil {
							fmt.Fprintln(sum, m.Digest.Exchange, m.Digest.Part, m.Digest.Parts, len(m.Digest.Lines))
						}
					}
					n := s.load(0, 15*time.Second, 40)
					s.at(6*time.Second, func() {
						for v := range 2000 {
							s.broadcast(s.nodes[8], fmt.Sprint("burst", v))
						}
					})
					s.at(10*time.Second, func() { s.restartCore(s.nodes[1], s.now+time.Second) })
					s.run(time.Minute)
					require.True(t, s.complete(n+2000))
					require.Equal(t, s.recycles, s.nodes[0].core.KeepsLists())
					said[i], messages[i] = sum.Sum64(), s.sent
				}
				require.Equal(t, messages[0], messages[1])
				require.Equal(t, said[0], said[1])
			})
		}
	}
}
