package gossip

import (
	"math"
	"slices"
	"time"
)

// peer is what repair knows of a node. Repair speaks of nodes by their names and
// their places in the tree; what it wants of links it asks channels for.
type peer struct {
	name   string
	index  int   // place in the natural order
	inTree bool  // a neighbour in the tree
	link   *link // for channels alone

	doubted  bool          // somebody says that it does not answer: one unanswered probe will do
	probeDue bool          // to be probed in the next Advance
	watched  bool          // no neighbour, but probed for as long as it is unreachable
	lastAck  time.Duration // when it last acked anything
	missed   time.Duration // when it last came to be unreachable
	filling  time.Duration // until then its neighbours may be giving it what it lacks
	used     time.Duration // when something was last received or wanted of it

	relation    Relation      // what we are to it
	relationDue bool          // it has to be told so
	prunedAt    time.Duration // when we last told it that we are neither parent nor child
	heardIn     uint64        // its batch that last said what it is to us
	reason      string        // we have offered ourselves to it as a parent, as this node does not answer
	declined    string        // it did not want to be adopted for that reason
	replied     bool          // it has answered in the present search
}

// begin forgets what the peer's former incarnation said.
func (p *peer) begin() { p.doubted, p.probeDue, p.heardIn = false, false, 0 }

// suspicion finds out who is out of reach. It is idle, and costs nothing, while
// everybody answers.
type suspicion struct {
	channels
	unreachable []*peer // oldest first
	loss        float64 // share of the batches that are lost, as far as the links that work tell
}

const (
	// lossGain is the weight of one batch in the estimate of loss.
	lossGain = 1.0 / 16
	// falseAlarm is how likely a link that works may come to be given up when a
	// batch has not been acked.
	falseAlarm  = 0.01
	maxPatience = 6
	maxNoticed  = 3
	// guestTries is how often a guest is shown a digest that it asked for and does
	// not ack.
	guestTries = 10
	// recentlyMissed is for how long a node that did not answer is not asked again
	// because somebody names it.
	recentlyMissed = 3 * time.Second
)

// patience is how many probes in a row may stay unanswered before a peer is
// given up: one, or where messages get lost all the time as many as it takes
// that loss alone does not look like death.
func (s *suspicion) patience() int {
	if s.loss <= falseAlarm {
		return 1
	}
	batches := math.Ceil(math.Log(falseAlarm) / math.Log(min(s.loss, 0.9)))
	return min(max(int(batches)-1, 1), maxPatience)
}

// rounds is how many rounds what is not acked may ride: one, as if it had been sent
// again, or one more than patience where messages get lost.
func (s *suspicion) rounds() int {
	if s.loss <= falseAlarm {
		return 1
	}
	return s.patience() + 1
}

// notice takes an ack into the estimate of loss: so many batches were lost before it,
// and so many have arrived. Of many in a row few count, as those are a cut rather
// than loss.
func (s *suspicion) notice(lost, arrived int) {
	for range min(lost, maxNoticed) {
		s.loss += (1 - s.loss) * lossGain
	}
	for range min(max(arrived, 1), maxNoticed) {
		s.loss -= s.loss * lossGain
	}
}

// isUnreachable reports whether a node is taken to be out of reach.
func (s *suspicion) isUnreachable(name string) bool {
	p := s.known(name)
	return p != nil && s.state(p) == unreachable
}

// watches reports whether a peer is probed for as long as it does not answer.
func (s *suspicion) watches(p *peer) bool {
	role := s.role(p)
	return p.inTree || role == Parent || role == Child || p.watched || p.reason != ""
}

// pause is the least time between two probes of a peer that is unreachable. There
// may be any number of those that are no neighbours, so that they share a rate.
func (s *suspicion) pause(p *peer) time.Duration {
	const each = 250 * time.Millisecond
	switch {
	case s.state(p) != unreachable:
		return 0
	case p.inTree:
		return maxInterval
	}
	return max(maxInterval, time.Duration(len(s.unreachable))*each)
}

// unanswered handles a peer that has not acked a batch in time. A parent to be is
// given up sooner, and asked for longer, than another node that is no neighbour.
func (s *suspicion) unanswered(now time.Duration, p *peer) {
	needed := s.scheme().needs(p)
	stranger := !s.watches(p)
	attempts := s.attempts(p)
	enough := s.patience()
	if p.reason != "" {
		enough-- // the offer was a probe
	}
	switch {
	case s.state(p) == unreachable:
	case attempts >= 1 && (p.doubted || needed), !stranger && attempts >= enough:
		s.suspect(now, p)
	}
	tries := guestTries
	if p.relation.syncs() && p.relationDue || !s.owesWord(p) {
		tries = 0 // there are others to swap with, or it has been told all
	}
	if stranger && attempts >= tries && !s.watches(p) && !s.scheme().needs(p) {
		s.rest(now, p)
	}
}

