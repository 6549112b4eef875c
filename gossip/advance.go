package gossip

import (
	"slices"
	"time"
)

// maxAckSpans bounds the acks of one message; more wait for the next.
const maxAckSpans = 128

// Advance does what is due and returns the messages to send, at most room of
// them. What does not fit stays due; the caller comes back when there is room.
// The messages are the caller's, who may hand them back with Recycle; the list of
// them is only until the next call.
func (c *Core) Advance(now time.Duration, room int) []Outgoing {
	c.dispatch(now)
	clear(c.out)
	out := c.out[:0]
	done := 0
	for done < len(c.due) && len(out) < room {
		l := c.due[done]
		var finished bool
		out, finished = c.speak(now, l, out, room)
		c.timers.set(l)
		if !finished { // no room for all of it
			break
		}
		l.queued = false
		done++
	}
	if done > 0 {
		n := copy(c.due, c.due[done:])
		clear(c.due[n:])
		c.due = c.due[:n]
	}
	c.out = out
	return out
}

// dispatch moves the links whose time has come among those that are due.
func (c *Core) dispatch(now time.Duration) {
	up, down := c.upAt <= now, c.downAt <= now
	if up || down {
		for _, l := range c.links {
			switch {
			case l.role == Parent && up && l.behind(c.known):
				c.send(l)
			case l.role == Child && down:
				c.flushTo(l)
			}
		}
		if up {
			c.upAt = Never
		}
		if down {
			c.downAt = Never
			if c.parent == nil {
				c.round++
				c.choosePeriod(now)
			}
		}
	}
	for len(c.timers) > 0 && c.timers[0].wake <= now {
		l := c.timers[0]
		if l.expire(now) {
			if c.cfg.Mistake == DropOnResend {
				l.again = nil
			}
			if c.cfg.Tree == nil && l.role == Guest && l.tries >= guestTries {
				l.show, l.suspect = false, false // it asks again if it lives
			}
			c.lost(now, l)
			c.unanswered(now, l)
		}
		if l.greetDue <= now {
			l.greetDue = Never
			if l.epoch == 0 || l.owed || l.blind {
				l.asked = l.asked && slices.ContainsFunc(l.flights, func(f flight) bool { return f.want })
				c.showVector(l)
			}
		}
		c.act(l)
		// Taken off the heap until it has spoken; speak leaves no deadline
		// that has passed.
		if l.ackDue <= now {
			l.ackDue, l.ackReady = Never, true
		}
		c.timers.set(l)
	}
	if c.search.until <= now {
		c.searchOn(now)
	}
	if c.adoptAt <= now {
		c.adoptOrphans(now)
	}
	if c.swaps.at <= now {
		c.swap(now)
	}
	if c.catch.until <= now {
		c.failSource(now)
	}
}

// flushTo makes a child part of a flush: entries for it, and the acks that
// have waited for this.
func (c *Core) flushTo(l *link) {
	if l.behind(c.known) {
		l.flushDue = true
		c.send(l)
	}
	if len(l.acks) > 0 && c.cfg.Rounds == Locked {
		l.flushDue, l.ackReady = true, true
		c.act(l)
	}
}

// lost handles a link that had to take back what it sent: it keeps quiet but
// for one message at a time until that is acked.
func (c *Core) lost(now time.Duration, l *link) {
	c.returnPermit(now, l)
	l.dataDue = true
}

