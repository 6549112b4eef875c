package gossip

import (
	"math"
	"slices"
	"time"
)

// repaired is what repair has made of a link; the zero value is a link that is
// as the tree has it.
type repaired struct {
	neighbour bool // in the tree
	index     int  // the peer's place in the natural order

	suspected bool // the peer does not answer; others take its place until it does
	mute      bool // suspected: nothing but probes is sent
	doubted   bool // somebody says that it does not answer: one unanswered probe will do
	ask       bool // to be probed in the next Advance
	watch     bool // no neighbour, but probed for as long as it is suspected

	tie      Tie           // what we are to the peer
	tieDue   bool          // the peer has to be told so
	partedAt time.Duration // when we last told it that we have parted
	theirs   Tie           // what it says that it is to us ...
	tied     uint64        // ... and its batch that said so
	reason   string        // we have offered ourselves to it as a parent, as this one does not answer
	declined string        // the peer did not want to be adopted for that reason
	offered  bool          // the peer would adopt us
	replied  bool          // it has answered in the present search

	lastAck time.Duration // when it last acked anything
	missed  time.Duration // when it last came to be suspected
	filling time.Duration // until then its neighbours may be giving it what it lacks
	reign   uint64        // the parent's, as far as it has come
	used    time.Duration // when something was last received or wanted of it
}

// repair is what a core needs to know to replace links; see the package
// comment. It is idle, and costs nothing, while everybody answers.
type repair struct {
	index     int    // our place in the natural order
	home      *link  // the parent in the tree; nil for its root
	depth     int    // our own, as far as the tree tells
	homePhase phase  // of our slots with home, while it is not the parent
	children  int    // links of role Child
	carriers  int    // links that are owed what we know
	serial    int    // links made so far
	batches   uint64 // the largest number that a batch has had
	reign     uint64 // see Message.Reign

	suspects  []*link // those that are suspected, oldest first
	loss      float64 // share of the batches that are lost, as far as the links that work tell
	returning bool    // vectors are being swapped with home, which answers again
	offers    int     // links that are offered
	search    search
	adoptAt   time.Duration // when to look for orphans
	swaps     swaps
	marks     []mark        // oldest first
	grown     time.Duration // when the log was last seen to have grown
}

const (
	// lossGain is the weight of one batch in the estimate of loss.
	lossGain = 1.0 / 16
	// falseAlarm is how likely a link that works may come to be suspected when a
	// batch has not been acked.
	falseAlarm = 0.01
	maxTries   = 6
)

// patience is how many probes in a row may stay unanswered before a peer is
// suspected: one, or where messages get lost all the time as many as it takes
// that loss alone does not look like death.
func (c *Core) patience() int {
	if c.loss <= falseAlarm {
		return 1
	}
	batches := math.Ceil(math.Log(falseAlarm) / math.Log(min(c.loss, 0.9)))
	return min(max(int(batches)-1, 1), maxTries)
}

// notice takes an ack into the estimate of loss: lost batches came before it.
// Of many in a row few count, as those are a cut rather than loss.
func (c *Core) notice(lost int) {
	for range min(lost, 3) {
		c.loss += (1 - c.loss) * lossGain
	}
	c.loss -= c.loss * lossGain
}

// unanswered handles a link whose batch has not been acked in time.
func (c *Core) unanswered(now time.Duration, l *link) {
	if c.cfg.Tree == nil {
		return
	}
	stranger := !c.watched(l)
	unanswered := l.tries
	if l.reason != "" {
		unanswered++ // the offer was a probe
	}
	switch {
	case l.suspected:
	case l.doubted && l.tries >= 1, !stranger && unanswered >= c.patience(), l == c.search.choice && l.tries >= 1:
		c.suspect(now, l)
	}
	tries := guestTries
	if l.tie.swaps() && l.tieDue {
		tries = 0 // there are others to swap with
	} else if !(l.show || l.tieDue || len(l.again) > 0) {
		tries = 0
	}
	// A parent to be is owed what it may lack, however often it has to be asked.
	if stranger && l.tries >= tries && !c.watched(l) && l != c.search.choice {
		l.rest()
	}
}

// rest ends the probing of a peer that we have no business with.
func (l *link) rest() {
	l.takeBack()
	l.suspect, l.doubted, l.show, l.tieDue, l.tries = false, false, false, false, 0
	l.again, l.owed = nil, false
}

