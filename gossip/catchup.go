package gossip

import "time"

// catchUp is how a node that was restarted gets once what it lacks, though every
// neighbour may hold all of it. A neighbour gives what our vector lacks, so the
// vector is shown to one of them, the source, and to the others when what the
// source holds has come and the vector says so. What they hold is asked of all
// of them at once, and until a neighbour has told nothing goes to it that may
// be no news to it.
//
// The first source is the neighbour that is heard first: it is alive. Where the
// others hold much that it did not, the one with the most is the next. A source
// that brings nothing for too long counts as none.
type catchUp struct {
	on     bool
	taught bool          // peers have told us entries in this life
	source *link         // nil: none
	until  time.Duration // when the source has said nothing for too long
	latest time.Duration // when it has brought nothing for too long
	began  int           // how long the log was
	twice  uint64        // entries that those may give us as well whom the source did not keep waiting
	chosen int           // sources so far
	failed int           // those of them that brought nothing for too long
}

// catching is what catching up makes of a link.
type catching struct {
	blind  bool // what the peer holds has not been told, and may be what others tell us
	shown  bool // it may be shown our vector
	elder  bool // it has known a former life of ours
	wanted bool // it has asked for ours, but not shown its own: it catches up itself
}

const (
	// maxSources and maxFailed are after how many sources, or sources that have
	// brought nothing for too long, all others are shown our vector.
	maxSources = 4
	maxFailed  = 3
	// littleMore is how many entries may come more than once: to wait until they
	// would not costs more. A part of what there was to catch up with is as little.
	littleMore = 64
	littlePart = 16
)

// beginCatchUp begins to catch up. With one neighbour there is nothing to it.
func (c *Core) beginCatchUp() {
	if len(c.links) < 2 {
		return
	}
	c.catch.on, c.catch.began = true, c.known
	for _, l := range c.links {
		l.blind = true
	}
}

// holdsBack reports whether our vector is not to be shown to a peer yet.
func (c *Core) holdsBack(l *link) bool {
	return c.catch.on && (l.neighbour || l.show && l.role != Partner) && !l.shown && !l.suspected
}

// keepsBack reports whether a peer may hold already what it would be sent.
func (c *Core) keepsBack(l *link) bool { return l.blind && c.catch.taught }

// caught takes note of a message of a peer's present life.
func (c *Core) caught(now time.Duration, l *link, news bool) {
	k := &c.catch
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
	if k.source != nil && l.vector.complete && c.holdsBack(l) {
		// It may be catching up, too, and wait for us: where many nodes have been
		// restarted they must not wait for each other in a row.
		if lacked := l.told.MissingFrom(c.held); lacked+k.twice <= littleMore {
			k.twice += lacked
			c.showTo(l)
		}
	}
	c.catchOn(now)
}

// sourceTime is how long a source may say nothing, and half of how long it may
// bring nothing. A message of it may be lost, and has to come again.
func (l *link) sourceTime() time.Duration { return 2 * l.rtt.interval(0) }

// catchOn does what there is to do once a source has brought all that it holds.
func (c *Core) catchOn(now time.Duration) {
	k := &c.catch
	if !k.on || (k.source != nil && !k.source.suspected && !c.exhausted(k.source)) {
		return
	}
	until := k.until
	if k.source != nil {
		until = Never
	}
	k.source, k.until = nil, Never
	var most, unknown *link
	more, total, left := uint64(0), uint64(0), 0
	for _, l := range c.links {
		if !c.holdsBack(l) {
			continue
		}
		left++
		switch {
		case !l.vector.complete:
			if l.epoch != 0 && !l.suspect && (unknown == nil || l.elder && !unknown.elder) {
				unknown = l
			}
		default:
			lacked := l.told.MissingFrom(c.held)
			total += lacked
			if most == nil || lacked > more {
				most, more = l, lacked
			}
		}
	}
	enough := k.chosen >= maxSources || k.failed >= maxFailed
	if enough || total <= uint64(littleMore+(c.known-k.began)/littlePart) {
		most = nil
		for _, l := range c.links {
			if c.holdsBack(l) && (enough || l.vector.complete) {
				c.showTo(l)
				left--
			}
		}
	}
	switch {
	case most != nil:
		k.chosen++
		c.chooseSource(now, most)
	case unknown != nil && !enough && (unknown.elder || k.failed > 0):
		if unknown.elder {
			k.chosen++
		}
		c.chooseSource(now, unknown)
	case unknown != nil:
		// It may have been restarted, too, and wait for us as we do for it.
		k.until = min(until, now+unknown.rtt.interval(0))
	}
	k.on = k.on && left > 0
}

// exhausted reports whether all that a peer holds, or held when it told us, is
// here.
func (c *Core) exhausted(l *link) bool {
	return l.vector.complete && l.told.MissingFrom(c.held) == 0
}

// chooseSource has a peer give us what we lack.
func (c *Core) chooseSource(now time.Duration, l *link) {
	k := &c.catch
	k.source, k.until, k.latest = l, now+l.sourceTime(), now+2*l.sourceTime()
	c.showTo(l)
}

// showTo shows our vector to a peer, or lets it be shown when it is to be.
func (c *Core) showTo(l *link) {
	l.shown = true
	c.showVector(l)
}

// failSource turns from a source that has brought nothing for too long.
func (c *Core) failSource(now time.Duration) {
	c.catch.source, c.catch.until = nil, Never
	c.catch.failed++
	c.catchOn(now)
}

// answerTime is how long a peer may take to show a vector that was asked for.
func (l *link) answerTime() time.Duration {
	if l.wanted {
		return 2 * maxInterval
	}
	return l.rtt.interval(0)
}
