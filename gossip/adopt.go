package gossip

import "time"

// adoptOrphans becomes the parent of those whose parents do not answer, as far
// as it is up to us: of all that could replace a parent, we are the first that
// is not suspected here.
func (c *Core) adoptOrphans(now time.Duration) {
	c.adoptAt = Never
	if c.cfg.Direct {
		return
	}
	first := c.firstAlive()
	for i := 0; i < len(c.suspects); i++ { // nobody is suspected meanwhile
		s := c.suspects[i]
		for _, name := range c.cfg.Tree.Children(s.peer) {
			if c.inherits(name, first) && c.adopt(now, name, s.peer) && !c.watched(s) {
				s.watch, s.suspect = true, true
				c.act(s)
			}
		}
	}
	if !c.search.on && !c.lonely() {
		c.forgive()
	}
}

// firstAlive is the place of the first node in the natural order that is not
// suspected.
func (c *Core) firstAlive() int {
	for i, name := range c.cfg.Tree.Nodes() {
		if i >= c.index || !c.isSuspect(name) {
			return i
		}
	}
	return c.index
}

func (c *Core) isSuspect(name string) bool {
	l := c.byPeer[name]
	return l != nil && l.suspected
}

// inherits reports whether this node is the first of those that may be the
// parent of a node and are not suspected.
func (c *Core) inherits(name string, first int) bool {
	if i, _ := c.cfg.Tree.Index(name); i <= c.index {
		return false
	}
	for parent, ok := c.cfg.Tree.Parent(name); ok; parent, ok = c.cfg.Tree.Parent(parent) {
		if parent == c.cfg.Self {
			return true
		}
		if !c.isSuspect(parent) {
			return false
		}
	}
	return first == c.index
}

// adopt offers itself to a node as its parent, and reports whether it had not
// done so. It is for that node to attach or to decline: it knows best whether
// its parent answers. Until then the offer is repeated.
func (c *Core) adopt(now time.Duration, name, reason string) bool {
	l := c.linkTo(name)
	if l.neighbour || l.role == Child || l.role == Parent || l.reason != "" || l.declined == reason {
		return false
	}
	c.stats.Adoptions++
	if l.suspected {
		c.clear(now, l)
	}
	l.reason, l.declined = reason, ""
	l.tie, l.tieDue = Adopted, true
	c.act(l)
	return true
}

// mother makes a peer one of our children.
func (c *Core) mother(now time.Duration, l *link) {
	l.mute = false
	if l.suspected {
		c.clear(now, l)
	}
	c.setRole(l, Child)
	l.tie, l.tieDue, l.reason, l.declined = Adopted, false, "", ""
	c.anew(now, l)
}

// dropOrphans takes the offers back that were made because a node did not
// answer, now that it does. Those who have attached themselves leave when it
// answers them too.
func (c *Core) dropOrphans(now time.Duration, parent *link) {
	for _, l := range c.links {
		if l.reason == parent.peer {
			c.drop(now, l)
		}
	}
}

// drop ends what a node that is no neighbour was to us.
func (c *Core) drop(now time.Duration, l *link) {
	if l.role == Child {
		c.setRole(l, Guest)
	}
	l.tie, l.reason, l.mute = Untied, "", false
	l.rest()
	c.returnPermit(now, l)
	if l.suspected {
		c.clear(now, l)
	}
}

// readTie takes what a peer says that it is to us.
func (c *Core) readTie(now time.Duration, l *link, m *Message) {
	if c.cfg.Tree == nil || m.Tie == Untied || m.Batch <= l.tied {
		return
	}
	l.tied = m.Batch
	l.theirs = m.Tie
	switch m.Tie {
	case Attached:
		if c.cfg.Direct || l.index < c.index && c.cfg.Mistake != AttachCycle {
			c.refuse(l)
			return
		}
		if l.role != Child {
			c.mother(now, l)
		}
		for _, name := range m.Suspects {
			c.verify(now, name)
		}
	case Adopted:
		c.offered(now, l)
	case Parted:
		if reason := l.reason; reason != "" {
			c.drop(now, l)
			l.declined = reason
		} else if l.role == Child && !l.neighbour {
			c.drop(now, l)
		}
		if l == c.search.choice || (l == c.parent && l != c.home) {
			l.tieDue = true // we crossed
			c.act(l)
		}
	case Swapping, Joining:
		c.swapWith(now, l, m)
	}
}

// addTie says in a message what we are to the peer, and whom we suspect if it
// has not been told yet.
func (c *Core) addTie(l *link, m *Message, f *flight) {
	if !l.tieDue {
		if l.tie == Attached || l.tie == Adopted {
			m.Tie = l.tie
		}
		return
	}
	m.Tie = l.tie
	l.tieDue, f.tie = false, true
	switch l.tie {
	case Attached:
		// Our ancestors, whose other descendants need a parent too. What else does
		// not answer us the receiver finds out if it has to.
		for _, name := range c.cfg.Tree.Ancestors(c.cfg.Self) {
			if c.isSuspect(name) {
				m.name(name)
			}
		}
	case Adopted:
		if l.reason != "" {
			m.name(l.reason)
		}
	}
}

// name adds a node to the suspects of a message, if there is room for it.
func (m *Message) name(node string) {
	bytes := 0
	for _, s := range append(m.Suspects, node) {
		bytes += 6*len(s) + 3
	}
	if len(m.Suspects) < maxSuspects && bytes <= tieBytes-100 {
		m.Suspects = append(m.Suspects, node)
	}
}
