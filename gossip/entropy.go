package gossip

import "time"

// antiEntropy is the exchange of digests, now and then, with a random node that
// is no link, by a node to which others are out of reach (Demers et al. 1987).
// What flows is what both should have had for long, so that nothing does while
// the trees hang together. An orphan root knows that they hardly do: it brings
// all that it holds, except to nodes of its own tree, as far as locked rounds tell.
// Every tree but one has such a root, so that all of them are tied together.
type antiEntropy struct {
	c        *Core
	at       time.Duration // Never while everybody is in reach
	interval time.Duration
	next     time.Duration // when the next one is due, if the newest is answered; at is sooner if not
	rush     time.Duration // until then a peer that does not answer is not waited for
	begun    time.Duration // the newest exchange ...
	peer     *link         // ... and whom it is with
	brought  bool          // the newest has brought something
	random   uint64

	marks []mark        // oldest first
	grown time.Duration // when the log was last seen to have grown
}

const (
	minSync = time.Second
	maxSync = 10 * time.Second
	// usefulSync is how soon an exchange follows one that has brought something:
	// there is more where that came from.
	usefulSync = 700 * time.Millisecond
	// filling is for how long a node that is back is left alone: if it was restarted
	// blank, its neighbours give it what an exchange would bring as well.
	filling = 2 * time.Second
	// minAnswer is the least time in which a peer may answer.
	minAnswer = 350 * time.Millisecond
	// rushFor is for how long after a suspicion a peer that does not answer is
	// not waited for: what has come apart has to find each other.
	rushFor = 6 * time.Second
)

// start plans the first exchange after a suspicion. Every further one may part
// trees that hung together before.
func (a *antiEntropy) start(now time.Duration) {
	a.interval, a.rush = minSync, now+rushFor
	a.at = min(a.at, now+minSync+time.Duration(a.draw()%uint64(minSync)))
}

