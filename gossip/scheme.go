package gossip

import "time"

// scheme says along which links entries go, and what takes the place of one whose
// peer is out of reach: fixedTree, repair (a tree that mends itself) and direct.
type scheme interface {
	// filter says which new entries go to a peer; nil: all that it has not told us.
	filter() *direct
	// received takes note of entries that were news.
	received(from string, m *Message, current bool, news []Entry)

	// replaces reports whether others take the place of a peer while it is out of
	// reach, so that it is owed nothing until it answers.
	replaces(p *peer) bool
	// needs reports whether a peer that is no neighbour is to become one.
	needs(p *peer) bool
	// lost and found handle the beginning and the end of a suspicion; renew says
	// that the peer was owed nothing meanwhile.
	lost(now time.Duration, p *peer)
	found(now time.Duration, p *peer, renew bool)
	// acked comes before found, heard after it: the peer answers.
	acked(p *peer)
	heard(now time.Duration, p *peer)
	// reborn handles a peer in reach that has begun a new incarnation.
	reborn(now time.Duration, p *peer)
	// arrive goes over to another parent if that has become possible.
	arrive(now time.Duration)

	// attached, offered and pruned handle a peer that says it is our child, would be
	// our parent, or is neither any more.
	attached(now time.Duration, p *peer, suspects []string)
	offered(now time.Duration, p *peer)
	pruned(now time.Duration, p *peer)
	ancestors() []string

	// next is when tick wants to be called, which does what is due.
	next() time.Duration
	tick(now time.Duration)

	// mayGoAway reports whether nothing has to be remembered of a peer that is
	// neither parent nor child.
	mayGoAway(p *peer) bool
	// isOrphan reports whether this node is a root only because nobody before it
	// answers.
	isOrphan() bool
	// treeParent is the parent that the tree has; nil: none, or it is not known.
	treeParent() *peer

	// maySync reports whether a peer may be drawn for anti-entropy, mayAnswer whether
	// one that asks for it is given what it lacks, and wasSync whether what it said
	// came of it.
	maySync(p *peer) bool
	mayAnswer(p *peer) bool
	wasSync(p *peer, m *Message) bool
	// confirms reports whether a link counts for what its peer is known to hold.
	confirms() bool
}

// fixedTree sends everything along links that do not change. It is what there is
// without Config.Tree, and what the other schemes begin from.
type fixedTree struct{}

func (fixedTree) filter() *direct                          { return nil }
func (fixedTree) received(string, *Message, bool, []Entry) {}
func (fixedTree) replaces(*peer) bool                      { return false }
func (fixedTree) needs(*peer) bool                         { return false }
func (fixedTree) lost(time.Duration, *peer)                {}
func (fixedTree) found(time.Duration, *peer, bool)         {}
func (fixedTree) acked(*peer)                              {}
func (fixedTree) heard(time.Duration, *peer)               {}
func (fixedTree) reborn(time.Duration, *peer)              {}
func (fixedTree) arrive(time.Duration)                     {}
func (fixedTree) attached(time.Duration, *peer, []string)  {}
func (fixedTree) offered(time.Duration, *peer)             {}
func (fixedTree) pruned(time.Duration, *peer)              {}
func (fixedTree) ancestors() []string                      { return nil }
func (fixedTree) next() time.Duration                      { return Never }
func (fixedTree) tick(time.Duration)                       {}
func (fixedTree) mayGoAway(*peer) bool                     { return true }
func (fixedTree) isOrphan() bool                           { return false }
func (fixedTree) treeParent() *peer                        { return nil }
func (fixedTree) maySync(*peer) bool                       { return false }
func (fixedTree) mayAnswer(*peer) bool                     { return false }
func (fixedTree) wasSync(*peer, *Message) bool             { return false }
func (fixedTree) confirms() bool                           { return true }

// direct sends each entry from its origin to everyone: Neighbours are all other
// nodes, and nothing is passed on. A peer that is out of reach keeps what it is
// owed, and nobody takes its place.
type direct struct {
	fixedTree
	c      *Core
	strays Digest // entries of others that everybody has to be told of
}

func (d *direct) filter() *direct { return d }

// received has entries sent to everybody that are not our own. They came with a
// message of a former incarnation of its sender, or for one of ours, or from a peer
// that passes them on and has not heard of us: it may have waited while a node was
// down, and those that were to tell others of them may have died.
func (d *direct) received(from string, m *Message, current bool, news []Entry) {
	if current && (m.For == d.c.cfg.Incarnation || m.For == 0 && !strangers(from, m)) {
		return
	}
	for _, e := range news {
		d.strays.Add(e.Origin, e.Counter)
	}
}

// passes reports whether an entry is for us to send to a peer: it is our own, or
// a stray, or the peer's own, which must have lost it with a former incarnation and tells
// everybody once it has it again.
func (d *direct) passes(e Entry, to string) bool {
	origin := e.Origin.Value().Node
	return origin == d.c.cfg.Self || origin == to || d.strays.Contains(e.Origin, e.Counter)
}

func (d *direct) reborn(_ time.Duration, p *peer) { d.c.suspicion.remind(p) }

func (d *direct) attached(_ time.Duration, p *peer, _ []string) { d.c.suspicion.refuse(p) }

func (d *direct) offered(now time.Duration, p *peer) {
	if !d.c.suspicion.crossed(now, p) {
		d.c.suspicion.refuse(p)
	}
}

func (d *direct) maySync(*peer) bool   { return true }
func (d *direct) mayAnswer(*peer) bool { return true }
func (d *direct) confirms() bool       { return false } // each node answers for its own entries only

func (d *direct) wasSync(p *peer, m *Message) bool {
	return p.link == d.c.entropy.peer && strangers(p.name, m)
}
