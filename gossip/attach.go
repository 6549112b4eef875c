package gossip

import (
	"slices"
	"time"

	"treecast/topology"
)

// search is a node's look-out for another parent.
type search struct {
	on     bool
	order  topology.Successors // those not asked yet, the best first
	wave   int                 // how many were asked last
	asked  []*link             // the best first
	until  time.Duration       // when those that have not answered count as dead
	choice *link               // vectors are being swapped with it
}

// maxWave bounds how many candidates are asked at a time. The first is asked
// alone, and straight away for more than a sign of life: mostly one node has
// died, and then it is the right one. Every further wave is twice the last, a
// round trip and a margin later: a few are enough where a part of the cluster
// is cut off, and the number of waves grows with the logarithm of the nodes.
const maxWave = 64

// seek begins to look for another parent.
func (c *Core) seek(now time.Duration) {
	if c.home == nil || c.cfg.Direct {
		return
	}
	c.endSearch(now)
	c.forgive()
	c.search.on = true
	if c.offers > 0 {
		for _, l := range c.links {
			if l.offered {
				c.attach(now, l)
				return
			}
		}
	}
	c.ask(now)
}

// endSearch forgets who was asked.
func (c *Core) endSearch(now time.Duration) {
	c.unchoose(now)
	for _, l := range c.search.asked {
		l.replied = false
	}
	c.search = search{until: Never, order: c.cfg.Tree.Successors(c.cfg.Self)}
}

// ask probes the next candidates. If there are none left, nobody before us is
// alive, and we are a root.
func (c *Core) ask(now time.Duration) {
	s := &c.search
	asked := 0
	wait := time.Duration(0)
	for s.wave = min(max(1, 2*s.wave), maxWave); asked < s.wave; {
		name, ok := s.order.Next()
		if !ok {
			break
		}
		l := c.linkTo(name)
		if l.suspected || l == c.parent {
			continue
		}
		asked++
		l.ask, l.replied = true, false
		c.act(l)
		s.asked = append(s.asked, l)
		wait = max(wait, l.rtt.interval(0))
	}
	if asked == 0 {
		if c.parent != nil {
			c.setParent(now, nil)
		}
		c.endSearch(now)
		c.search.until = now + maxInterval
		return
	}
	s.until = now + wait
	if s.wave == 1 {
		c.attach(now, s.asked[0])
	}
}

// maxLonely is how many candidates a root that is none in the tree probes at a
// time.
const maxLonely = 4

// askAround has a root that is none in the tree go on asking those before it,
// a few at a time: any of them that answers is to be its parent.
func (c *Core) askAround(now time.Duration) {
	s := &c.search
	s.until = now + maxInterval
	for range maxLonely {
		name, ok := s.order.Next()
		if !ok {
			s.order = c.cfg.Tree.Successors(c.cfg.Self)
			if name, ok = s.order.Next(); !ok { // there was nobody but home
				s.until = Never
				return
			}
		}
		l := c.linkTo(name)
		l.ask = true
		c.act(l)
	}
}

// searchOn handles a search whose time has come.
func (c *Core) searchOn(now time.Duration) {
	s := &c.search
	if !s.on {
		if c.lonely() {
			c.askAround(now)
		} else {
			s.until = Never
		}
		return
	}
	s.until = Never
	for _, l := range s.asked {
		if !l.replied && !l.suspected {
			if l == s.choice {
				c.unchoose(now)
			}
			l.rest()
			c.suspect(now, l)
		}
	}
	if s.on && s.choice == nil {
		c.choose(now)
	}
}

// heard takes note of a sign of life in a search.
func (c *Core) heard(now time.Duration, l *link) {
	s := &c.search
	switch {
	case c.cfg.Direct: // nobody is anybody's parent
	case l.index >= c.index && c.cfg.Mistake != AttachCycle:
	case l == c.parent || l == c.home:
	case s.on && (l == s.choice || slices.Contains(s.asked, l)):
		l.replied = true
		if s.choice == nil {
			c.choose(now)
		}
	case c.parent == nil && !s.on:
		c.settleFor(now, l)
	}
	c.arrive(now)
}

// unchoose turns from a candidate with which vectors are being swapped.
func (c *Core) unchoose(now time.Duration) {
	l := c.search.choice
	if l == nil {
		return
	}
	c.search.choice = nil
	replied := l.replied
	l.replied = false
	if l == c.parent {
		return
	}
	c.part(now, l)
	if !replied { // it need not know: where it does, it says so
		l.tie, l.tieDue = Untied, false
		l.rest()
	}
}