// watched reports whether a peer is probed for as long as it does not answer.
func (c *Core) watched(l *link) bool {
	return l.neighbour || l.role == Parent || l.role == Child || l.watch || l.reason != ""
}

// lonely reports whether this node is a root only because nobody before it
// answers.
func (c *Core) lonely() bool { return c.parent == nil && c.home != nil }

// pause is the least time between two probes of a peer that is suspected. There
// may be any number of those that are no neighbours, so that they share a rate.
func (c *Core) pause(l *link) time.Duration {
	switch {
	case !l.suspected:
		return 0
	case l.neighbour:
		return maxInterval
	}
	const each = 250 * time.Millisecond
	return max(maxInterval, time.Duration(len(c.suspects))*each)
}

// suspect takes a peer for one that cannot be reached, until it answers.
func (c *Core) suspect(now time.Duration, l *link) {
	if l.suspected {
		return
	}
	c.stats.Suspicions++
	l.suspected, l.doubted, l.missed = true, false, now
	c.suspects = append(c.suspects, l)
	if !c.cfg.Direct && (l.neighbour || l.role == Parent || l.role == Child) {
		l.mute, l.again, l.show, l.showing, l.owed, l.blind = true, nil, false, nil, false, false
	}
	if l == c.home {
		c.returning = false
	}
	if l.offered {
		l.offered = false
		c.offers--
	}
	switch {
	case c.cfg.Direct:
	case l == c.parent:
		c.seek(now)
	case c.search.on && l == c.search.choice:
		c.search.choice = nil
		c.choose(now)
	}
	// Those who have news find another parent themselves; give them the time.
	c.adoptAt = min(c.adoptAt, now+l.rtt.interval(0))
	if len(c.suspects) > 0 {
		c.startSwaps(now)
	}
}

// answered handles an ack: there is a way to the peer and back.
func (c *Core) answered(now time.Duration, l *link) {
	if c.cfg.Tree == nil {
		return
	}
	l.doubted, l.lastAck = false, now
	if l == c.home && c.offers > 0 {
		c.decline()
	}
	if l.suspected {
		c.clear(now, l)
	}
	if c.cfg.Direct {
		return
	}
	c.heard(now, l)
}

// clear ends a suspicion.
func (c *Core) clear(now time.Duration, l *link) {
	mute := l.mute
	l.filling = now + filling
	l.suspected, l.mute, l.doubted, l.watch = false, false, false, false
	c.suspects = slices.DeleteFunc(c.suspects, func(s *link) bool { return s == l })
	c.dropOrphans(now, l)
	switch {
	case !mute:
	case l == c.parent: // it still is
		c.endSearch(now)
		c.forgive()
		c.renew(now, l)
	case l == c.home:
		c.returning = true
		c.renew(now, l)
	case l.role == Child:
		c.renew(now, l)
	}
}

// forgive drops the suspicions of those that are not probed: nobody would notice
// when they answer.
func (c *Core) forgive() {
	for _, l := range c.suspects {
		if !c.watched(l) {
			l.suspected, l.mute = false, false
			l.rest()
		}
	}
	c.suspects = slices.DeleteFunc(c.suspects, func(l *link) bool { return !l.suspected })
}

// recentlyMissed is for how long a node that did not answer is not asked again
// because somebody names it.
const recentlyMissed = 3 * time.Second

// verify finds out whether a node answers that somebody says does not.
func (c *Core) verify(now time.Duration, name string) {
	if name == c.cfg.Self {
		return
	}
	l := c.linkTo(name)
	if l == nil {
		return
	}
	if l.suspected {
		for _, o := range c.links {
			if o.declined == name {
				o.declined = ""
			}
		}
		c.adoptAt = now
		return
	}
	if !l.doubted && now-l.missed > recentlyMissed {
		l.doubted, l.ask = true, true
		c.act(l)
	}
}

// renew starts a link anew: both sides show what they hold, and what the other
// lacks of it flows. What was under way does not count any more; the vectors
// tell what has arrived.
func (c *Core) renew(now time.Duration, l *link) {
	c.anew(now, l)
	l.show, l.showing = true, nil
	c.act(l)
}

// anew has everything that the log holds wait for the peer's vector.
func (c *Core) anew(now time.Duration, l *link) {
	l.base, l.cursor, l.owed = c.known, c.known, c.known > 0
	l.blind = c.catch.on
	l.tieDue = l.tieDue || slices.ContainsFunc(l.flights, func(f flight) bool { return f.tie })
	l.again, l.flights, l.unacked, l.asked = nil, nil, 0, false
	l.suspect, l.tries, l.stalled = false, 0, false
	c.returnPermit(now, l)
	if l.owed {
		c.act(l)
	}
}

