package gossip

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// copied is a message that shares no list with the given one that its core may
// use again.
func copied(m *Message) *Message {
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
	for _, rounds := range []Rounds{Free, Locked, Eager} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%v seed %d", rounds, seed), func(t *testing.T) {
				var said [2]uint64
				var messages [2]int
				for i := range said {
					s := newSim(9, 3, seed, func(cfg *Config) { cfg.Rounds = rounds })
					s.recycles = i == 1
					loss := rand.New(rand.NewPCG(seed, 2))
					s.drop = func(from, to string) bool {
						cut := s.now > 5*time.Second && s.now < 9*time.Second && (from < "n4") != (to < "n4")
						return cut || loss.IntN(20) == 0
					}
					sum := fnv.New64a()
					s.onSend = func(now time.Duration, from, to string, m *Message) {
						fmt.Fprintln(sum, now, from, to, m.Epoch, m.For, m.Batch, m.Probe, m.Resent, m.Want, m.Round, m.Period, m.Tie, m.Suspects, m.Acks, m.Echo)
						for _, r := range m.Runs {
							fmt.Fprintln(sum, r.Source.Value(), r.First, r.Values)
						}
						if m.Vector != nil {
							fmt.Fprintln(sum, m.Vector.Exchange, m.Vector.Part, m.Vector.Parts, len(m.Vector.Held))
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
					used := slices.ContainsFunc(s.nodes[0].core.blanks.free, func(b *blank) bool { return cap(b.values) > 0 })
					require.Equal(t, s.recycles, used)
					said[i], messages[i] = sum.Sum64(), s.sent
				}
				require.Equal(t, messages[0], messages[1])
				require.Equal(t, said[0], said[1])
			})
		}
	}
}

func TestWhatIsKeptToBeUsedAgainIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s blanks
		var out []*blank
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "take") {
				b := s.take()
				require.Equal(t, Message{}, b.message)
				require.False(t, slices.ContainsFunc(b.values[:cap(b.values)], func(v string) bool { return v != "" }))
				runs, values := rapid.IntRange(0, 400).Draw(t, "runs"), rapid.IntRange(0, 600).Draw(t, "values")
				b.runs, b.values = sized(b.runs, runs), sized(b.values, values)
				for i := range b.values {
					b.values[i] = "v"
				}
				for i := range b.runs {
					b.runs[i] = Run{Source: mine, First: 1}
				}
				b.message.Runs, b.message.Batch = b.runs, 1
				out = append(out, b)
			} else if len(out) > 0 {
				s.put(out[0])
				out = out[1:]
			}
			bytes := 0
			for _, b := range s.free {
				require.LessOrEqual(t, b.bytes(), maxBlankBytes)
				require.NotContains(t, out, b)
				for _, r := range b.runs[:cap(b.runs)] {
					require.Zero(t, r)
				}
				bytes += b.bytes()
			}
			require.Equal(t, bytes, s.bytes)
			require.LessOrEqual(t, bytes, maxBlanksBytes)
		}
	})
}