// speak appends what a link has to say now, and reports whether there was
// room for all of it.
func (c *Core) speak(now time.Duration, l *link, out []Outgoing, room int) ([]Outgoing, bool) {
	defer c.returnPermit(now, l)
	for {
		if len(out) >= room {
			return out, false
		}
		b := c.blanks.take()
		m := &b.message
		if l.lives.rival.due {
			c.askRival(now, l, b)
			out = append(out, Outgoing{To: l.peer, Message: m, blank: b})
			continue
		}
		m.Epoch, m.For = c.cfg.Epoch, l.epoch
		f := flight{at: now}
		l.tieDue = l.tieDue && l.tie != Untied
		bytes := fixedBytes + c.addVector(l, m, &f)
		if l.tieDue {
			bytes += tieBytes
		}
		if c.maySendData(now, l) {
			c.addData(l, b, &f, bytes)
			bytes += f.bytes
			m.Probe = m.Probe || (now < c.scarce && len(m.Runs) > 0)
		}
		acks := max(0, min(len(l.acks), maxAckSpans, (MaxLineBytes-bytes)/spanBytes))
		if l.hurry && c.slotUnknown(l) {
			acks = 0
		}
		waits := l.suspect && len(l.flights) > 0
		if l.ask || (l.suspect && !waits) || (l.tieDue && !waits && l.tie != Parted) {
			m.Probe, l.ask = true, false
		}
		if l.tieDue && l.tie == Parted && len(m.Runs) == 0 && !m.Probe {
			// It wants no ack: should it be lost, it is said again when the peer
			// next speaks as if it had not been said.
			l.batches++
			m.Batch, m.Tie, l.tieDue, l.partedAt = l.batches, Parted, false, now
			l.addAcks(b, acks)
			c.batches = max(c.batches, l.batches)
			c.stats.MessagesOut++
			out = append(out, Outgoing{To: l.peer, Message: m, blank: b})
			continue
		}
		if len(m.Runs) == 0 && !m.Probe && m.Vector == nil {
			if !l.ackReady || acks == 0 {
				// Acks that wait for our slot stay ready; with the slot, or at
				// the latest when the child asks again, they go.
				l.ackReady = l.ackReady && len(l.acks) > 0
				l.flushDue = false
				c.blanks.put(b)
				return out, true
			}
			c.stats.BareAcks++
		}
		if l.tie != Untied && (len(m.Runs) > 0 || m.Probe) {
			c.addTie(l, m, &f)
		}
		l.addAcks(b, acks)
		c.addTiming(now, l, m)
		c.launch(now, l, m, f)
		out = append(out, Outgoing{To: l.peer, Message: m, blank: b})
	}
}

// guestTries is how often a guest is shown a vector that it asked for and does
// not ack.
const guestTries = 10

// addVector puts the next part of our vector into a message, and the wish to
// see the peer's, where either is called for. It returns the bytes used.
func (c *Core) addVector(l *link, m *Message, f *flight) int {
	if l.suspect && len(l.flights) > 0 {
		return 0 // one message at a time until something is acked
	}
	bytes := 0
	show := l.show && !c.holdsBack(l)
	if show && len(l.showing) == 0 {
		l.exchange++
		l.showing = c.held.parts(l.exchange, MaxLineBytes-fixedBytes-tieBytes)
	}
	if show {
		// What a partner has lost of a swap comes with the next one.
		m.Vector, f.vector = &l.showing[0], l.role != Partner || l.tie.swaps()
		m.Probe = f.vector
		l.showing = l.showing[1:]
		l.show = len(l.showing) > 0
		for _, h := range m.Vector.Held {
			bytes += runBytes + sourceBytes(h.Source) + len(h.Counters)*spanBytes
		}
	}
	if (l.owed || l.blind) && !l.asked && (m.Vector != nil || l.epoch != 0 || l.show) {
		l.asked, f.want, m.Want, m.Probe = true, true, true, true
	}
	return bytes
}

// scarceFor is for how long after a refusal permits count as scarce: what takes
// one asks for its ack at once, as others wait for the permit.
const scarceFor = time.Second

// muchOwed is from how many bytes on a message to ack them costs less than to send
// them again.
const muchOwed = 4 << 10

// addData puts entries into a message of which so many bytes are taken.
func (c *Core) addData(l *link, b *blank, f *flight, bytes int) {
	m := &b.message
	reserve := min(len(l.acks), 16) * spanBytes
	c.delta.reset(bytes+reserve, l.spareParts())
	c.delta.alone = m.Vector == nil
	c.delta.fill(l, c.log, c.known, MaxLineBytes)
	m.Runs, m.Resent = c.delta.message(b), c.delta.again
	if len(c.delta.parts) > 0 {
		f.parts = c.delta.parts
	} else {
		l.spareAgain(c.delta.parts)
	}
	f.bytes = c.delta.bytes - bytes - reserve
	l.dataDue = l.behind(c.known)
	// Much that has waited for a vector comes beside the rounds, and so does its
	// ack, or it would come again. A window that is half or quite full asks for an
	// ack at once, so that a long backlog flows at the speed of the way and not of
	// the rounds.
	m.Probe = m.Probe || (c.delta.owed && f.bytes >= muchOwed) || (l.dataDue &&
		(crosses(c.cfg.WindowBytes/2, l.unacked, f.bytes) || crosses(c.cfg.WindowBytes, l.unacked, f.bytes)))
}

