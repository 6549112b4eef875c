package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// rounder is a node's gossip service between neighbours that ack everything,
// without the services around it: values are put into the log as the record
// puts them there, mail into the inbox as the reader does, and what it says is
// taken out of the output's queue.
type rounder struct {
	*rig
	now    time.Duration
	batch  map[string]uint64 // the newest of each neighbour
	values uint64
	epoch  uint64 // the node's
	bytes  int    // of the last round's messages
}

// newRounder returns the service of a star's root whose neighbours have acked so
// many values.
func newRounder(t require.TestingT, neighbours, history int) *rounder {
	r := &rounder{batch: map[string]uint64{}}
	r.rig = startedRig(t, ids(neighbours+1), func(cfg *Config) {
		cfg.NumChildren, cfg.SyncPeriod = neighbours, time.Second
	})
	for history > 0 {
		n := min(history, 100)
		r.round(n)
		history -= n
	}
	return r
}

// round has so many values told to all neighbours, each of which acks.
func (r *rounder) round(values int) {
	source := gossip.NewSourceID("n0", "log")
	for range values {
		r.values++
		r.log.Append(gossip.Entry{Source: source, Counter: r.values, Value: "1234567"})
	}
	r.bytes = 0
	r.steps()
	r.now += time.Second
	r.steps()
}

// steps does all that is to be done now.
func (r *rounder) steps() {
	for r.gossiper.step(r.now) {
		for item, ok := r.outs.TryNext(); ok; item, ok = r.outs.TryNext() {
			r.bytes += len(item.body)
			if r.epoch == 0 {
				m, err := parseGossip(item.body)
				require.NoError(r.t, err)
				r.epoch = m.Epoch
			}
			peer := item.req.client
			r.gossiper.out.handled(&item)
			r.outs.Done()
			r.batch[peer]++
			batch := r.batch[peer]
			body := appendGossip(nil, &gossip.Message{
				Epoch: 7, For: r.epoch, Acks: []gossip.Span{{First: batch, Last: batch}}, Echo: gossip.Echo{Batch: batch},
			})
			if !r.gossiper.mailBytes.take(len(body)) || !r.intake.mail.Offer(r.now, mail{from: peer, body: body}) {
				panic("no room for an ack")
			}
		}
	}
}

// BenchmarkRound is a round of the whole gossip service: it takes values from
// the log, spells a message with them for each neighbour and reads the ack of
// each. A history that has doubled begins anew, off the clock.
func BenchmarkRound(b *testing.B) {
	for _, neighbours := range []int{3, 24} {
		const delta = 100
		for _, history := range []int{1000, 1_000_000} {
			b.Run(fmt.Sprintf("neighbours=%d/delta=%d/history=%d", neighbours, delta, history), func(b *testing.B) {
				r := newRounder(b, neighbours, history)
				b.ReportAllocs()
				for b.Loop() {
					if r.values > uint64(2*history) {
						b.StopTimer()
						r = newRounder(b, neighbours, history)
						b.StartTimer()
					}
					r.round(delta)
				}
				require.Zero(b, r.gossiper.core.Stats().Resends)
				require.Greater(b, r.bytes, delta*neighbours*8)
			})
		}
	}
}
