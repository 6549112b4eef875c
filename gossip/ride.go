package gossip

import (
	"slices"
	"time"
)

// Messages are what costs, and bytes are not. So where messages get lost, what a peer
// has not acked in time does not wait until it counts as lost: it rides on the next
// message that goes to the peer anyway, which then answers for it. A message that is
// lost costs a round, and no other message.
//
// What rides are whole batches, the oldest first. One that cannot ride keeps those
// behind it from riding, so that what a message answers for has no gap. However often
// something rides, it counts as lost hardly later than it would have by itself, so
// that a peer that is gone is found out as soon; see batch.patient.
//
// In calm nothing rides: things would ride to all that have nothing to say, and their
// acks with them, and be as many bytes again for nothing.

const (
	// rideFor is for how long things ride after an ack has shown that something was
	// lost.
	rideFor = time.Minute
	// maxRideBytes bounds a message on which something rides.
	maxRideBytes = 16 << 10
	// lossy is the share of lost messages above which what rides to a child is worth
	// a second copy between two flushes.
	lossy = 0.2
)

// noticeLoss takes what acks tell of loss: into its estimate, and to send again in the
// next round what is known to be lost, as a later batch was acked and it was not.
func (c *Core) noticeLoss(now time.Duration, l *link) {
	known := 0
	if l.state != unreachable && c.schedule.overdueAfter(l) != Never {
		known = l.passOver(l.rtt.margin())
	}
	lost := l.attempts + l.passed + known
	if l.isProbed() {
		lost++
	}
	if c.suspicion != nil && l.peer.inTree {
		c.suspicion.notice(lost, l.arrived)
		if l.state != unreachable && lost > 0 { // else it tells of a cut
			c.ridesUntil = now + rideFor
		}
	}
	if known > 0 {
		c.schedule.plan(now)
	}
	l.passed, l.arrived = 0, 0
}

// rideAfter is how long after it left a batch on a link rides; Never: not at all.
func (c *Core) rideAfter(now time.Duration, l *link) time.Duration {
	if now >= c.ridesUntil || l.mute || l.isProbed() {
		return Never
	}
	return c.schedule.overdueAfter(l)
}

// mayRide reports whether a batch with entries that left before a time may ride: the
// message that carries it still has the time to be acked.
func (b *batch) mayRide(now, before time.Duration, r *rtt) bool {
	return b.carries == 0 && b.at <= before && now+r.interval(0) <= b.patient
}

// ride puts what is overdue on a link, or all that is not acked if it is time for a
// second copy, into the delta of a message.
func (c *Core) ride(now time.Duration, l *link, f *batch) {
	after := c.rideAfter(now, l)
	if after == Never {
		return
	}
	if l.copyDue {
		after = 0
	}
	for i := range l.inflight {
		b := &l.inflight[i]
		if len(b.parts) == 0 {
			continue
		}
		if !b.mayRide(now, now-after, &l.rtt) || c.delta.bytes+b.bytes > maxRideBytes {
			return
		}
		for _, s := range b.parts {
			c.delta.scan(c.log, l, s, MaxLineBytes, nil)
		}
		f.covers, f.patient = b.number, min(f.patient, b.patient)
	}
}

// mayJoin reports whether a link that is probed takes part in a round all the same: an
// ack that is late is no reason to keep from the peer what is new. What the probe brought
// goes again with that, in one message that is answered for as early as the probe was.
func (c *Core) mayJoin(l *link) bool {
	if l.state != probing || len(l.inflight) == 0 || l.unacked > maxRideBytes || c.schedule.overdueAfter(l) == Never {
		return false
	}
	return !slices.ContainsFunc(l.inflight, func(b batch) bool { return b.carries != 0 })
}

// isOverdue reports whether something on a link is so late that the peer is spoken to
// for it alone.
func (c *Core) isOverdue(now time.Duration, l *link) bool {
	after := c.rideAfter(now, l)
	if after == Never || c.suspicion.loss <= falseAlarm {
		return false
	}
	for i := range l.inflight {
		if b := &l.inflight[i]; len(b.parts) > 0 {
			return b.mayRide(now, now-after-l.rtt.margin(), &l.rtt)
		}
	}
	return false
}

// limit sets until when a batch may ride, and takes what rides on it into account. A
// probe has been asked for an ack at once, and does not ride.
func (c *Core) limit(now time.Duration, l *link, m *Message, f *batch) {
	f.alone = term{f.expires, f.expires}
	if after := c.schedule.overdueAfter(l); after != Never && !m.Probe {
		rounds := 1
		if c.suspicion != nil {
			rounds = c.suspicion.rounds()
		}
		f.alone.patient = max(f.expires, now+time.Duration(rounds)*(c.period+minGuard)+after+l.rtt.margin())
	}
	f.patient = min(f.patient, f.alone.patient)
	f.expires = min(f.expires, f.patient)
	l.copyAt = Never
	if f.covers != 0 && !l.copyDue && l.role == Child && c.suspicion.loss > lossy {
		l.copyAt = now + c.period/2
	}
	l.copyDue = false
}

// copyAgain has a second copy go of what is not acked.
func (c *Core) copyAgain(now time.Duration, l *link) {
	if l.copyAt <= now {
		l.copyAt = Never
		l.rideDue = len(l.inflight) > 0
		l.copyDue = l.rideDue
	}
}