// addAcks moves the first n spans of acks into a message.
func (l *link) addAcks(b *blank, n int) {
	if n > 0 {
		b.acks = append(b.acks[:0], l.acks[:n]...)
		b.message.Acks = b.acks
	}
	l.acks = l.acks[:copy(l.acks, l.acks[n:])]
	if len(l.acks) == 0 {
		l.ackReady, l.hurry, l.urgent, l.ackDue = false, false, false, Never
	}
}

// maxEchoAge is how old a batch may be that is echoed: clocks run apart, and
// an older one measures nothing any more.
const maxEchoAge = time.Minute

// addTiming puts in what the peer needs to measure the way and to find its
// slots.
func (c *Core) addTiming(now time.Duration, l *link, m *Message) {
	fresh := l.newest != 0 && now-l.arrived <= maxEchoAge
	if fresh {
		m.Echo = Echo{Batch: l.newest, Held: now - l.arrived}
	}
	if c.cfg.Rounds != Locked {
		return
	}
	if l.role == Parent {
		m.Path = c.pathUp()
		return
	}
	if fresh {
		m.Echo.Early, m.Echo.Planned = c.earliness(l.arrived)
	}
	m.Period = c.period
	if c.parent == nil {
		c.root = c.cfg.Epoch
	}
	m.Root, m.Reign = c.root, c.reign
	if l.flushDue {
		m.Round = c.round
	}
}

// returnPermit gives back a permit that nothing in flight needs.
func (c *Core) returnPermit(now time.Duration, l *link) {
	if l.permit && len(l.flights) == 0 {
		c.cfg.Permits.Release(now, l.peer)
		l.permit = false
		if now < c.scarce && c.cfg.Rounds == Eager {
			c.plan(now) // there is no round to wait for
		}
	}
}

// crosses reports whether adding to a sum takes it past a mark.
func crosses(mark, sum, add int) bool { return sum < mark && sum+add >= mark }

// maySendData decides whether entries may go now, and takes the permit that
// they need.
func (c *Core) maySendData(now time.Duration, l *link) bool {
	if l.dataDue {
		l.skipTold(c.log, c.known)
	}
	if !l.dataDue || !l.behind(c.known) || c.keepsBack(l) {
		l.dataDue = false
		return false
	}
	if l.unacked >= c.cfg.WindowBytes {
		l.stalled, l.dataDue = true, false
		return false
	}
	if l.suspect && len(l.flights) > 0 {
		l.dataDue = false // one message at a time until something is acked
		return false
	}
	if !l.permit && !c.cfg.Permits.Acquire(now, l.peer) {
		c.stats.PermitsRefused++
		c.scarce = now + scarceFor
		l.dataDue = false
		if l.role == Partner && l != c.search.choice {
			l.again = nil // until the next swap; a parent to be has none
		} else {
			c.retry(now)
		}
		return false
	}
	l.permit = true
	return true
}

// launch numbers a message that wants an ack and puts it in flight.
func (c *Core) launch(now time.Duration, l *link, m *Message, f flight) {
	c.stats.MessagesOut++
	c.stats.EntriesOut += uint64(m.Entries())
	if m.Resent {
		c.stats.Resends++
	}
	if len(m.Runs) == 0 && !m.Probe {
		return
	}
	if c.cfg.Rounds == Locked && l == c.parent {
		if len(m.Runs) > 0 && !c.phase.valid(now) && len(l.flights) == 0 {
			m.Probe = true // the answer tells our slot
		}
		if !c.isLeaf {
			// The parent's flush moves what we know downwards. If it does not
			// come, it moves all the same.
			c.downAt = min(c.downAt, now+c.ackWait(l)+l.rtt.interval(0))
		}
	}
	l.batches++
	c.batches = max(c.batches, l.batches)
	m.Batch, f.batch = l.batches, l.batches
	wait := c.ackWait(l)
	if m.Probe {
		wait = 0
	}
	// A peer that has been seen to take longer gets longer, so that it is not
	// made slower still.
	f.expires = now + max(wait+l.rtt.interval(l.tries), min(l.tardy+l.rtt.margin(), maxInterval), c.pause(l))
	if c.cfg.Mistake != LoseLastBatch || l.dataDue {
		l.flights = append(l.flights, f)
		l.unacked += f.bytes
	}
	l.departed.note(f.batch, now)
}
