package gossip_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// crowd is a core between neighbours that ack every batch in the next round
// and have nothing to say themselves.
type crowd struct {
	core  *gossip.Core
	now   time.Duration
	value int
	sent  []*gossip.Message // of the last round
}

// newCrowd returns a core whose neighbours have acked a history of so many
// values.
func newCrowd(t require.TestingT, neighbours, history int) *crowd {
	r := &crowd{}
	r.core = gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Fresh, cfg.Neighbours = true, nil
		for i := range neighbours {
			cfg.Neighbours = append(cfg.Neighbours, gossip.Neighbour{Name: fmt.Sprint("n", i+1)})
		}
	})
	for history > 0 {
		n := min(history, 100)
		r.round(n)
		history -= n
	}
	for range 4 { // what is left of acks
		r.round(0)
	}
	require.Zero(t, r.entries())
	return r
}

// round learns so many values and tells all neighbours, who ack it.
func (r *crowd) round(values int) {
	for range values {
		r.value++
		r.core.Log().Append(gossip.Entry{mine, uint64(r.value), "1234567"})
	}
	r.core.Learn(r.now)
	r.now += period
	r.sent = r.sent[:0]
	for again := true; again; {
		again = false
		for _, o := range r.core.Advance(r.now, 64) {
			r.sent = append(r.sent, o.Message)
			if o.Message.Batch == 0 {
				continue
			}
			again = true
			r.core.Receive(r.now, o.To, &gossip.Message{
				Incarnation: peerEpoch, For: ourEpoch,
				Acks: []gossip.Span{{o.Message.Batch, o.Message.Batch}}, Echo: gossip.Echo{Batch: o.Message.Batch},
			})
		}
	}
}

// entries is how many entries the last round's messages have.
func (r *crowd) entries() int {
	n := 0
	for _, m := range r.sent {
		n += m.Entries()
	}
	return n
}

// What a round does is counted, not timed, so that the test is exact: the
// messages, their entries and what is allocated for them.
func TestRoundTakesAsMuchWhateverTheHistory(t *testing.T) {
	const few, many = 1000, 300_000
	for _, neighbours := range []int{1, 3, 24} {
		for _, delta := range []int{10, 100} {
			t.Run(fmt.Sprintf("%d values to %d", delta, neighbours), func(t *testing.T) {
				short, long := newCrowd(t, neighbours, few), newCrowd(t, neighbours, many)
				require.Equal(t, many, long.core.Log().Len())
				var allocations [2]float64
				for i, r := range []*crowd{short, long} {
					allocations[i] = testing.AllocsPerRun(20, func() { r.round(delta) })
					require.Equal(t, delta*neighbours, r.entries(), "each neighbour gets the delta, and it alone")
					require.Len(t, r.sent, neighbours)
				}
				require.InDelta(t, allocations[0], allocations[1], 2+float64(delta)/16,
					"but for a chunk of the log now and then")
			})
		}
	}
}

// BenchmarkRoundsInTurns is rounds of a core: so many values are appended to the
// log, every neighbour gets them in one message and acks it. Spelling lines is not
// in it; the log's growth is. An iteration is ten rounds with 1 000 known values
// and ten with 1 000 000, in turns, so that whatever else the machine does meets
// both. The figures are medians, the quotient that of the quotients. A history
// that has doubled begins anew, off the clock.
func BenchmarkRoundsInTurns(b *testing.B) {
	const rounds = 10
	histories := [2]int{1000, 1_000_000}
	for _, neighbours := range []int{1, 3, 24} {
		for _, delta := range []int{10, 100} {
			b.Run(fmt.Sprintf("neighbours=%d/delta=%d", neighbours, delta), func(b *testing.B) {
				var crowds [2]*crowd
				var took [2][]float64 // ns a round
				var quotients []float64
				for i, history := range histories {
					crowds[i] = newCrowd(b, neighbours, history)
				}
				for b.Loop() {
					for i := range crowds {
						i = (i + len(quotients)) % 2
						if crowds[i].value+rounds*delta > 2*histories[i] {
							crowds[i] = newCrowd(b, neighbours, histories[i])
						}
						start := time.Now()
						for range rounds {
							crowds[i].round(delta)
						}
						took[i] = append(took[i], float64(time.Since(start).Nanoseconds())/rounds)
						require.Equal(b, delta*neighbours, crowds[i].entries())
					}
					n := len(quotients)
					quotients = append(quotients, took[1][n]/took[0][n])
				}
				b.ReportMetric(0, "ns/op")
				for unit, list := range map[string][]float64{"short-ns/round": took[0], "long-ns/round": took[1], "long/short": quotients} {
					slices.Sort(list)
					b.ReportMetric(list[len(list)/2], unit)
				}
			})
		}
	}
}

// naive is the loop of the article that the project began with: one set of
// all values, and for each neighbour the set of those it is known to have. It
// copies that set, as the article does.
type naive struct {
	db    map[int]any
	acked []map[int]any
}

// round returns what each neighbour is to be told.
func (s *naive) round() [][]int {
	values := make([]int, 0, len(s.db))
	for v := range s.db {
		values = append(values, v)
	}
	var out [][]int
	for _, known := range s.acked {
		current := make(map[int]any)
		for v := range known {
			current[v] = nil
		}
		message := make([]int, 0)
		for _, v := range values {
			if _, ok := current[v]; !ok {
				message = append(message, v)
			}
		}
		out = append(out, message)
	}
	return out
}

// BenchmarkNaiveRound is a round of the loop that looks at every known value. Its
// values are there before, and nothing is acked, so that the history stays as it is.
func BenchmarkNaiveRound(b *testing.B) {
	for _, shape := range []struct{ neighbours, delta int }{{1, 10}, {3, 10}, {24, 100}} {
		neighbours, delta := shape.neighbours, shape.delta
		for _, history := range []int{1000, 1_000_000} {
			b.Run(fmt.Sprintf("neighbours=%d/delta=%d/history=%d", neighbours, delta, history), func(b *testing.B) {
				s := naive{db: map[int]any{}, acked: make([]map[int]any, neighbours)}
				for i := range s.acked {
					s.acked[i] = map[int]any{}
					for v := range history {
						s.acked[i][v] = nil
					}
				}
				for v := range history + delta {
					s.db[v] = nil
				}
				b.ReportAllocs()
				for b.Loop() {
					for _, message := range s.round() {
						require.Len(b, message, delta)
					}
				}
			})
		}
	}
}