// draw returns the next of the numbers that the seed stands for (splitmix64).
func (a *antiEntropy) draw() uint64 {
	a.random += 0x9e3779b97f4a7c15
	z := a.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// tick begins an exchange with a random node, and plans the next one: soon if the
// last one has brought anything, later and later if not. Another is asked if one
// has not answered within minSync, and soon after a suspicion as soon as it could have.
func (a *antiEntropy) tick(now time.Duration) {
	if len(a.c.suspicion.unreachable) == 0 {
		a.at, a.peer = Never, nil
		return
	}
	if a.begun > 0 && now-a.begun < maxSync && a.c.cfg.Busy != nil && a.c.cfg.Busy(now) {
		a.at = a.begun + maxSync
		return
	}
	answered := a.peer != nil && a.peer.peer.lastAck >= a.begun
	if answered && now < a.next {
		a.at = a.next
		return
	}
	switch {
	case a.brought:
		a.interval = a.soon()
	case answered:
		a.interval = min(2*a.interval, maxSync)
	}
	a.next = now + a.interval
	wait := minSync // who has not answered by then may be out of reach
	if now < a.rush {
		wait = max(a.way(), minAnswer)
	}
	a.at = min(a.next, now+wait)
	a.brought, a.begun = false, now
	a.peer = a.pick(now)
	if a.peer != nil {
		a.ask(a.peer)
	}
}

// ask begins an exchange with a peer.
func (a *antiEntropy) ask(l *link) {
	now := a.begun
	a.c.stats.Syncs++
	if l.role == Guest {
		a.c.suspicion.setRole(&l.peer, SyncPeer)
	}
	relation := Syncing
	if a.c.scheme.isOrphan() {
		relation = SyncingAll
	}
	a.owe(now, l, relation)
	l.exchange.theirs = due
	l.peer.relation, l.peer.relationDue = relation, true
	l.exchange.show()
	a.c.act(l)
}

// useful notes that an exchange has brought something: the next one comes soon.
func (a *antiEntropy) useful(now time.Duration) {
	if a.at != Never {
		a.brought, a.interval = true, a.soon()
		a.next = min(a.next, now+a.interval)
		a.at = min(a.at, a.next)
	}
}

// soon is how soon an exchange follows one that has brought something. What an
// orphan root exchanges may be on its way to it anyway, so that there is always
// something: it does not come more often than its rounds do.
func (a *antiEntropy) soon() time.Duration {
	if a.c.scheme.isOrphan() {
		return max(usefulSync, a.c.period)
	}
	return usefulSync
}

// pick draws a node that is in reach and no link, or over direct links just in
// reach; nil if a few tries find none.
func (a *antiEntropy) pick(now time.Duration) *link {
	nodes := a.c.cfg.Tree.Nodes()
	for range 8 {
		name := nodes[a.draw()%uint64(len(nodes))]
		l := a.c.byPeer[name]
		switch {
		case name == a.c.cfg.Self:
		case l == nil:
			return a.c.linkTo(name)
		case l.state == streaming && a.isFree(now, l):
			return l
		}
	}
	return nil
}

// isFree reports whether nothing else is going on with a peer.
func (a *antiEntropy) isFree(now time.Duration, l *link) bool {
	p := &l.peer
	return now >= p.filling && !p.relationDue && p.relation != Attached && l.exchange.ours != due && a.c.scheme.maySync(p)
}

// owe has what we have held for long wait for the peer's digest; if trees are to
// be joined, all that we hold.
func (a *antiEntropy) owe(now time.Duration, l *link, relation Relation) {
	base := a.c.known
	if relation == Syncing {
		base = a.heldSince(now - a.overdue())
	}
	if l.exchange.owed && l.role != SyncPeer {
		base = max(base, l.base) // what a new incarnation owes it owes still
	}
	l.base, l.exchange.owed = base, base > 0
	if l.role == SyncPeer {
		l.cursor, l.resend = a.c.known, nil
	}
}

// oweOld has a peer of which a message came that is in our tree, which only
// locked rounds tell, wait for no more than it should have had for long: what is
// new is on its way to it. A peer that has become more than that meanwhile
// is owed everything.
func (a *antiEntropy) oweOld(now time.Duration, l *link, m *Message) {
	if l.role != SyncPeer || !a.c.schedule.isOfOurTree(m) {
		return // another root's, or it is not known
	}
	l.base = min(l.base, a.heldSince(now-a.overdue()))
	l.exchange.owed = l.base > 0
}

// overdue is the age at which an entry should be everywhere.
func (a *antiEntropy) overdue() time.Duration {
	return a.c.period + time.Duration(a.c.cfg.Tree.Depth())*a.way() + 250*time.Millisecond
}

// way is within which time a neighbour's answer is there, as a rule.
func (a *antiEntropy) way() time.Duration {
	for _, l := range a.c.links {
		if l.peer.inTree && l.rtt.measured {
			return l.rtt.roundTrip() + l.rtt.margin()
		}
	}
	return a.c.cfg.FirstRTT
}

// answer is the other side of an exchange. A neighbour is given what it lacks
// anyway.
func (a *antiEntropy) answer(now time.Duration, l *link, m *Message) {
	if m.Digest == nil || !a.c.scheme.mayAnswer(&l.peer) {
		return
	}
	if !l.peer.inTree {
		a.c.suspicion.setRole(&l.peer, SyncPeer)
	}
	if l.peer.relation.syncs() && !l.peer.relationDue {
		l.peer.relation = Unrelated // now it is the peer that wants it
	}
	a.owe(now, l, m.Relation)
	a.oweOld(now, l, m)
	l.exchange.theirs = sent // it is on its way
}

// mark is how long the log was at a time.
type mark struct {
	at    time.Duration
	known int
}

const (
	maxMarks = 16
	minMark  = 50 * time.Millisecond
)

// grows notes how long the log is before it grows, a few times in what it takes
// an entry to become overdue.
func (a *antiEntropy) grows(now time.Duration) {
	a.grown = now
	n := len(a.marks)
	if n > 0 && now-a.marks[n-1].at < max(minMark, a.overdue()/(maxMarks/2)) {
		return
	}
	if n == maxMarks {
		a.marks = a.marks[:copy(a.marks, a.marks[1:])]
	}
	a.marks = append(a.marks, mark{now, a.c.known})
}

// heldSince is how long the log was some time ago, or a little less.
func (a *antiEntropy) heldSince(t time.Duration) int {
	if a.grown <= t {
		return a.c.known
	}
	for i := len(a.marks) - 1; i >= 0; i-- {
		if a.marks[i].at <= t {
			return a.marks[i].known
		}
	}
	return 0
}