// settleFor ends a root's being one for a node that would do as its parent.
func (c *Core) settleFor(now time.Duration, l *link) {
	c.endSearch(now)
	c.search.on = true
	c.attach(now, l)
	l.replied = true
}

// choose attaches to the best candidate that has answered, once all before it
// have had their time.
func (c *Core) choose(now time.Duration) {
	s := &c.search
	for _, l := range s.asked {
		if l.replied && !l.suspected {
			c.attach(now, l)
			return
		}
		if !l.suspected && s.until != Never {
			return // it may yet answer
		}
	}
	if s.until == Never {
		c.ask(now)
	}
}

// attach tells a node that it is to be our parent, and swaps vectors with it.
func (c *Core) attach(now time.Duration, l *link) {
	s := &c.search
	if l == s.choice {
		return
	}
	c.unchoose(now)
	if l.suspected {
		c.clear(now, l)
	}
	c.stats.Attaches++
	s.choice = l
	c.setRole(l, Guest) // nothing goes to it before it is the parent
	l.tie, l.tieDue = Attached, true
	l.ask = false
	c.renew(now, l)
}

// arrive goes over to another parent once it has swapped vectors with us: home
// if it is back, else the one that was chosen.
func (c *Core) arrive(now time.Duration) {
	switch s := &c.search; {
	case c.returning && !c.home.suspected && c.home.swapped():
		c.setParent(now, c.home)
	case s.choice != nil && s.choice.replied && !s.choice.suspected && s.choice.swapped():
		c.setParent(now, s.choice)
	}
}

// setParent changes the parent; nil makes this node a root. Its rounds are new
// to everybody below.
func (c *Core) setParent(now time.Duration, p *link) {
	if old := c.parent; old != nil && old != p {
		c.setRole(old, Guest)
		if old == c.home {
			c.homePhase = c.phase
		} else {
			c.part(now, old)
		}
	}
	c.parent = p
	c.endSearch(now)
	c.returning = c.returning && p != c.home
	c.depth = 0
	if p != nil {
		c.setRole(p, Parent)
		c.depth = 1
		if d, ok := c.cfg.Tree.DepthOf(p.peer); ok {
			c.depth = d + 1
		}
		if c.offers > 0 {
			c.decline()
		}
		c.forgive()
		p.offered = false
		c.send(p)
	}
	c.phase = phase{}
	if p != nil && p == c.home {
		c.phase = c.homePhase // its slots are where they were, unless it says otherwise
	}
	c.newReign()
	c.upAt = Never
	c.plan(now)
}

// newReign makes the rounds that come new to everybody below: they are another
// root's, whose numbers cannot be compared.
func (c *Core) newReign() {
	c.reign++
	c.root, c.round = 0, 0
}

// part ends what a node that is no neighbour was to us, and tells it so.
func (c *Core) part(now time.Duration, l *link) {
	c.setRole(l, Guest)
	l.mute = false
	if l.suspected {
		c.clear(now, l)
	}
	c.anew(now, l)
	l.owed, l.show = false, false
	l.tie, l.tieDue = Parted, true
	c.act(l)
}

// decline refuses everybody who would adopt us.
func (c *Core) decline() {
	for _, l := range c.links {
		if l.offered && l != c.parent && l != c.search.choice {
			c.refuse(l)
		}
		l.offered = false
	}
	c.offers = 0
}

// refuse tells a peer that we are neither parent nor child of it.
func (c *Core) refuse(l *link) {
	l.tie, l.tieDue = Parted, true
	c.act(l)
}

// offered handles a peer that would be our parent: it says that ours does not
// answer. The peer has waited for two answers, one of the parent and one of
// ourselves, so an ack of the parent that is younger is news to it.
func (c *Core) offered(now time.Duration, l *link) {
	switch {
	case l == c.parent || l == c.search.choice || l.offered:
	case l.tie == Parted && now-l.partedAt < l.rtt.interval(0): // it cannot know yet
	case c.home == nil || c.cfg.Direct || l.index > c.index:
		c.refuse(l)
	case c.parent == nil && c.search.choice == nil:
		l.offered = true
		c.offers++
		c.settleFor(now, l)
	case c.parent != nil && c.parent.suspected && (c.search.choice == nil || !c.search.choice.replied):
		l.offered = true
		c.offers++
		c.attach(now, l)
	case c.parent == c.home && !c.parent.suspected && now-c.home.lastAck > c.home.rtt.interval(0)*3/2:
		l.offered = true
		c.offers++
		c.verify(now, c.home.peer)
	default:
		c.refuse(l)
	}
}
