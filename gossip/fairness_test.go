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

// timedPermits notes for how long permits are held, and how long each holder was
// without one.
type timedPermits struct {
	*countedPermits
	since   map[string]time.Duration // when a holder got the permit, or gave it back
	held    time.Duration            // the longest time
	without map[string]time.Duration // the longest time of each
}

func (p *timedPermits) Acquire(now time.Duration, holder string) bool {
	if !p.countedPermits.Acquire(now, holder) {
		return false
	}
	p.without[holder] = max(p.without[holder], now-p.since[holder])
	p.since[holder] = now
	return true
}

func (p *timedPermits) Release(now time.Duration, holder string) {
	p.countedPermits.Release(now, holder)
	p.held = max(p.held, now-p.since[holder])
	p.since[holder] = now
}

// A node has something new for all its children all the time, some of which never answer.
// None of the others waits for longer than the line before it takes, however rounds go.
func TestPermits_linksTakeTurnsInBoundedTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "links")
		few := rapid.IntRange(1, n).Draw(t, "permits")
		rounds := rapid.SampledFrom([]gossip.Rounds{gossip.Locked, gossip.Free, gossip.Eager}).Draw(t, "rounds")
		period := time.Duration(rapid.IntRange(20, 1500).Draw(t, "period")) * ms
		deaf := map[string]bool{}
		children := make([]gossip.Neighbour, n)
		for i := range children {
			children[i] = gossip.Neighbour{Name: fmt.Sprint("n", i+1), Leaf: true}
			deaf[children[i].Name] = rapid.IntRange(0, 9).Draw(t, "hears") == 0
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		permits := &timedPermits{countedPermits: newPermits(few), since: map[string]time.Duration{}, without: map[string]time.Duration{}}
		log := gossip.NewLog()
		core, err := gossip.New(0, gossip.Config{
			Incarnation: 1, Self: "n0", Neighbours: children, Height: 1, Period: period, Phase: period / 2, GreetAt: gossip.Never, Rounds: rounds, Permits: permits,
		}, log)
		require.NoError(t, err)

		const step, end = 5 * ms, 20 * time.Second
		answers := map[time.Duration][]func(now time.Duration){}
		for now := time.Duration(0); now < end; now += step {
			log.Append(gossip.Entry{Origin: mine, Counter: uint64(now/step) + 1, Value: "1"})
			core.Learn(now)
			for _, answer := range answers[now] {
				answer(now)
			}
			delete(answers, now)
			for _, out := range core.Advance(now, 99) {
				if batch := out.Message.Batch; batch != 0 && !deaf[out.To] {
					at := now + time.Duration(1+random.IntN(12))*step
					answers[at] = append(answers[at], func(now time.Duration) {
						receive(core, now, out.To, &gossip.Message{Incarnation: peerEpoch, For: 1, Acks: []gossip.Span{{First: batch, Last: batch}}})
					})
				}
			}
			require.NoError(t, core.View().Check())
		}
		require.Empty(t, permits.bad)
		for _, child := range children {
			if since := permits.since[child.Name]; permits.countedPermits.held[child.Name] {
				permits.held = max(permits.held, end-since)
			} else {
				permits.without[child.Name] = max(permits.without[child.Name], end-since)
			}
		}
		turns := (n + few - 1) / few
		most := time.Duration(turns)*permits.held + 2*step
		if rounds != gossip.Eager {
			most += period // until it asks
		}
		for _, child := range children {
			if !deaf[child.Name] {
				require.LessOrEqual(t, permits.without[child.Name], most, "%s of %d links, %d permits, held for %v at most", child.Name, n, few, permits.held)
			}
		}
	})
}
