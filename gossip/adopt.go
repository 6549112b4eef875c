package gossip

import (
	"slices"
	"time"
)

// adoptOrphans becomes the parent of those whose parents do not answer, as far
// as it is up to us: of all that could replace a parent, we are the first that
// is not out of reach.
func (r *repair) adoptOrphans(now time.Duration) {
	r.adoptAt = Never
	first := r.firstAlive()
	for i := 0; i < len(r.unreachable); i++ { // none is added meanwhile
		p := r.unreachable[i]
		for _, name := range r.tree.Children(p.name) {
			if r.inherits(name, first) && r.adopt(now, name, p.name) && !r.watches(p) {
				r.watch(p)
			}
		}
	}
	if !r.search.on && !r.isOrphan() {
		r.forgive(now)
	}
}

// firstAlive is the place of the first node in the natural order that is not
// out of reach.
func (r *repair) firstAlive() int {
	for i, name := range r.tree.Nodes() {
		if i >= r.index || !r.isUnreachable(name) {
			return i
		}
	}
	return r.index
}

// inherits reports whether this node is the first of those that may be the
// parent of a node and are not out of reach.
func (r *repair) inherits(name string, first int) bool {
	if i, _ := r.tree.Index(name); i <= r.index {
		return false
	}
	for parent, ok := r.tree.Parent(name); ok; parent, ok = r.tree.Parent(parent) {
		if parent == r.self {
			return true
		}
		if !r.isUnreachable(parent) {
			return false
		}
	}
	return first == r.index
}

// adopt offers itself to a node as its parent, and reports whether it had not
// done so. It is for that node to attach or to decline: it knows best whether
// its parent answers. Until then the offer is repeated.
func (r *repair) adopt(now time.Duration, name, reason string) bool {
	p := r.open(name)
	role := r.role(p)
	if p.inTree || role == Child || role == Parent || p.reason != "" || p.declined == reason {
		return false
	}
	r.counts().Adoptions++
	if r.state(p) == unreachable {
		r.clear(now, p)
	}
	p.reason, p.declined = reason, ""
	r.tell(p, Adopted)
	return true
}

// attached handles a peer that says it is our child.
func (r *repair) attached(now time.Duration, p *peer, suspects []string) {
	if p.index < r.index {
		r.refuse(p)
		return
	}
	if r.role(p) != Child {
		r.graft(now, p)
	}
	for _, name := range suspects {
		r.verify(now, name)
	}
}

// graft makes a peer one of our children.
func (r *repair) graft(now time.Duration, p *peer) {
	r.clearFor(now, p)
	r.setRole(p, Child)
	p.relation, p.relationDue, p.reason, p.declined = Adopted, false, "", ""
	r.restart(now, p)
}

// pruned handles a peer that says it is neither our parent nor our child.
func (r *repair) pruned(now time.Duration, p *peer) {
	if reason := p.reason; reason != "" {
		r.drop(now, p)
		p.declined = reason
	} else if r.role(p) == Child && !p.inTree {
		r.drop(now, p)
	}
	if p == r.search.choice || (p == r.parent() && p != r.home) {
		p.relationDue = true // we crossed
		r.speak(p)
	}
}

// dropOrphans takes the offers back that were made because a node did not
// answer, now that it does. Those that have attached themselves leave when it
// answers them too.
func (r *repair) dropOrphans(now time.Duration, parent *peer) {
	for p := range r.all() {
		if p.reason == parent.name {
			r.drop(now, p)
		}
	}
}

// drop ends what a node that is no neighbour was to us, without a word.
func (r *repair) drop(now time.Duration, p *peer) {
	if r.role(p) == Child {
		r.setRole(p, Guest)
	}
	p.relation, p.reason = Unrelated, ""
	r.unmute(p)
	r.rest(now, p)
	if r.state(p) == unreachable {
		r.clear(now, p)
	}
}

func (r *repair) mayAnswer(p *peer) bool {
	role := r.role(p)
	return !p.inTree && (role == Guest || role == SyncPeer) && p != r.search.choice
}

func (r *repair) maySync(p *peer) bool { return r.mayAnswer(p) && !slices.Contains(r.offers, p) }

func (r *repair) wasSync(p *peer, _ *Message) bool { return r.role(p) == SyncPeer }
