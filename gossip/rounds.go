package gossip

import "time"

// plan sets when the news of now is passed on.
func (c *Core) plan(now time.Duration) {
	switch c.cfg.Rounds {
	case Free:
		next := gridNext(now+1, c.cfg.Phase, c.period)
		c.upAt, c.downAt = min(c.upAt, next), min(c.downAt, next)
	case Eager:
		c.upAt, c.downAt = now, now
	case Locked:
		if c.period < minPeriod {
			c.upAt, c.downAt = now, now
			return
		}
		c.planUp(now)
		c.planDown(now)
	}
}

// minRetry is the least time between two tries for a permit.
const minRetry = 100 * time.Millisecond

// retry sets when what was refused a permit asks again: a round later, and not
// at once where nothing waits for a round. It does not rely on a flush of the
// parent, which need not come.
func (c *Core) retry(now time.Duration) {
	next := now + max(c.period, minRetry)
	if c.cfg.Rounds == Free {
		next = gridNext(now+1, c.cfg.Phase, c.period)
	}
	c.upAt, c.downAt = min(c.upAt, next), min(c.downAt, next)
}

// minPeriod is the shortest period for which locked rounds are worth their
// while; below it everything is sent at once.
const minPeriod = 20 * time.Millisecond

// planUp chooses when locked rounds send upwards: in the slot or, while there
// is none, at once; while an answer that tells the slot is awaited, after hold.
func (c *Core) planUp(now time.Duration) {
	switch {
	case c.parent == nil:
	case c.phase.valid(now):
		c.upAt = min(c.upAt, c.phase.next(now))
	case len(c.parent.flights) == 0:
		c.upAt = now
	case !c.parent.suspect:
		c.upAt = min(c.upAt, now+c.hold())
	}
}

// aim moves a slot that is waited for to where the newest estimate has it. One
// that would be missed by that stays.
func (c *Core) aim(now time.Duration) {
	if c.upAt == Never || c.upAt <= now || !c.phase.valid(now) {
		return
	}
	if slot := c.phase.next(now); slot < c.upAt+c.period/2 {
		c.upAt = slot
	}
}

// hold is how long a node without a slot keeps what it learns while it waits
// for the answer that tells the slot. Where rounds are short, another message
// is little beside those of the rounds, and latency counts: it keeps nothing.
func (c *Core) hold() time.Duration { return max(0, c.period-holdFrom) / 4 }

// holdFrom is the longest period with which nothing is held.
const holdFrom = 500 * time.Millisecond

// planDown chooses when locked rounds send downwards. The root flushes on its
// grid, and so does a node that cannot hear its parent. Every other node is
// moved by its parent's flush; see flushed, and launch for what happens if it
// does not come.
func (c *Core) planDown(now time.Duration) {
	if c.parent == nil || c.parent.suspect {
		c.downAt = min(c.downAt, gridNext(now+1, c.grid, c.period))
		return
	}
	if c.downAt == Never && !c.isLeaf {
		c.downAt = now + c.ackWait(c.parent) + c.parent.rtt.interval(0)
	}
}

// flushed passes on a flush of the parent.
func (c *Core) flushed(now time.Duration) { c.downAt = now }

// earliness is how long before our next planned slot something came, and
// false where no slot is planned.
func (c *Core) earliness(arrived time.Duration) (time.Duration, bool) {
	switch {
	case c.cfg.Rounds != Locked:
		return 0, false
	case c.parent == nil:
		return gridNext(arrived, c.grid, c.period) - arrived, true
	case c.phase.known:
		return c.phase.next(arrived) - arrived, true
	}
	return 0, false
}

// ackTime is when a batch that arrived at a time and is stored now is acked at
// the latest: with the round after its arrival, from which the sender counts.
// A leaf waits longer, since its next delta may yet carry the ack, and a bare
// one costs a message.
func (c *Core) ackTime(now time.Duration, l *link, arrived time.Duration) time.Duration {
	switch {
	case c.cfg.Rounds == Eager, c.isLeaf && l.role == Parent:
		return max(now, arrived+c.cfg.AckDelay)
	case c.cfg.Rounds == Free:
		return max(now, gridNext(arrived+1, c.cfg.Phase, c.period))
	case l.role == Child && c.parent == nil:
		c.downAt = min(c.downAt, gridNext(now+1, c.grid, c.period))
		return Never
	case l.role == Child:
		return max(now, arrived+c.ackWait(c.parent)) // the flush comes earlier
	default:
		return max(now, arrived+c.period)
	}
}

// ackWait is how long the peer may take to ack, beyond the way there and
// back. A parent acks when its own parent's flush has come.
func (c *Core) ackWait(l *link) time.Duration {
	switch {
	case c.cfg.Rounds == Eager, l.role == Child && l.leaf:
		return c.cfg.AckDelay
	case c.cfg.Rounds == Locked && l.role == Parent:
		return c.period + time.Duration(c.depth-1)*(c.usualHop(l)+minGuard)
	}
	return c.period
}

