package gossip

import (
	"slices"
	"time"
)

// Permits are few where people say so, or while the node is overwhelmed. Then links
// take turns. A link that is refused a permit waits in a line, and what comes back goes
// to the first in it that can use it, at once and not only with the next round. A link
// that holds a permit while others wait sends no more on it: it gets to the end of the
// line, and gives the permit back with its last ack. So with p permits and n links that
// always have something to say, none waits longer than n/p times, rounded up, the time
// for which a permit is held, however many rounds that is.

// scarceFor is for how long after a refusal permits count as scarce: what takes
// one asks for its ack at once, as others wait for the permit.
const scarceFor = time.Second

// areScarce reports whether a permit should come back soon.
func (c *Core) areScarce(now time.Duration) bool { return now < c.scarce || len(c.waiting) > 0 }

// takePermit takes the permit that a link needs to send entries, and reports whether
// it has it. It is refused where another one's turn is first.
func (c *Core) takePermit(now time.Duration, l *link) bool {
	switch {
	case l.permit && (l.permitAt == now || len(l.inflight) == 0):
		return true
	case c.comesAfterOthers(l):
		c.permitFree = true // perhaps: the line is asked in its order
		return false
	case !l.permit && !c.cfg.Permits.Acquire(now, l.name):
		return false
	}
	if !l.permit {
		l.permit, l.permitAt = true, now
	}
	c.leaveLine(l)
	return true
}

// comesAfterOthers reports whether anybody waits that could use a permit now, and who
// comes first: all that wait, if the link has had its turn.
func (c *Core) comesAfterOthers(l *link) bool {
	for _, other := range c.waiting {
		if other == l && !l.permit {
			return false
		}
		if other != l && c.canUsePermit(other) {
			return true
		}
	}
	return false
}

// canUsePermit reports whether a link would send entries, had it a permit.
func (c *Core) canUsePermit(l *link) bool {
	return !l.permit && l.behind(c.known) && !l.awaitsAck() && !c.catch.keepsBack(l)
}

// refused handles a link that has got no permit.
func (c *Core) refused(now time.Duration, l *link) {
	c.stats.PermitsRefused++
	c.scarce = now + scarceFor
	if l.role == SyncPeer && !c.scheme.needs(&l.peer) {
		l.resend = nil // until the next exchange
		return
	}
	if !l.waits && l.behind(c.known) {
		l.waits = true
		c.waiting = append(c.waiting, l)
	}
	next := c.schedule.retryAt(now)
	c.upAt, c.downAt = min(c.upAt, next), min(c.downAt, next)
}

// leaveLine has a link not wait any more.
func (c *Core) leaveLine(l *link) {
	if l.waits {
		l.waits = false
		c.waiting = slices.DeleteFunc(c.waiting, func(other *link) bool { return other == l })
	}
}

// servesLine reports whether a permit may be there for somebody that waits.
func (c *Core) servesLine() bool { return c.permitFree && len(c.waiting) > 0 }

// serveLine hands out permits to those that wait, in the order in which they asked.
// One that cannot use any now keeps its place and holds nobody up, nor does one that
// is none of the tree's: it may be refused where others are not.
func (c *Core) serveLine(now time.Duration) {
	if !c.servesLine() {
		return
	}
	c.permitFree = false
	none := false
	c.waiting = slices.DeleteFunc(c.waiting, func(l *link) bool {
		switch {
		case !l.behind(c.known): // it has been told meanwhile, or is owed nothing any more
			l.waits = false
		case none || !c.canUsePermit(l):
		case !c.cfg.Permits.Acquire(now, l.name):
			none = l.peer.inTree
		default:
			l.permit, l.permitAt, l.waits = true, now, false
			c.send(l)
		}
		return !l.waits
	})
}

// returnPermit gives back a permit that nothing in flight needs.
func (c *Core) returnPermit(now time.Duration, l *link) {
	if l.permit && len(l.inflight) == 0 {
		c.cfg.Permits.Release(now, l.name)
		l.permit, c.permitFree = false, true
	}
}
