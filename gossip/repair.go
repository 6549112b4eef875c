package gossip

import (
	"slices"
	"time"

	"treecast/topology"
)

// repair makes a tree do without nodes that do not answer; see the package
// comment. It is a machine of names: of links it knows what channels shows and
// does.
type repair struct {
	fixedTree
	*suspicion
	tree  Tree
	self  string
	index int // our place in the natural order

	home      *peer // the parent in the tree; nil for its root
	returning bool  // digests are exchanged with home, which answers again
	search    search
	offers    []*peer       // those that would adopt us, in the order of the links
	adoptAt   time.Duration // when to look for orphans
}

// search is the look-out for another parent.
type search struct {
	on     bool
	order  topology.Successors // those not asked yet, the best first
	wave   int                 // how many were asked last
	asked  []*peer             // the best first
	until  time.Duration       // when those that have not answered count as dead
	choice *peer               // digests are exchanged with it
}

// maxWave bounds how many candidates are asked at a time. The first is asked
// alone, and straight away for more than a sign of life: mostly one node has
// died, and then it is the right one. Every further wave is twice the last, a
// round trip and a margin later: a few are enough where a part of the cluster
// is cut off, and the number of waves grows with the logarithm of the nodes.
const maxWave = 64

// maxOrphanAsks is how many candidates an orphan root probes at a time.
const maxOrphanAsks = 4

func (r *repair) replaces(p *peer) bool {
	role := r.role(p)
	return p.inTree || role == Parent || role == Child
}

func (r *repair) needs(p *peer) bool    { return p == r.search.choice }
func (r *repair) isOrphan() bool        { return r.parent() == nil && r.home != nil }
func (r *repair) treeParent() *peer     { return r.home }
func (r *repair) ancestors() []string   { return r.tree.Ancestors(r.self) }
func (r *repair) next() time.Duration   { return min(r.search.until, r.adoptAt) }
func (r *repair) isChosen(p *peer) bool { return p == r.search.choice || p == r.parent() }

func (r *repair) tick(now time.Duration) {
	if r.search.until <= now {
		r.searchOn(now)
	}
	if r.adoptAt <= now {
		r.adoptOrphans(now)
	}
}

func (r *repair) mayGoAway(p *peer) bool {
	return p != r.home && p != r.search.choice && !p.replied && !slices.Contains(r.offers, p) && p.declined+p.reason == ""
}

// lost finds another parent for us, and plans to find one for the peer's children.
func (r *repair) lost(now time.Duration, p *peer) {
	if p == r.home {
		r.returning = false
	}
	r.offers = slices.DeleteFunc(r.offers, func(o *peer) bool { return o == p })
	switch {
	case p == r.parent():
		r.seek(now)
	case r.search.on && p == r.search.choice:
		r.search.choice = nil
		r.choose(now)
	}
	// Those that have news find another parent themselves; give them the time.
	r.adoptAt = min(r.adoptAt, now+r.patienceOf(p))
}

// found begins anew with a neighbour that answers again.
func (r *repair) found(now time.Duration, p *peer, renew bool) {
	r.dropOrphans(now, p)
	switch {
	case !renew:
	case p == r.parent(): // it still is
		r.endSearch(now)
		r.forgive(now)
		r.renew(now, p)
	case p == r.home:
		r.returning = true
		r.renew(now, p)
	case r.role(p) == Child:
		r.renew(now, p)
	}
}

func (r *repair) acked(p *peer) {
	if p == r.home && len(r.offers) > 0 {
		r.decline()
	}
}

// heard takes note of a sign of life in a search.
func (r *repair) heard(now time.Duration, p *peer) {
	s := &r.search
	switch {
	case p.index >= r.index: // it comes after us
	case p == r.parent() || p == r.home:
	case s.on && (p == s.choice || slices.Contains(s.asked, p)):
		p.replied = true
		if s.choice == nil {
			r.choose(now)
		}
	case r.parent() == nil && !s.on:
		r.settleFor(now, p)
	}
	r.arrive(now)
}