// usualHop is what a round trip between nodes further up is taken to be: that to
// the parent, unless it is out of all proportion to the others'. A way that looks
// long because the peer was dead or stopped when it was measured says nothing
// about any other, and would count once for every level.
func (c *Core) usualHop(parent *link) time.Duration {
	hop := parent.rtt.roundTrip()
	for _, l := range c.links {
		if l != parent && l.neighbour && l.rtt.measured {
			hop = min(hop, 2*l.rtt.smoothed+minMargin)
		}
	}
	return hop
}

// slotUnknown reports whether a child that asks for an ack at once should
// rather wait for a little: we do not know our slot yet, so the answer could
// not tell the child its own, and it would have to ask again.
func (c *Core) slotUnknown(l *link) bool {
	return c.cfg.Rounds == Locked && l.role == Child && !l.urgent && c.parent != nil && !c.parent.suspect &&
		len(c.parent.flights) > 0 && !c.phase.known
}

// answerChildren acks the children that have waited for our slot.
func (c *Core) answerChildren(now time.Duration) {
	for _, l := range c.links {
		if l.role == Child && l.hurry && len(l.acks) > 0 {
			l.ackDue = now
			c.timers.set(l)
		}
	}
}

// longestPath is what the longest way from below this node up to it and back
// takes, guards included. Levels of which nothing is known yet are taken to be
// like hop.
func (c *Core) longestPath(hop time.Duration) time.Duration {
	longest := time.Duration(c.cfg.Height) * hop
	for _, l := range c.links {
		if l.role == Child {
			longest = max(longest, l.path)
		}
	}
	return longest
}

// pathUp is what this node tells its parent: the longest way from below it to
// the parent and back. It is 0 until the way to the parent has been measured.
func (c *Core) pathUp() time.Duration {
	r := &c.parent.rtt
	if !r.measured {
		return 0
	}
	hop := r.smoothed + 2*r.jitter + c.phase.guard()
	return c.longestPath(hop) + hop
}

const (
	// targetSlack is kept free of a latency target for what nobody can measure
	// beforehand: the queues of busy processes.
	targetSlack = 5 * time.Millisecond
	// periodBand is how much, as a part of itself, the best period may rise
	// before it is taken; half as much is kept in hand for a fall.
	periodBand = 64
)

// longestPeriod is the longest period for which every value is everywhere
// within a target, 0 or less if there is none. A value that just misses its
// slot takes P + path. Maelstrom adds a second bound: a client's request waits
// while a flush is under way to its node, for up to one hop L. It began with
// the flush, then, that left L before it arrived; and the value goes with the
// first slot after that, the j-th of the grid with j = ceil(path/P), so that it
// takes j P + L.
func longestPeriod(target, path time.Duration, height int) time.Duration {
	hop := path / time.Duration(2*max(height, 1))
	p := target - path
	for j := time.Duration(1); p > 0 && j < 64; j++ {
		// With j slots on the way the period is at least path/j.
		if fits := min(p, (target-hop)/j); fits >= (path+j-1)/j {
			return fits
		}
	}
	return min(p, minPeriod-1)
}

// choosePeriod has the root set the period from its latency target D: a value
// waits for its slot for a period at most, and then takes the longest way up
// and down; see longestPeriod. It does so at a flush, which all slots refer to.
//
// A node that hears of a longer period only after its slot has spoken too early
// by the difference, and what it learns after that waits for as much longer.
// Where the period is shorter than the path, so that this can be, it grows by
// three quarters of what the target still leaves, and not again before the
// whole tree has heard. It falls at once.
func (c *Core) choosePeriod(now time.Duration) {
	path := c.longestPath(0)
	if c.cfg.Target == 0 || path == 0 {
		return
	}
	if c.changed == 0 {
		c.changed = now // let every node find its slot first
	}
	before := c.period
	best := longestPeriod(c.cfg.Target-targetSlack, path, c.cfg.Height)
	c.unkept = best < minPeriod
	best -= best / (2 * periodBand)
	switch {
	case c.unkept:
		c.period = minPeriod / 2
	case best < c.period-best/(2*periodBand):
		c.period = best
	case best > c.period+c.period/periodBand && now >= c.changed+path+c.period:
		if c.period >= path {
			c.period = best
		} else {
			c.period += (best - c.period) * 3 / 4
		}
	default:
		return
	}
	// The new grid starts at the tick that this flush belongs to. Without a
	// change the grid stays where it was, however late a flush is: the
	// children's averages would lag behind one that drifts.
	c.grid = gridNext(now+1, c.grid, before) - before
	c.changed = now
}