// swapped reports whether both sides have seen what the other held when the
// link was renewed.
func (l *link) swapped() bool {
	return l.epoch != 0 && !l.owed && !l.show && !slices.ContainsFunc(l.flights, func(f flight) bool { return f.vector })
}

// setRole changes what a peer is to this node.
func (c *Core) setRole(l *link, role Role) {
	c.count(l, -1)
	l.role = role
	c.count(l, 1)
}

func (c *Core) count(l *link, n int) {
	if l.role == Child {
		c.children += n
	}
	if l.role != Guest {
		c.carriers += n
	}
	c.isLeaf = c.children == 0
}

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
	l := newLink(Neighbour{Name: name, Role: Guest}, c.serial, 0, c.cfg.FirstRTT)
	l.index, l.missed, l.partedAt = index, -2*recentlyMissed, -2*recentlyMissed
	c.join(l)
	if t := c.cfg.Tree; t != nil {
		// A batch of a link that has been forgotten may yet be acked.
		l.batches, l.exchange = c.batches, c.batches
		l.leaf = len(t.Children(name)) == 0
		for _, other := range c.links {
			if other.neighbour && other.rtt.measured {
				l.rtt = other.rtt // as good a guess as any
				break
			}
		}
	}
	return l
}

// join adds a link to those of the core.
func (c *Core) join(l *link) {
	c.serial++
	c.links = append(c.links, l)
	c.byPeer[l.peer] = l
	c.count(l, 1)
}

// maxGuests is how many links are kept of peers that are neither parent nor
// children.
const maxGuests = 64

// dismiss forgets the guest that has been silent for longest, if there are too
// many of them and there is nothing left to be done for it.
func (c *Core) dismiss() {
	if c.cfg.Tree == nil || len(c.links)-c.carriers < maxGuests {
		return
	}
	oldest := -1
	for i, l := range c.links {
		if (l.role == Guest || l.role == Partner) && l.idle() && l != c.home && l != c.search.choice &&
			(oldest < 0 || l.used < c.links[oldest].used) {
			oldest = i
		}
	}
	if oldest >= 0 {
		l := c.links[oldest]
		c.count(l, -1)
		delete(c.byPeer, l.peer)
		c.links = slices.Delete(c.links, oldest, oldest+1)
	}
}

// idle reports whether nothing is under way on a link and nothing to be
// remembered but what the peer holds.
func (l *link) idle() bool {
	return !l.queued && l.wake == Never && len(l.flights)+len(l.acks)+len(l.waiting)+len(l.again) == 0 &&
		!l.neighbour && !l.suspected && !l.watch && !l.offered && !l.replied && !l.tieDue && !l.ask && l.declined+l.reason == ""
}

// seen handles any message of a peer's present life.
func (c *Core) seen(now time.Duration, l *link, m *Message, news bool) {
	if l.suspected && m.Batch != 0 {
		l.ask = true // it may answer again; not to wait for the next probe
		c.act(l)
	}
	if news && (l.role == Partner || (c.cfg.Direct && l == c.swaps.partner && strangers(l.peer, m))) {
		c.useful(now)
	}
	c.arrive(now)
}

// strangers reports whether a message has entries that are not its sender's.
func strangers(sender string, m *Message) bool {
	return slices.ContainsFunc(m.Runs, func(r Run) bool { return r.Source.Value().Origin != sender })
}

// reborn handles a peer that has begun a new life, in which it knows nothing of
// what repair has made of the link.
func (c *Core) reborn(now time.Duration, l *link) {
	l.filling = now + filling
	switch {
	case l.suspected:
		c.clear(now, l)
	case l.role == Child && !l.neighbour:
		c.drop(now, l) // it begins with its parent in the tree
	case l.reason != "":
		l.tieDue = true
		c.act(l)
	case l.role == Child || l.role == Parent:
		l.tieDue = l.tie != Untied
		l.show = l.show || l.tieDue
		c.act(l)
	case l == c.search.choice:
		c.renew(now, l)
		l.tieDue = true
	case l == c.home:
		c.homePhase = phase{}
		c.renew(now, l)
	case l.role == Partner:
		c.setRole(l, Guest)
	}
	c.heard(now, l)
}
