package gossip

import "time"

// Advance does what is due and returns the messages to send, at most room of
// them. What does not fit stays due; the caller comes back when there is room.
// The messages are the caller's, who may hand them back with Release; the list of
// them is only until the next call.
func (c *Core) Advance(now time.Duration, room int) []Outgoing {
	c.dispatch(now)
	c.serveLine(now)
	clear(c.out)
	c.out = c.out[:0]
	done := 0
	for done < len(c.due) && len(c.out) < room {
		l := c.due[done]
		finished := c.speak(now, l, room)
		c.timers.set(l)
		if !finished { // no room for all of it
			break
		}
		l.queued = false
		done++
		c.serveLine(now)
	}
	if done > 0 {
		n := copy(c.due, c.due[done:])
		clear(c.due[n:])
		c.due = c.due[:n]
	}
	return c.out
}

// dispatch moves the links whose time has come among those that are due.
func (c *Core) dispatch(now time.Duration) {
	if c.schedule.next() <= now {
		c.schedule.look(now)
	}
	c.dispatchRounds(now)
	for len(c.timers) > 0 && c.timers[0].wake <= now {
		c.wake(now, c.timers[0])
	}
	c.scheme.tick(now)
	if c.entropy.at <= now {
		c.entropy.tick(now)
	}
	if c.catch.until <= now {
		c.catch.failSource(now)
	}
}

// dispatchRounds has deltas go that are due.
func (c *Core) dispatchRounds(now time.Duration) {
	up, down := c.upAt <= now, c.downAt <= now
	switch {
	case down && c.parent == nil && c.schedule.holds(now, &c.downAt):
		return
	case up && c.parent != nil && c.schedule.holds(now, &c.upAt):
		up = false
	}
	if !up && !down {
		return
	}
	withAcks := down && c.schedule.flushing(now)
	for _, l := range c.links {
		switch {
		case l.role == Parent && up:
			c.speakUp(now, l)
		case l.role == Child && down:
			c.flushTo(l, withAcks)
		}
	}
	if up {
		c.upAt = Never
	}
	if down {
		c.downAt = Never
	}
}

// speakUp has the parent told what it lacks, or what it should have acked by now.
func (c *Core) speakUp(now time.Duration, l *link) {
	l.rideDue = c.isOverdue(now, l)
	if l.rideDue || l.behind(c.known) {
		l.joins = c.mayJoin(l)
		c.send(l)
	}
}

// flushTo makes a child part of a flush: entries for it, and the acks that
// have waited for this.
func (c *Core) flushTo(l *link, withAcks bool) {
	if l.behind(c.known) {
		l.flushDue, l.joins = true, c.mayJoin(l)
		c.send(l)
	}
	if withAcks && len(l.acks.stored) > 0 {
		l.flushDue, l.acks.ready = true, true
		c.act(l)
	}
}

// wake handles a link whose deadline has come.
func (c *Core) wake(now time.Duration, l *link) {
	if l.takeSilence(now) {
		c.returnPermit(now, l)
	}
	if l.expire(now) {
		c.returnPermit(now, l)
		l.dataDue = true
		if c.suspicion != nil {
			c.suspicion.unanswered(now, &l.peer)
		} else if l.role == Guest && l.attempts >= guestTries {
			l.exchange.hide() // it asks again if it lives
			l.state = streaming
		}
	}
	c.copyAgain(now, l)
	if l.askAt <= now {
		l.askAt = Never
		if l.incarnation == 0 || l.exchange.wants() {
			if l.exchange.theirs == sent && !l.carrying(digestWish) {
				l.exchange.theirs = due
			}
			c.showDigest(l)
		}
	}
	c.act(l)
	// Taken off the heap until it has spoken; speak leaves no deadline
	// that has passed.
	if l.acks.due <= now {
		l.acks.due, l.acks.ready = Never, true
	}
	c.timers.set(l)
}
