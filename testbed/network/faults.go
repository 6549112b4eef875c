package network

import (
	"math/rand/v2"
	"time"

	"treecast/run"
)

// Faults are what happens to messages between servers, each on its own: rates
// are probabilities from 0 to 1. Messages to and from clients are spared. The
// zero value is none.
type Faults struct {
	Loss      float64       // it never arrives
	Duplicate float64       // it arrives a second time, after a latency of its own
	Reorder   float64       // its latency is uniform in [0, 2*mean), so that it overtakes others, or they it
	Delay     float64       // it takes longer, by an exponential time for which it holds up nobody
	DelayMean time.Duration // of that time
}

// leastReorder is the mean latency that reordered messages have at least: where
// there is no latency there is nothing to overtake.
const leastReorder = 10 * time.Millisecond

// SetFaults puts faults in force for what is sent from now on. The random
// source decides whom they strike, so that latencies stay as they would be.
func (n *Network) SetFaults(f Faults, rng *rand.Rand) { n.faults, n.mishaps = f, rng }

// Disturbed says whether any faults of messages are in force.
func (n *Network) Disturbed() bool {
	return n.faults.Loss > 0 || n.faults.Duplicate > 0 || n.faults.Reorder > 0 || n.faults.Delay > 0
}

// strikes draws whether a fault of the given rate strikes. A rate of 0 draws
// nothing.
func (n *Network) strikes(rate float64) bool { return rate > 0 && n.mishaps.Float64() < rate }

// carry puts a message between servers on its way, and a second time if it is
// to be duplicated.
func (n *Network) carry(now time.Duration, r *receiver, m run.Message) {
	latency := n.latency.draw(n.rng)
	if !n.Disturbed() {
		n.enqueue(now, r, m, now+latency)
		return
	}
	if n.strikes(n.faults.Loss) {
		n.observer.Dropped(m, now)
		return
	}
	copies := 1
	if n.strikes(n.faults.Duplicate) {
		copies = 2
	}
	for i := range copies {
		if i > 0 {
			latency = n.latency.draw(n.mishaps)
		}
		if n.strikes(n.faults.Reorder) {
			mean := max(n.latency.Mean, leastReorder)
			latency = time.Duration(n.mishaps.Int64N(int64(2 * mean))).Truncate(time.Millisecond)
		}
		m.Copy = i > 0
		if n.strikes(n.faults.Delay) {
			extra := time.Duration(n.mishaps.ExpFloat64() * float64(n.faults.DelayMean)).Truncate(time.Millisecond)
			n.delayed.push(item[stray]{at: now + extra, id: m.ID, value: stray{r, m, latency}})
			continue
		}
		n.enqueue(now, r, m, now+latency)
	}
}

// stray is a message that is delayed before it comes to its receiver's queue: in
// the queue it would hold up what comes behind it.
type stray struct {
	r       *receiver
	m       run.Message
	latency time.Duration // that it takes then
}

// arrive lets a delayed message come to its receiver's queue.
func (n *Network) arrive() {
	d := n.delayed.pop()
	if d.value.r.present {
		n.enqueue(d.at, d.value.r, d.value.m, d.at+d.value.latency)
	}
}
