package gossip

import (
	"iter"
	"slices"
	"time"
)

// channels is what suspicion and repair see of links, and have them do: nothing
// else of the core is theirs.
type channels struct{ c *Core }

func (ch channels) counts() *Stats            { return &ch.c.stats }
func (ch channels) scheme() scheme            { return ch.c.scheme }
func (ch channels) antiEntropy() *antiEntropy { return &ch.c.entropy }

// known is a peer that there is a link to; nil if there is none.
func (ch channels) known(name string) *peer {
	if l := ch.c.byPeer[name]; l != nil {
		return &l.peer
	}
	return nil
}

// open is a peer, to which a link is made if there is none; nil if it is no node
// of the cluster.
func (ch channels) open(name string) *peer {
	if l := ch.c.linkTo(name); l != nil {
		return &l.peer
	}
	return nil
}

// all yields the peers in the order of their links.
func (ch channels) all() iter.Seq[*peer] {
	return func(yield func(*peer) bool) {
		for _, l := range ch.c.links {
			if !yield(&l.peer) {
				return
			}
		}
	}
}

// inOrder compares peers by the order of their links.
func (ch channels) inOrder(a, b *peer) int { return a.link.order - b.link.order }

// parent is what entries go upwards to; nil for a root.
func (ch channels) parent() *peer {
	if l := ch.c.parent; l != nil {
		return &l.peer
	}
	return nil
}

// What a link is and how it stands. patienceOf is how long an answer may take,
// owesWord says that the peer has to be told something, and exchanged that both
// sides have seen what the other held when the link began.
func (ch channels) role(p *peer) Role                { return p.link.role }
func (ch channels) state(p *peer) state              { return p.link.state }
func (ch channels) isMute(p *peer) bool              { return p.link.mute }
func (ch channels) attempts(p *peer) int             { return p.link.attempts }
func (ch channels) patienceOf(p *peer) time.Duration { return p.link.rtt.interval(0) }
func (ch channels) exchanged(p *peer) bool           { return p.link.exchanged() }
func (ch channels) owesWord(p *peer) bool {
	return p.link.exchange.ours == due || p.relationDue || len(p.link.resend) > 0
}

// speak has a link speak in the next Advance, probe with a probe.
func (ch channels) speak(p *peer) { ch.c.act(p.link) }
func (ch channels) probe(p *peer) {
	p.probeDue = true
	ch.c.act(p.link)
}

// tell has a peer told what we are to it.
func (ch channels) tell(p *peer, relation Relation) {
	p.relation, p.relationDue = relation, true
	ch.c.act(p.link)
}

// show has a peer shown our digest the next time that it is spoken to.
func (ch channels) show(p *peer) { p.link.exchange.ours = due }

// send has a peer sent what it lacks, outside the rounds.
func (ch channels) send(p *peer) { ch.c.send(p.link) }

// renew starts a link anew: both sides show what they hold, and what the other
// lacks of it flows.
func (ch channels) renew(now time.Duration, p *peer) {
	ch.restart(now, p)
	p.link.exchange.show()
	ch.c.act(p.link)
}

// restart has everything that the log holds wait for the peer's digest.
func (ch channels) restart(now time.Duration, p *peer) {
	l := p.link
	l.restart(ch.c.known, ch.c.catch.on)
	ch.c.returnPermit(now, l)
	if l.exchange.owed {
		ch.c.act(l)
	}
}

// forget drops what a peer was sent and is owed.
func (ch channels) forget(now time.Duration, p *peer) {
	ch.restart(now, p)
	p.link.exchange.owed = false
	p.link.exchange.hide()
}

// giveUp makes a link unreachable. A mute one is owed nothing until the peer
// answers.
func (ch channels) giveUp(p *peer, mute bool) {
	l := p.link
	l.becomeUnreachable(mute)
	if mute {
		l.owedFrom = l.firstOwed()
		l.resend, l.silent = nil, batch{}
		l.exchange.hide()
		l.exchange.parts, l.exchange.owed, l.exchange.blind = nil, false, false
	}
}

// takeUp ends that.
func (ch channels) takeUp(p *peer) {
	p.link.becomeReachable()
}

// resume has what a neighbour had not acked when it came to be unreachable, and what came
// since, ride on the next message to it, if that is little. Digests are exchanged all the
// same, but where messages get lost that may take long.
func (ch channels) resume(p *peer) {
	l := p.link
	if l.role != Child && l.role != Parent || l.owedFrom == 0 {
		return
	}
	owed := segment{from: l.owedFrom - 1, to: ch.c.known, sent: true}
	bytes := 0
	for i := owed.from; i < owed.to; i++ {
		if bytes += len(ch.c.log.At(i).Value) + runBytes; bytes > maxRideBytes {
			return
		}
	}
	if owed.from < owed.to {
		l.resend = append(l.resend, owed)
		ch.c.send(l)
	}
}