// reborn has a peer that was restarted told what it is to us, if it is still that.
func (r *repair) reborn(now time.Duration, p *peer) {
	role := r.role(p)
	switch {
	case role == Child && !p.inTree:
		r.drop(now, p) // it begins with its parent in the tree
	case p.reason != "":
		p.relationDue = true
		r.speak(p)
	case role == Child || role == Parent:
		r.remind(p)
	case p == r.search.choice:
		r.renew(now, p)
		p.relationDue = true
	case p == r.home:
		r.forgetSlots()
		r.renew(now, p)
	case role == SyncPeer:
		r.setRole(p, Guest)
	}
}

// seek begins to look for another parent.
func (r *repair) seek(now time.Duration) {
	if r.home == nil {
		return
	}
	r.endSearch(now)
	r.forgive(now)
	r.search.on = true
	if len(r.offers) > 0 {
		r.attach(now, r.offers[0])
		return
	}
	r.ask(now)
}

// endSearch forgets who was asked.
func (r *repair) endSearch(now time.Duration) {
	r.unchoose(now)
	for _, p := range r.search.asked {
		p.replied = false
	}
	r.search = search{until: Never, order: r.tree.Successors(r.self)}
}

// ask probes the next candidates. If there are none left, nobody before us is
// alive, and we are a root.
func (r *repair) ask(now time.Duration) {
	s := &r.search
	asked := 0
	wait := time.Duration(0)
	for s.wave = min(max(1, 2*s.wave), maxWave); asked < s.wave; {
		name, ok := s.order.Next()
		if !ok {
			break
		}
		p := r.open(name)
		if r.state(p) == unreachable || p == r.parent() {
			continue
		}
		asked++
		p.replied = false
		r.probe(p)
		s.asked = append(s.asked, p)
		wait = max(wait, r.patienceOf(p))
	}
	if asked == 0 {
		if r.parent() != nil {
			r.setParent(now, nil)
		}
		r.endSearch(now)
		r.search.until = now + maxInterval
		return
	}
	s.until = now + wait
	if s.wave == 1 {
		r.attach(now, s.asked[0])
	}
}

// askAround has an orphan root go on asking those before it, a few at a time: any
// of them that answers is to be its parent.
func (r *repair) askAround(now time.Duration) {
	s := &r.search
	s.until = now + maxInterval
	for range maxOrphanAsks {
		name, ok := s.order.Next()
		if !ok {
			s.order = r.tree.Successors(r.self)
			if name, ok = s.order.Next(); !ok { // there was nobody but home
				s.until = Never
				return
			}
		}
		r.probe(r.open(name))
	}
}

// searchOn handles a search whose time has come.
func (r *repair) searchOn(now time.Duration) {
	s := &r.search
	if !s.on {
		if r.isOrphan() {
			r.askAround(now)
		} else {
			s.until = Never
		}
		return
	}
	s.until = Never
	for _, p := range s.asked {
		if !p.replied && r.state(p) != unreachable {
			if p == s.choice {
				r.unchoose(now)
			}
			r.rest(now, p)
			r.suspect(now, p)
		}
	}
	if s.on && s.choice == nil {
		r.choose(now)
	}
}

// choose attaches to the best candidate that has answered, once all before it
// have had their time.
func (r *repair) choose(now time.Duration) {
	s := &r.search
	for _, p := range s.asked {
		out := r.state(p) == unreachable
		if p.replied && !out {
			r.attach(now, p)
			return
		}
		if !out && s.until != Never {
			return // it may yet answer
		}
	}
	if s.until == Never {
		r.ask(now)
	}
}

// unchoose turns from a candidate with which digests are being exchanged.
func (r *repair) unchoose(now time.Duration) {
	p := r.search.choice
	if p == nil {
		return
	}
	r.search.choice = nil
	replied := p.replied
	p.replied = false
	if p == r.parent() {
		return
	}
	r.prune(now, p)
	if !replied { // it need not know: where it does, it says so
		p.relation = Unrelated
		r.rest(now, p)
	}
}

// settleFor ends a root's being one for a node that would do as its parent.
func (r *repair) settleFor(now time.Duration, p *peer) {
	r.endSearch(now)
	r.search.on = true
	r.attach(now, p)
	p.replied = true
}

