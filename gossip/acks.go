package gossip

import "time"

// acks are the batches of a peer that have arrived and are not acked yet. An ack
// names exactly what is stored here.
//
// When an ack goes: with whatever else goes to the peer. By itself, bare, when it
// falls due, which Core.ackDue decides and nothing else: with the round after the
// batch came, or for a probe at once. At once can wait for our slot, see
// schedule.holdsAcks, but for the probe of a peer that has been waiting already.
type acks struct {
	stored  Spans         // not yet acked
	due     time.Duration // when they must go, if nothing else does
	ready   bool          // that time has come
	urgency urgency
	silent  bool      // our silence says that what is stored is so
	waiting []arrival // handed out to be stored, oldest first
	said    Spans     // the newest that were acked: a message that names them may be lost

	newest  uint64        // the peer's newest batch ...
	arrived time.Duration // ... and when it came
}

// urgency is how soon a peer wants to hear that a batch is stored.
type urgency uint8

const (
	withTheRound urgency = iota // it reckons with that
	atOnce                      // it has asked
	pastSlot                    // it has been waiting: not even for our slot
)

// arrival is a batch of the peer that waits to be stored.
type arrival struct {
	batch   uint64
	at      time.Duration
	urgency urgency
	flush   bool  // it moves what we know downwards
	silent  bool  // our silence says that it is stored
	acks    Spans // what it acks, for when it is stored
}

// begin forgets what the peer's former incarnation sent.
func (a *acks) begin() { *a = acks{due: Never} }

// note takes note of a batch that has come.
func (a *acks) note(now time.Duration, batch uint64) {
	if batch > a.newest {
		a.newest, a.arrived = batch, now
	}
}

// add puts a batch down to be acked.
func (a *acks) add(arrived arrival) {
	a.stored.Add(arrived.batch)
	a.urgency = max(a.urgency, arrived.urgency)
	a.silent = arrived.silent
}

// repeatedSpans is how many spans of acks are said again with every message.
const repeatedSpans = 3

// moveTo moves the first n spans into a message, and repeats what was acked last.
func (a *acks) moveTo(b *pooled, n int) {
	said := Spans(append(b.acks[:0], a.stored[:n]...))
	for _, s := range a.said[max(0, len(a.said)-repeatedSpans):] {
		said.AddSpan(s)
	}
	if b.acks = said; len(said) > 0 {
		b.message.Acks = said
	}
	for _, s := range a.stored[:n] {
		a.said.AddSpan(s)
	}
	a.said = a.said[:copy(a.said, a.said[max(0, len(a.said)-2*repeatedSpans):])]
	a.stored = a.stored[:copy(a.stored, a.stored[n:])]
	if len(a.stored) == 0 {
		a.ready, a.urgency, a.silent, a.due = false, withTheRound, false, Never
	}
}

// maxEchoAge is how old a batch may be that is echoed: clocks run apart, and
// an older one measures nothing any more.
const maxEchoAge = time.Minute

// echo is what the peer needs to measure the way, and false if its newest batch
// is too old for it.
func (a *acks) echo(now time.Duration) (Echo, bool) {
	if a.newest == 0 || now-a.arrived > maxEchoAge {
		return Echo{}, false
	}
	return Echo{Batch: a.newest, Held: now - a.arrived}, true
}

// maxWaiting bounds the batches of one peer that wait to be stored. What is
// beyond it is not acked, and comes again.
const maxWaiting = 1024

// await notes a batch that has been handed out to be stored.
func (a *acks) await(b arrival) {
	if len(a.waiting) == maxWaiting {
		a.waiting = append(a.waiting[:0], a.waiting[1:]...)
	}
	a.waiting = append(a.waiting, b)
}

// storedBatch takes a batch off those that wait to be stored.
func (a *acks) storedBatch(number uint64) (arrival, bool) {
	for i, b := range a.waiting {
		if b.batch == number {
			a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
			return b, true
		}
	}
	return arrival{}, false
}

// ackDue is when a batch that is stored now is acked by itself, at the latest. A
// leaf lets its parent wait longer than a round, since its next delta may yet
// carry the ack, and a bare one costs a message.
func (c *Core) ackDue(now time.Duration, l *link, a arrival) time.Duration {
	if a.silent {
		return Never
	}
	var due time.Duration
	if l.role == Parent && c.isLeaf() {
		due = max(now, a.at+c.cfg.AckDelay)
	} else {
		due = c.schedule.ackDue(now, l, a.at)
	}
	if l.acks.urgency > withTheRound && !c.holdsAcks(l) {
		due = now
	}
	return due
}

// holdsAcks reports whether acks that were asked for at once wait for our slot all
// the same.
func (c *Core) holdsAcks(l *link) bool {
	return l.acks.urgency < pastSlot && c.schedule.holdsAcks(l)
}