// suspect takes a peer for one that cannot be reached, until it answers.
func (s *suspicion) suspect(now time.Duration, p *peer) {
	if s.state(p) == unreachable {
		return
	}
	s.counts().Suspicions++
	p.doubted, p.missed = false, now
	s.unreachable = append(s.unreachable, p)
	s.giveUp(p, s.scheme().replaces(p))
	s.scheme().lost(now, p)
	if len(s.unreachable) > 0 {
		s.antiEntropy().start(now)
	}
}

// answered handles an ack: there is a way to the peer and back.
func (s *suspicion) answered(now time.Duration, p *peer) {
	p.doubted, p.lastAck = false, now
	s.scheme().acked(p)
	if s.state(p) == unreachable {
		s.clear(now, p)
	}
	s.scheme().heard(now, p)
}

// clear ends a suspicion. A peer that was owed nothing is begun with anew, if it
// is a neighbour.
func (s *suspicion) clear(now time.Duration, p *peer) {
	renew := s.isMute(p)
	p.filling = now + filling
	p.doubted, p.watched = false, false
	s.takeUp(p)
	s.unreachable = slices.DeleteFunc(s.unreachable, func(u *peer) bool { return u == p })
	s.scheme().found(now, p, renew)
	if renew {
		s.resume(p)
	}
}

// clearFor ends a suspicion, if there is one, of a peer that is begun with anew
// for another reason.
func (s *suspicion) clearFor(now time.Duration, p *peer) {
	s.unmute(p)
	if s.state(p) == unreachable {
		s.clear(now, p)
	}
}

// forgive drops the suspicions of those that are not probed: it would not be
// noticed when they answer.
func (s *suspicion) forgive(now time.Duration) {
	for _, p := range s.unreachable {
		if !s.watches(p) {
			s.takeUp(p)
			s.rest(now, p)
		}
	}
	s.unreachable = slices.DeleteFunc(s.unreachable, func(p *peer) bool { return s.state(p) != unreachable })
}

// seen handles any message of a peer's present incarnation.
func (s *suspicion) seen(now time.Duration, p *peer, m *Message, news bool) {
	if s.state(p) == unreachable && m.Batch != 0 {
		s.probe(p) // it may answer again; not to wait for the next probe
	}
	if news && s.scheme().wasSync(p, m) {
		s.antiEntropy().useful(now)
	}
	s.scheme().arrive(now)
}

// reborn handles a peer that has begun a new incarnation, in which it knows nothing
// of what repair has made of the link.
func (s *suspicion) reborn(now time.Duration, p *peer) {
	p.filling = now + filling
	if s.state(p) == unreachable {
		s.clear(now, p)
	} else {
		s.scheme().reborn(now, p)
	}
	s.scheme().heard(now, p)
}

// remind has a peer that was restarted told what we are to it.
func (s *suspicion) remind(p *peer) {
	if p.relationDue = p.relation != Unrelated; p.relationDue {
		s.show(p)
	}
	s.speak(p)
}

// read takes what a peer says that it is to us.
func (s *suspicion) read(now time.Duration, p *peer, m *Message) {
	if m.Relation == Unrelated || m.Batch <= p.heardIn {
		return
	}
	p.heardIn = m.Batch
	switch m.Relation {
	case Attached:
		s.scheme().attached(now, p, m.Suspects)
	case Adopted:
		s.scheme().offered(now, p)
	case Pruned:
		s.scheme().pruned(now, p)
	case Syncing, SyncingAll:
		s.antiEntropy().answer(now, p.link, m)
	}
}

// refuse tells a peer that we are neither parent nor child of it.
func (s *suspicion) refuse(p *peer) { s.tell(p, Pruned) }

// say puts into a message what we are to the peer, and who does not answer us if
// it has not been told yet. It reports whether this has to be said again if the
// message is lost.
func (s *suspicion) say(p *peer, m *Message) (again bool) {
	if !p.relationDue {
		if p.relation == Attached || p.relation == Adopted {
			m.Relation = p.relation
		}
		return false
	}
	m.Relation, p.relationDue = p.relation, false
	switch p.relation {
	case Attached:
		// Our ancestors, whose other descendants need a parent too. What else does
		// not answer us the receiver finds out if it has to.
		for _, name := range s.scheme().ancestors() {
			if s.isUnreachable(name) {
				m.name(name)
			}
		}
	case Adopted:
		if p.reason != "" {
			m.name(p.reason)
		}
	}
	return true
}

// name adds a node to the suspects of a message, if there is room for it.
func (m *Message) name(node string) {
	bytes := 0
	for _, s := range append(m.Suspects, node) {
		bytes += 6*len(s) + 3
	}
	if len(m.Suspects) < maxSuspects && bytes <= relationBytes-100 {
		m.Suspects = append(m.Suspects, node)
	}
}

// strangers reports whether a message has entries that are not its sender's.
func strangers(sender string, m *Message) bool {
	return slices.ContainsFunc(m.Runs, func(r Run) bool { return r.Origin.Value().Node != sender })
}
