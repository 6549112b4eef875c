//go:build !race

package gossip_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// What the core allocates once its buffers have grown to what they need: what a
// message carries away, and what a delivery hands out.

// allocated is how many allocations a message is: itself, its acks, and for its
// entries a list of runs and one of values.
func allocated(m *gossip.Message) int {
	n := 1
	if len(m.Acks) > 0 {
		n++
	}
	if len(m.Runs) > 0 {
		n += 2
	}
	return n
}

// roomInChunk is a length of the log after which it takes 200 entries without
// allocating.
const roomInChunk = 8*gossip.ChunkEntries + 1

func TestARoundAllocatesItsMessagesAlone(t *testing.T) {
	for _, rounds := range []gossip.Rounds{gossip.Free, gossip.Locked, gossip.Eager} {
		for _, shape := range []struct {
			k    int
			self string
		}{{24, "n0"}, {24, "n9"}, {3, "n1"}} {
			for _, delta := range []int{1, 10, 90} {
				t.Run(fmt.Sprintf("%v k=%d %s delta %d", rounds, shape.k, shape.self, delta), func(t *testing.T) {
					r := &crowd{core: treeCore(t, 25, shape.k, shape.self, func(cfg *gossip.Config) { cfg.Rounds, cfg.Fresh = rounds, true })}
					for r.value < roomInChunk {
						r.round(min(100, roomInChunk-r.value))
					}
					r.round(0)
					runs, want := 200/delta-1, 0
					ack := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: make([]gossip.Span, 1)}
					got := testing.AllocsPerRun(runs, func() {
						if r.value == roomInChunk+delta {
							want = 0 // the first run does not count
						}
						for range delta {
							r.value++
							r.core.Log().Append(gossip.Entry{mine, uint64(r.value), "1234567"})
						}
						r.core.Learn(r.now)
						for r.now += period; r.core.Next() <= r.now; {
							for _, o := range r.core.Advance(r.now, 64) {
								want += allocated(o.Message)
								if b := o.Message.Batch; b != 0 {
									ack.Acks[0], ack.Echo.Batch = gossip.Span{b, b}, b
									r.core.Receive(r.now, o.To, ack)
								}
							}
						}
					})
					require.Greater(t, want, runs)
					require.Equal(t, float64(want/runs), got)
				})
			}
		}
	}
}

// Where messages are handed back, there are none to be made.
func TestARoundOfMessagesThatAreHandedBackAllocatesNothing(t *testing.T) {
	for _, k := range []int{3, 24} {
		for _, delta := range []int{1, 10, 100} {
			t.Run(fmt.Sprintf("k=%d delta %d", k, delta), func(t *testing.T) {
				c := treeCore(t, 25, k, "n0", func(cfg *gossip.Config) { cfg.Rounds, cfg.Fresh = gossip.Locked, true })
				ack := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: make([]gossip.Span, 1)}
				now, value, batches := time.Duration(0), 0, 0
				round := func() {
					for range delta {
						value++
						c.Log().Append(gossip.Entry{mine, uint64(value), "1234567"})
					}
					c.Learn(now)
					for now += period; c.Next() <= now; {
						for _, o := range c.Advance(now, 64) {
							b := o.Message.Batch
							if c.Release(o); b != 0 {
								batches++
								ack.Acks[0], ack.Echo.Batch = gossip.Span{b, b}, b
								c.Receive(now, o.To, ack)
							}
						}
					}
				}
				for value < roomInChunk {
					round()
				}
				for c.Log().Len()%gossip.ChunkEntries > gossip.ChunkEntries/4 {
					round()
				}
				runs := min(100/delta, 20)
				batches = 0
				require.Zero(t, testing.AllocsPerRun(runs, round))
				require.Equal(t, (runs+1)*k, batches)
			})
		}
	}
}

// Over direct links others' entries are told to nobody, and to find that takes
// nothing away from what is kept for our own.
func TestWhatIsNotPassedOnCostsDirectLinksNothing(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Self, cfg.Rounds, cfg.Direct = "n0", gossip.Eager, true
		cfg.Neighbours = []gossip.Neighbour{{Name: "n1", Leaf: true}, {Name: "n2", Leaf: true}}
	})
	ack := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: make([]gossip.Span, 1)}
	others := gossip.NewOriginID("n9", "others")
	own, sent := uint64(0), 0
	say := func() {
		c.Learn(0)
		for c.Next() <= 0 {
			for _, o := range c.Advance(0, 64) {
				b := o.Message.Batch
				sent += o.Message.Entries()
				c.Release(o)
				ack.Acks[0], ack.Echo.Batch = gossip.Span{b, b}, b
				c.Receive(0, o.To, ack)
			}
		}
	}
	round := func() {
		own++
		c.Log().Append(gossip.Entry{others, own, "1"})
		say()
		c.Log().Append(gossip.Entry{mine, own, "2"})
		say()
	}
	for c.Log().Len() <= roomInChunk {
		round()
	}
	sent = 0
	require.Zero(t, testing.AllocsPerRun(20, round))
	require.Equal(t, 21*2, sent)
}

// Batches of a neighbour cost what is handed out of them, and the acks in what it is told next.
func TestABatchAllocatesItsDeliveryAlone(t *testing.T) {
	for _, entries := range []int{1, 40} {
		c := treeCore(t, 25, 24, "n0", func(cfg *gossip.Config) { cfg.Rounds = gossip.Locked })
		batch := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Runs: []gossip.Run{{Origin: theirs, First: 1, Values: make([]string, entries)}}}
		ack := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: make([]gossip.Span, 1)}
		now, want := period, 0
		round := func() {
			batch.Batch++
			d, ok := c.Receive(now, "n1", batch)
			if !ok {
				panic("it is news")
			}
			batch.Runs[0].First += uint64(entries)
			gossip.Store(c, now, d)
			want = 1
			for now += period; c.Next() <= now; {
				for _, o := range c.Advance(now, 64) {
					want += allocated(o.Message)
					if b := o.Message.Batch; b != 0 {
						ack.Acks[0], ack.Echo.Batch = gossip.Span{b, b}, b
						c.Receive(now, o.To, ack)
					}
				}
			}
		}
		for c.Log().Len() < roomInChunk-1 {
			round()
		}
		require.LessOrEqual(t, c.Log().Len()%gossip.ChunkEntries, gossip.ChunkEntries-5*entries)
		got := testing.AllocsPerRun(4, round)
		require.Equal(t, float64(want), got, "%d entries", entries)
	}
}

func TestAnAckThatReleasesABatchAllocatesNothing(t *testing.T) {
	const flights = 100
	c := treeCore(t, 25, 24, "n0", func(cfg *gossip.Config) { cfg.Rounds = gossip.Eager })
	ack := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: make([]gossip.Span, 1)}
	next := uint64(0) // batch to be acked
	release := func() {
		next++
		ack.Acks[0], ack.Echo.Batch = gossip.Span{next, next}, next
		c.Receive(0, "n1", ack)
	}
	send := func() {
		for range flights {
			learn(c, 0, 1)
			gossip.Spoken(c, 0)
		}
		batches, _ := c.InFlight("n1")
		require.Equal(t, flights, batches)
	}
	send()
	for range flights { // lists grow
		release()
	}
	send()
	require.Zero(t, testing.AllocsPerRun(flights-1, release))
	batches, bytes := c.InFlight("n1")
	require.Zero(t, batches)
	require.Zero(t, bytes)
}
