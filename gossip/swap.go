package gossip

import "time"

// swaps is when a node that suspects others swaps vectors with a node that is
// no link of it, and with whom. What flows is what both should have had for
// long, so that nothing does while the trees hang together. A root that is none
// in the tree knows that they hardly do: it swaps all that it holds, except with
// nodes of its own tree, as far as locked rounds tell. Every tree but one has such
// a root, so that all of them are tied together.
type swaps struct {
	at       time.Duration // Never while nobody is suspected
	interval time.Duration
	next     time.Duration // when the next one is due, if the newest is answered; at is sooner if not
	rush     time.Duration // until then who does not answer is not waited for
	begun    time.Duration // the newest swap ...
	partner  *link         // ... and with whom
	useful   bool          // the newest swap has brought something
	random   uint64
}

const (
	minSwap = time.Second
	maxSwap = 10 * time.Second
	// usefulSwap is how soon a swap follows one that has brought something: there
	// is more where that came from.
	usefulSwap = 700 * time.Millisecond
	// filling is for how long a node that is back is not swapped with: if it was
	// restarted blank, its neighbours give it what a swap would bring as well.
	filling = 2 * time.Second
	// minAnswer is the least time in which a partner may answer.
	minAnswer = 350 * time.Millisecond
	// rushFor is for how long after a suspicion a partner that does not answer is
	// not waited for: what has come apart has to find each other.
	rushFor = 6 * time.Second
)

// startSwaps plans the first swap after a suspicion. Every further one may part
// trees that hung together before.
func (c *Core) startSwaps(now time.Duration) {
	s := &c.swaps
	s.interval, s.rush = minSwap, now+rushFor
	s.at = min(s.at, now+minSwap+time.Duration(c.draw()%uint64(minSwap)))
}

