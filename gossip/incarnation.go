package gossip

import "time"

// incarnations is what a link knows of its peer's incarnations beside the one that counts.
//
// Later ones have larger numbers as a rule, so that one that is larger than all
// that were heard of counts at once. A smaller one may be a late message of
// one that is over, or the peer as it is: its clock was set back, or what bore
// the larger incarnation was damaged or forged. Nothing in the message tells, so the
// sender is asked: a probe is made for it, and if an answer comes from it that
// names this probe or a later one of ours, it is alive, and the other is not.
type incarnations struct {
	highest uint64 // incarnation that was heard of
	rival   rival
}

// rival is the newest incarnation to have spoken that does not count.
type rival struct {
	incarnation uint64        // 0: none
	asked       uint64        // our first batch that has asked it; 0: none has
	due         bool          // it is to be asked in the next Advance
	batch       uint64        // its newest ...
	arrived     time.Duration // ... and when that came
}

// meet takes note of the incarnation of a peer's message and reports whether it is of
// the one that counts, and whether that is new. A new incarnation starts the link anew:
// nothing that the former one was sent or had acked counts any more.
func (c *Core) meet(now time.Duration, l *link, m *Message) (current, fresh bool) {
	switch {
	case m.Incarnation == l.incarnation:
		return true, false
	case l.incarnation == 0:
		l.incarnation, l.incarnations = m.Incarnation, incarnations{highest: m.Incarnation}
		return true, false
	case m.Incarnation > l.incarnations.highest, c.answersRival(l, m):
		l.succeed(m.Incarnation, c.known)
		return true, true
	}
	if r := &l.incarnations.rival; m.Probe {
		if r.incarnation != m.Incarnation {
			*r = rival{incarnation: m.Incarnation}
		}
		r.due, r.batch, r.arrived = true, m.Batch, now
		c.act(l)
	}
	return false, false
}

// answersRival reports whether a message proves that an incarnation is the peer's
// present one: it was made for our own incarnation, and after we had asked.
func (c *Core) answersRival(l *link, m *Message) bool {
	r := &l.incarnations.rival
	return m.Incarnation == r.incarnation && r.asked != 0 && m.For == c.cfg.Incarnation && r.asked <= m.Echo.Batch && m.Echo.Batch <= l.number
}

// askRival makes the probe that asks an incarnation whether it is the peer's. It is not
// kept until it is acked: whoever lives asks again.
func (c *Core) askRival(now time.Duration, l *link, m *Message) {
	r := &l.incarnations.rival
	c.number(l, m)
	r.due = false
	if r.asked == 0 { // an answer to any of them will do, or they would chase each other
		r.asked = m.Batch
	}
	m.Incarnation, m.For, m.Probe = c.cfg.Incarnation, r.incarnation, true
	if r.batch != 0 { // which proves to it, in turn, that we are there
		m.Echo = Echo{Batch: r.batch, Held: min(now-r.arrived, maxEchoAge)}
	}
}

// succeed begins the link anew with another incarnation of the peer.
func (l *link) succeed(epoch uint64, known int) {
	l.incarnation, l.incarnations = epoch, incarnations{highest: max(epoch, l.incarnations.highest)}
	l.told = NewDigest()
	l.begin(known)
	l.exchange.begin()
	l.acks.begin()
	l.rounds.begin()
	l.becomeStreaming()
	l.windowFull = false
	l.peer.begin()
	l.catch.knowsFormer = false
}
