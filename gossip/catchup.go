package gossip

import "time"

// catchUp is how a node that was restarted gets once what it lacks, though every
// neighbour may hold all of it. A neighbour gives what our digest lacks, so the
// digest is shown to one of them, the source, and to the others when what the
// source holds has come and the digest says so. What they hold is asked of all
// of them at once, and until a neighbour has told nothing goes to it that may
// be no news to it (exchange.blind).
//
// The first source is the neighbour that is heard first: it is alive. Where the
// others hold much that it did not, the one with the most is the next. A source
// that brings nothing for too long counts as none.
type catchUp struct {
	c      *Core
	on     bool
	taught bool          // peers have told us entries in this incarnation
	source *link         // nil: none
	until  time.Duration // when the source has said nothing for too long
	latest time.Duration // when it has brought nothing for too long
	began  int           // how long the log was
	twice  uint64        // entries that those may give us as well that the source did not keep waiting
	chosen int           // sources so far
	failed int           // those of them that brought nothing for too long
}

// candidate is what catching up knows of a peer.
type candidate struct {
	shown       bool // it may be shown our digest
	knowsFormer bool // it has known a former incarnation of ours
}

const (
	// maxSources and maxFailed are after how many sources, or sources that have
	// brought nothing for too long, all others are shown our digest.
	maxSources = 4
	maxFailed  = 3
	// littleMore is how many entries may come more than once: to wait until they
	// would not costs more. A part of what there was to catch up with is as little.
	littleMore = 64
	littlePart = 16
)

// begin begins to catch up. With one neighbour there is nothing to it.
func (k *catchUp) begin() {
	if len(k.c.links) < 2 {
		return
	}
	k.on, k.began = true, k.c.known
	for _, l := range k.c.links {
		l.exchange.blind = true
	}
}

// holdsBack reports whether our digest is not to be shown to a peer yet.
func (k *catchUp) holdsBack(l *link) bool {
	return k.on && !l.catch.shown && l.state != unreachable && (l.peer.inTree || l.exchange.ours == due && l.role != SyncPeer)
}

// keepsBack reports whether a peer may hold already what it would be sent.
func (k *catchUp) keepsBack(l *link) bool { return l.exchange.blind && k.taught }

// heard takes note of a message of a peer's present incarnation.
func (k *catchUp) heard(now time.Duration, l *link, news bool) {
	if !k.on {
		return
	}
	k.taught = k.taught || news
	if l == k.source {
		if news {
			k.latest = now + 2*l.sourceTime()
		}
		k.until = min(now+l.sourceTime(), k.latest)
	}
	if k.source != nil && l.exchange.isComplete() && k.holdsBack(l) {
		// It may be catching up, too, and wait for us: where many nodes have been
		// restarted they must not wait for each other in a row.
		if lacked := k.lackedFrom(l); lacked+k.twice <= littleMore {
			k.twice += lacked
			k.showTo(l)
		}
	}
	k.goOn(now)
}

// sourceTime is how long a source may say nothing, and half of how long it may
// bring nothing. A message of it may be lost, and has to come again.
func (l *link) sourceTime() time.Duration { return 2 * l.rtt.interval(0) }

// lackedFrom is how many entries a peer has shown that we do not hold.
func (k *catchUp) lackedFrom(l *link) uint64 { return l.told.MissingFrom(k.c.held) }

// survey is who waits for our digest, and what they could give us.
type survey struct {
	waiting int
	lacked  uint64 // entries that we lack of those that have shown theirs, counted for each
	most    *link  // the one of these with the most
	unknown *link  // one that has not, and answers
}

func (k *catchUp) survey() (s survey) {
	more := uint64(0)
	for _, l := range k.c.links {
		if !k.holdsBack(l) {
			continue
		}
		s.waiting++
		if l.exchange.isComplete() {
			lacked := k.lackedFrom(l)
			s.lacked += lacked
			if s.most == nil || lacked > more {
				s.most, more = l, lacked
			}
		} else if l.incarnation != 0 && !l.isProbed() && (s.unknown == nil || l.catch.knowsFormer && !s.unknown.catch.knowsFormer) {
			s.unknown = l
		}
	}
	return s
}

// goOn does what there is to do once a source has brought all that it holds.
func (k *catchUp) goOn(now time.Duration) {
	if !k.on || k.source != nil && k.source.state != unreachable && !k.isExhausted(k.source) {
		return
	}
	until := k.until
	if k.source != nil {
		until = Never
	}
	k.source, k.until = nil, Never
	s := k.survey()
	enough := k.chosen >= maxSources || k.failed >= maxFailed
	if enough || s.lacked <= uint64(littleMore+(k.c.known-k.began)/littlePart) {
		s.most = nil
		s.waiting -= k.showToAll(enough)
	}
	switch {
	case s.most != nil:
		k.chosen++
		k.choose(now, s.most)
	case s.unknown == nil:
	case !enough && (s.unknown.catch.knowsFormer || k.failed > 0):
		if s.unknown.catch.knowsFormer {
			k.chosen++
		}
		k.choose(now, s.unknown)
	default:
		// It may have been restarted, too, and wait for us as we do for it.
		k.until = min(until, now+s.unknown.rtt.interval(0))
	}
	k.on = k.on && s.waiting > 0
}

// showToAll shows our digest to all that have shown theirs, or to everybody that
// waits, and returns to how many.
func (k *catchUp) showToAll(everybody bool) (shown int) {
	for _, l := range k.c.links {
		if k.holdsBack(l) && (everybody || l.exchange.isComplete()) {
			k.showTo(l)
			shown++
		}
	}
	return shown
}

// isExhausted reports whether all that a peer holds, or held when it told us, is
// here.
func (k *catchUp) isExhausted(l *link) bool {
	return l.exchange.isComplete() && k.lackedFrom(l) == 0
}

// choose has a peer give us what we lack.
func (k *catchUp) choose(now time.Duration, l *link) {
	k.source, k.until, k.latest = l, now+l.sourceTime(), now+2*l.sourceTime()
	k.showTo(l)
}

// showTo shows our digest to a peer, or lets it be shown when it is to be.
func (k *catchUp) showTo(l *link) {
	l.catch.shown = true
	k.c.showDigest(l)
}

// failSource turns from a source that has brought nothing for too long.
func (k *catchUp) failSource(now time.Duration) {
	k.source, k.until = nil, Never
	k.failed++
	k.goOn(now)
}