// draw returns the next of the numbers that the seed stands for (splitmix64).
func (c *Core) draw() uint64 {
	c.swaps.random += 0x9e3779b97f4a7c15
	z := c.swaps.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// swap begins a swap with a random node, and plans the next one: soon if the
// last one has brought anything, later and later if not. Another is asked if one
// has not answered within minSwap, and soon after a suspicion as soon as it could have.
func (c *Core) swap(now time.Duration) {
	s := &c.swaps
	if len(c.suspects) == 0 {
		s.at, s.partner = Never, nil
		return
	}
	if s.begun > 0 && now-s.begun < maxSwap && c.cfg.Busy != nil && c.cfg.Busy(now) {
		s.at = s.begun + maxSwap
		return
	}
	answered := s.partner != nil && s.partner.lastAck >= s.begun
	if answered && now < s.next {
		s.at = s.next
		return
	}
	switch {
	case s.useful:
		s.interval = c.soon()
	case answered:
		s.interval = min(2*s.interval, maxSwap)
	}
	s.next = now + s.interval
	wait := minSwap // who has not answered by then may be out of reach
	if now < s.rush {
		wait = max(c.way(), minAnswer)
	}
	s.at = min(s.next, now+wait)
	s.useful, s.begun = false, now
	s.partner = c.pickPartner(now)
	if l := s.partner; l != nil {
		c.stats.Swaps++
		if l.role == Guest {
			c.setRole(l, Partner)
		}
		tie := Swapping
		if c.lonely() {
			tie = Joining
		}
		c.owe(now, l, tie)
		l.asked = false
		l.tie, l.tieDue = tie, true
		l.show, l.showing = true, nil
		c.act(l)
	}
}

// useful notes that a swap has brought something: the next one comes soon.
func (c *Core) useful(now time.Duration) {
	if s := &c.swaps; s.at != Never {
		s.useful, s.interval = true, c.soon()
		s.next = min(s.next, now+s.interval)
		s.at = min(s.at, s.next)
	}
}

// soon is how soon a swap follows one that has brought something. What a root
// swaps that is none in the tree may be on its way to it anyway, so that there is
// always something: it does not come more often than its rounds do.
func (c *Core) soon() time.Duration {
	if c.lonely() {
		return max(usefulSwap, c.period)
	}
	return usefulSwap
}

// pickPartner draws a node that is not suspected and no link, or with direct
// links just not suspected; nil if a few tries find none.
func (c *Core) pickPartner(now time.Duration) *link {
	nodes := c.cfg.Tree.Nodes()
	for range 8 {
		name := nodes[c.draw()%uint64(len(nodes))]
		l := c.byPeer[name]
		switch {
		case name == c.cfg.Self:
		case l == nil:
			return c.linkTo(name)
		case now < l.filling || l.suspected || l.suspect || l.offered || l.tieDue || l.show || l == c.search.choice || l.tie == Attached:
		case c.cfg.Direct, !l.neighbour && (l.role == Guest || l.role == Partner):
			return l
		}
	}
	return nil
}

// owe has what we have held for long wait for the peer's vector; if trees are to
// be joined, all that we hold.
func (c *Core) owe(now time.Duration, l *link, tie Tie) {
	base := c.known
	if tie == Swapping {
		base = c.heldSince(now - c.overdue())
	}
	if l.owed && l.role != Partner {
		base = max(base, l.base) // what a new life owes it owes still
	}
	l.base, l.owed = base, base > 0
	if l.role == Partner {
		l.cursor, l.again = c.known, nil
	}
}

// oweOld has a partner of which a message came that is in our tree, which only
// locked rounds tell, wait for no more than it should have had for long: what is
// new is on its way to it. A peer that has become more than a partner meanwhile
// is owed everything.
func (c *Core) oweOld(now time.Duration, l *link, m *Message) {
	if l.role != Partner || c.cfg.Rounds != Locked || m.Root == 0 || m.Root != c.root {
		return // another root's, or it is not known
	}
	l.base = min(l.base, c.heldSince(now-c.overdue()))
	l.owed = l.base > 0
}

// overdue is the age at which an entry should be everywhere.
func (c *Core) overdue() time.Duration {
	return c.period + time.Duration(c.cfg.Tree.Depth())*c.way() + 250*time.Millisecond
}

// way is within which time a neighbour's answer is there, as a rule.
func (c *Core) way() time.Duration {
	for _, l := range c.links {
		if l.neighbour && l.rtt.measured {
			return l.rtt.roundTrip() + l.rtt.margin()
		}
	}
	return c.cfg.FirstRTT
}

// swapWith is the other side of a swap.
func (c *Core) swapWith(now time.Duration, l *link, m *Message) {
	if m.Vector == nil {
		return
	}
	if !c.cfg.Direct {
		if l.neighbour || l == c.search.choice || (l.role != Guest && l.role != Partner) {
			return // what it lacks comes anyway
		}
		c.setRole(l, Partner)
	}
	if l.tie.swaps() && !l.tieDue {
		l.tie = Untied // now it is the peer that wants it
	}
	c.owe(now, l, m.Tie)
	c.oweOld(now, l, m)
	l.asked = true // it is on its way
}

// mark is how long the log was at a time.
type mark struct {
	at    time.Duration
	known int
}

// markAge notes how long the log is before it grows, a few times in what it
// takes an entry to become overdue.
func (c *Core) markAge(now time.Duration) {
	n := len(c.marks)
	if n > 0 && (now-c.marks[n-1].at < minMark || now-c.marks[n-1].at < c.overdue()/(maxMarks/2)) {
		return
	}
	if n == maxMarks {
		c.marks = c.marks[:copy(c.marks, c.marks[1:])]
	}
	c.marks = append(c.marks, mark{now, c.known})
}

// heldSince is how long the log was some time ago, or a little less.
func (c *Core) heldSince(t time.Duration) int {
	if c.grown <= t {
		return c.known
	}
	for i := len(c.marks) - 1; i >= 0; i-- {
		if c.marks[i].at <= t {
			return c.marks[i].known
		}
	}
	return 0
}

const (
	maxMarks = 16
	minMark  = 50 * time.Millisecond
)
