package gossip

import "time"

// plan sets when the news of now is passed on.
func (c *Core) plan(now time.Duration) {
	next := c.nextTick(now)
	c.upAt, c.downAt = min(c.upAt, next), min(c.downAt, next)
}

// nextTick is the first tick of this node's own timer after now.
func (c *Core) nextTick(now time.Duration) time.Duration {
	p := c.cfg.Period
	k := (now - c.cfg.Phase) / p
	t := c.cfg.Phase + k*p
	for t <= now {
		t += p
	}
	return t
}

// ackTime is when a batch stored now is acked at the latest: with the next
// round, but a leaf waits longer, since its next delta may yet carry the ack
// and a bare one costs a message.
func (c *Core) ackTime(now time.Duration, l *link) time.Duration {
	if c.isLeaf && l.role == Parent {
		return now + c.cfg.AckDelay
	}
	return c.nextTick(now)
}

// ackWait is how long the peer may take to ack, beyond the way there and
// back.
func (c *Core) ackWait(l *link) time.Duration {
	if l.role == Child && l.leaf {
		return c.cfg.AckDelay
	}
	return c.cfg.Period
}