// attach tells a node that it is to be our parent, and exchanges digests with it.
func (r *repair) attach(now time.Duration, p *peer) {
	if p == r.search.choice {
		return
	}
	r.unchoose(now)
	if r.state(p) == unreachable {
		r.clear(now, p)
	}
	r.counts().Attaches++
	r.search.choice = p
	r.setRole(p, Guest) // nothing goes to it before it is the parent
	p.relation, p.relationDue, p.probeDue = Attached, true, false
	r.renew(now, p)
}

// arrive goes over to another parent once digests have been exchanged with it: home
// if it is back, else the one that was chosen.
func (r *repair) arrive(now time.Duration) {
	ready := func(p *peer) bool { return r.state(p) != unreachable && r.exchanged(p) }
	switch s := &r.search; {
	case r.returning && ready(r.home):
		r.setParent(now, r.home)
	case s.choice != nil && s.choice.replied && ready(s.choice):
		r.setParent(now, s.choice)
	}
}

// setParent changes the parent; nil makes this node a root. Its rounds are new
// to everybody below.
func (r *repair) setParent(now time.Duration, p *peer) {
	if old := r.parent(); old != nil && old != p {
		r.setRole(old, Guest)
		if old == r.home {
			r.keepSlots()
		} else {
			r.prune(now, old)
		}
	}
	r.changeParent(p)
	r.endSearch(now)
	r.returning = r.returning && p != r.home
	depth := 0
	if p != nil {
		r.setRole(p, Parent)
		depth = 1
		if d, ok := r.tree.DepthOf(p.name); ok {
			depth = d + 1
		}
		r.decline()
		r.forgive(now)
		r.send(p)
	}
	r.beginRounds(now, depth, p != nil && p == r.home)
}

// prune ends what a node that is no neighbour was to us, and tells it so.
func (r *repair) prune(now time.Duration, p *peer) {
	r.setRole(p, Guest)
	r.clearFor(now, p)
	r.forget(now, p)
	r.tell(p, Pruned)
}

// decline refuses everybody that would adopt us.
func (r *repair) decline() {
	for _, p := range r.offers {
		if !r.isChosen(p) {
			r.refuse(p)
		}
	}
	r.offers = nil
}

// crossed reports whether a peer has not heard yet that we are neither parent nor
// child of it.
func (s *suspicion) crossed(now time.Duration, p *peer) bool {
	return p.relation == Pruned && now-p.prunedAt < s.patienceOf(p)
}

// offered handles a peer that would be our parent: it says that ours does not
// answer. The peer has waited for two answers, one of the parent and one of
// ourselves, so an ack of the parent that is younger is news to it.
func (r *repair) offered(now time.Duration, p *peer) {
	parent, choice := r.parent(), r.search.choice
	switch {
	case r.isChosen(p) || slices.Contains(r.offers, p):
	case r.crossed(now, p):
	case r.home == nil || p.index > r.index:
		r.refuse(p)
	case parent == nil && choice == nil:
		r.accept(p)
		r.settleFor(now, p)
	case parent != nil && r.state(parent) == unreachable && (choice == nil || !choice.replied):
		r.accept(p)
		r.attach(now, p)
	case parent == r.home && r.state(parent) != unreachable && now-r.home.lastAck > r.patienceOf(r.home)*3/2:
		r.accept(p)
		r.verify(now, r.home.name)
	default:
		r.refuse(p)
	}
}

// accept remembers an offer.
func (r *repair) accept(p *peer) {
	r.offers = append(r.offers, p)
	slices.SortFunc(r.offers, r.inOrder)
}

// verify finds out whether a node answers that somebody says does not.
func (r *repair) verify(now time.Duration, name string) {
	if name == r.self {
		return
	}
	p := r.open(name)
	if p == nil {
		return
	}
	if r.state(p) == unreachable {
		for o := range r.all() {
			if o.declined == name {
				o.declined = ""
			}
		}
		r.adoptAt = now
		return
	}
	if !p.doubted && now-p.missed > recentlyMissed {
		p.doubted = true
		r.probe(p)
	}
}
