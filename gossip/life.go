package gossip

import "time"

// lives is what a link knows of its peer's lives beside the one that counts.
//
// Later lives have larger epochs as a rule, so that one that is larger than all
// that were heard of counts at once. A smaller one may be a late message of a
// life that is over, or the peer as it is: its clock was set back, or what bore
// the larger epoch was damaged or forged. Nothing in the message tells, so the
// life is asked: a probe is made for it, and if an answer comes from it that
// names this probe or a later one of ours, it is alive, and the other is not.
type lives struct {
	highest uint64 // epoch that was heard of
	rival   rival
}

// rival is the newest life to have spoken that does not count.
type rival struct {
	epoch   uint64        // 0: none
	asked   uint64        // our first batch that has asked it; 0: none has
	due     bool          // it is to be asked in the next Advance
	batch   uint64        // its newest ...
	arrived time.Duration // ... and when that came
}

// meet takes note of the epoch of a peer's message and reports whether it is of
// the life that counts, and whether that is new. A new life starts the link anew:
// nothing that the former one was sent or had acked counts any more.
func (c *Core) meet(now time.Duration, l *link, m *Message) (current, fresh bool) {
	switch {
	case m.Epoch == l.epoch:
		return true, false
	case l.epoch == 0:
		l.epoch, l.lives = m.Epoch, lives{highest: m.Epoch}
		return true, false
	case m.Epoch > l.lives.highest, c.answersRival(l, m):
		l.succeed(m.Epoch, c.known)
		return true, true
	}
	if r := &l.lives.rival; m.Probe {
		if r.epoch != m.Epoch {
			*r = rival{epoch: m.Epoch}
		}
		r.due, r.batch, r.arrived = true, m.Batch, now
		c.act(l)
	}
	return false, false
}

// answersRival reports whether a message proves that a life is the peer's
// present one: it was made for our own life, and after we had asked.
func (c *Core) answersRival(l *link, m *Message) bool {
	r := &l.lives.rival
	return m.Epoch == r.epoch && r.asked != 0 && m.For == c.cfg.Epoch && r.asked <= m.Echo.Batch && m.Echo.Batch <= l.number
}

// askRival makes the probe that asks a life whether it is the peer's. It is not
// kept until it is acked: whoever lives asks again.
func (c *Core) askRival(now time.Duration, l *link, m *Message) {
	r := &l.lives.rival
	c.number(l, m)
	r.due = false
	if r.asked == 0 { // an answer to any of them will do, or they would chase each other
		r.asked = m.Batch
	}
	m.Epoch, m.For, m.Probe = c.cfg.Epoch, r.epoch, true
	if r.batch != 0 { // which proves to it, in turn, that we are there
		m.Echo = Echo{Batch: r.batch, Held: min(now-r.arrived, maxEchoAge)}
	}
}

// succeed begins the link anew with another incarnation of the peer.
func (l *link) succeed(epoch uint64, known int) {
	l.epoch, l.lives = epoch, lives{highest: max(epoch, l.lives.highest)}
	l.told = NewVector()
	l.begin(known)
	l.exchange.begin()
	l.acks.begin()
	l.rounds.begin()
	l.becomeStreaming()
	l.windowFull = false
	l.peer.begin()
	l.catch.knowsFormer = false
}