// unmute has a peer that is unreachable owed what its role says.
func (ch channels) unmute(p *peer) { p.link.mute = false }

// rest ends the probing of a peer that we have no business with, and watch begins
// that of one which is unreachable.
func (ch channels) rest(now time.Duration, p *peer) {
	p.link.rest()
	ch.c.returnPermit(now, p.link)
}

func (ch channels) watch(p *peer) {
	p.watched = true
	p.link.becomeProbing()
	ch.c.act(p.link)
}

// setRole changes what a peer is to this node. Acks that have waited for a flush go by
// themselves where there will be none.
func (ch channels) setRole(p *peer, role Role) {
	if l := p.link; l.role == Child && role != Child && len(l.acks.stored) > 0 {
		l.acks.ready = true
		ch.c.act(l)
	}
	p.link.role = role
	ch.c.recount()
}

// changeParent changes where entries go upwards; nil makes this node a root.
func (ch channels) changeParent(p *peer) {
	ch.c.parent = nil
	if p != nil {
		ch.c.parent = p.link
	}
}

// beginRounds begins rounds that are new to everybody below, at a depth of this
// node. With the parent in the tree, slots are where they were.
func (ch channels) beginRounds(now time.Duration, depth int, inTree bool) {
	ch.c.depth = depth
	ch.c.schedule.parentChanged(inTree)
	ch.c.upAt = Never
	ch.c.schedule.plan(now)
}

// keepSlots and forgetSlots keep what is known of our slots with the parent in
// the tree while it is not the parent.
func (ch channels) keepSlots()   { ch.c.schedule.keepSlots() }
func (ch channels) forgetSlots() { ch.c.schedule.forgetSlots() }

// maxGuests is how many links are kept of peers that are neither parent nor
// children.
const maxGuests = 64

// linkTo returns the link to a node, and makes it one of a guest if there is
// none yet. It is nil for a node that is not of the cluster.
func (c *Core) linkTo(name string) *link {
	if l := c.byPeer[name]; l != nil {
		return l
	}
	index := -1
	if t := c.cfg.Tree; t != nil {
		var ok bool
		if index, ok = t.Index(name); !ok {
			return nil
		}
	}
	c.dismiss()
	l := c.join(Neighbour{Name: name, Role: Guest}, 0)
	c.recount()
	l.peer.index, l.peer.missed, l.peer.prunedAt = index, -2*recentlyMissed, -2*recentlyMissed
	if t := c.cfg.Tree; t != nil {
		// A batch of a link that has been forgotten may yet be acked.
		l.number, l.exchange.number = c.batches, c.batches
		l.leaf = len(t.Children(name)) == 0
		for _, other := range c.links {
			if other.peer.inTree && other.rtt.measured {
				l.rtt = other.rtt // as good a guess as any
				break
			}
		}
	}
	return l
}

// join makes a link. The caller counts them again.
func (c *Core) join(n Neighbour, base int) *link {
	order := 0
	if len(c.links) > 0 {
		order = c.links[len(c.links)-1].order + 1
	}
	l := newLink(n, order, base, c.cfg.FirstRTT)
	c.links = append(c.links, l)
	c.byPeer[l.name] = l
	return l
}

// dismiss forgets the guest that has been silent for longest, if there are too
// many of them and there is nothing left to be done for it.
func (c *Core) dismiss() {
	if c.cfg.Tree == nil || len(c.links)-c.carriers < maxGuests {
		return
	}
	oldest := -1
	for i, l := range c.links {
		if (l.role == Guest || l.role == SyncPeer) && c.mayGoAway(l) && (oldest < 0 || l.peer.used < c.links[oldest].peer.used) {
			oldest = i
		}
	}
	if oldest >= 0 {
		delete(c.byPeer, c.links[oldest].name)
		c.links = slices.Delete(c.links, oldest, oldest+1)
		c.recount()
	}
}

// mayGoAway reports whether nothing is under way on a link and nothing is to be
// remembered but what the peer holds.
func (c *Core) mayGoAway(l *link) bool {
	p := &l.peer
	return l.isIdle() && l.state != unreachable && !p.inTree && !p.watched && !p.relationDue && !p.probeDue && c.scheme.mayGoAway(p)
}

// recount counts the links anew, after any change of them.
func (c *Core) recount() {
	c.carriers, c.children = 0, 0
	for _, l := range c.links {
		if l.role == Child {
			c.children++
		}
		if l.role != Guest {
			c.carriers++
		}
	}
}

// isLeaf reports whether nothing goes downwards.
func (c *Core) isLeaf() bool { return c.children == 0 }
