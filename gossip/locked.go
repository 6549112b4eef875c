package gossip

import "time"

// locked has the root flush once a period, every other node forward that at once,
// and send upwards just in time for its parent's next message.
type locked struct {
	untimed
	phase     phase         // of our slots
	treePhase phase         // of our slots with the parent in the tree, while it is not the parent
	grid      time.Duration // a time at which the root flushes
	changed   time.Duration // when the root last changed the period
	missed    bool          // the latency target cannot be kept
	asked     bool          // for our slot, once
	at        roundID       // the newest flush, as we number its term
	turns     turns         // when children speak
}

// roundID orders rounds: by term, then by the root's incarnation, then by its count.
// The term counts how often the rounds that a node passes on have come to be
// another root's, so that it can be compared on one link only.
type roundID struct {
	term  uint64
	root  uint64 // the root's incarnation; 0: unknown
	count uint64 // its flushes; 0: no part of one
}

// newer and older compare rounds of the same term.
func (r roundID) newer(than roundID) bool {
	return r.root > than.root || r.root == than.root && r.count > than.count
}

// heardRounds is what a parent's messages said of the rounds.
type heardRounds struct {
	timed uint64        // our newest batch that the phase has been estimated from
	early time.Duration // how early it came, as the parent said
	term  uint64        // the parent's
}

// begin forgets what the parent's former incarnation said.
func (h *heardRounds) begin() { h.timed, h.term = 0, 0 }

const (
	// minPeriod is the shortest period for which locked rounds are worth their
	// while; below it everything is sent at once.
	minPeriod = 20 * time.Millisecond
	// holdFrom is the longest period with which nothing is held for a slot.
	holdFrom = 500 * time.Millisecond
	// guessWith is with how many entries at most a node guesses its first slot: one that
	// takes many would send more messages in the time for which it guesses than it
	// costs to ask.
	guessWith = 6
)

func (s *locked) plan(now time.Duration) {
	if s.c.period < minPeriod {
		s.c.upAt, s.c.downAt = now, now
		return
	}
	s.planUp(now)
	s.planDown(now)
}

// planUp chooses when to send upwards: in the slot or, while there is none, at
// once; while an answer that tells the slot is awaited, after slotWait.
func (s *locked) planUp(now time.Duration) {
	c := s.c
	switch {
	case c.parent == nil:
	case s.phase.valid(now):
		c.upAt = min(c.upAt, s.phase.next(now))
	case s.guesses():
		c.upAt = min(c.upAt, s.guess(now))
	case len(c.parent.inflight) == 0:
		c.upAt = now
	case !c.parent.isProbed():
		c.upAt = min(c.upAt, now+s.slotWait())
	}
}

// guesses reports whether this node reckons with a grid that nobody has told it: while
// it has not heard from the root yet, which is its parent.
func (s *locked) guesses() bool {
	c := s.c
	return c.period > holdFrom && c.depth == 1 && c.isLeaf() && c.parent.incarnation == 0 && !c.parent.isProbed() && !s.asked
}

// guess is when to send upwards by the root's grid as this node guesses it. Nodes of a
// cluster start together as a rule, and so the root's clock began when ours did, give or
// take. What comes long before its next flush waits for that, and is sent while there
// is time even if the root is a little early; what comes later is sent soon. Where the
// guess is wrong, values of the first period may take a period longer.
func (s *locked) guess(now time.Duration) time.Duration {
	lead := min(s.c.cfg.FirstRTT, s.c.period/3)
	switch slot := gridNext(now, -lead, s.c.period); {
	case slot-now <= s.c.period-lead:
		return slot
	case len(s.c.parent.inflight) == 0:
		return now
	default:
		return now + lead/20
	}
}

// slotWait is how long a node without a slot keeps what it learns while it waits
// for the answer that tells the slot. Where rounds are short, another message
// is little beside those of the rounds, and latency counts: it keeps nothing.
func (s *locked) slotWait() time.Duration { return max(0, s.c.period-holdFrom) / 4 }

// planDown chooses when to send downwards. The root flushes on its grid, and so
// does a node that cannot hear its parent. Every other node is moved by its
// parent's flush; see flushed, and sending for what happens if it does not come.
func (s *locked) planDown(now time.Duration) {
	c := s.c
	if c.parent == nil || c.parent.isProbed() {
		c.downAt = min(c.downAt, gridNext(now+1, s.grid, c.period))
		return
	}
	if c.downAt == Never && !c.isLeaf() {
		c.downAt = now + s.ackWait(c.parent) + c.parent.rtt.interval(0)
	}
}

// retarget moves a slot that is waited for to where the newest estimate has it.
// One that would be missed by that stays.
func (s *locked) retarget(now time.Duration) {
	c := s.c
	if c.upAt == Never || c.upAt <= now || !s.phase.valid(now) {
		return
	}
	if slot := s.phase.next(now); slot < c.upAt+c.period/2 {
		c.upAt = slot
	}
}

// flushing counts the root's flush and chooses the period of the next.
func (s *locked) flushing(now time.Duration) bool {
	if s.c.parent == nil {
		s.at.count++
		s.choosePeriod(now)
	}
	return true
}

// lead is how long before our next planned slot something came, and false where
// no slot is planned.
func (s *locked) lead(arrived time.Duration) (time.Duration, bool) {
	switch {
	case s.c.parent == nil:
		return gridNext(arrived, s.grid, s.c.period) - arrived, true
	case s.phase.known:
		return s.phase.next(arrived) - arrived, true
	}
	return 0, false
}

// ackDue is the round after a batch's arrival, from which its sender counts.
func (s *locked) ackDue(now time.Duration, l *link, arrived time.Duration) time.Duration {
	c := s.c
	switch {
	case l.role == Child && c.parent == nil:
		c.downAt = min(c.downAt, gridNext(now+1, s.grid, c.period))
		return Never
	case l.role == Child:
		return max(now, arrived+s.ackWait(c.parent)) // the flush comes earlier
	default:
		return max(now, arrived+c.period)
	}
}

// ackWait of a parent ends when its own parent's flush has come.
func (s *locked) ackWait(l *link) time.Duration {
	switch {
	case l.role == Child && l.leaf:
		return s.c.cfg.AckDelay
	case l.role == Parent:
		return s.c.period + time.Duration(s.c.depth-1)*(s.usualHop(l)+minGuard)
	}
	return s.c.period
}

// overdueAfter of a child ends when it may have acked a batch at once, that of the
// parent when its flush has come.
func (s *locked) overdueAfter(l *link) time.Duration {
	switch {
	case s.c.period < minPeriod:
	case l.role == Child:
		return l.rtt.roundTrip() + minGuard
	case l.role == Parent:
		return time.Duration(max(s.c.depth, 1))*(s.usualHop(l)+minGuard) + minGuard
	}
	return Never
}

// usualHop is what a round trip between nodes further up is taken to be: that to
// the parent, unless it is out of all proportion to the others'. A way that looks
// long because the peer was dead or stopped when it was measured says nothing
// about any other, and would count once for every level.
func (s *locked) usualHop(parent *link) time.Duration {
	hop := parent.rtt.roundTrip()
	for _, l := range s.c.links {
		if l != parent && l.peer.inTree && l.rtt.measured {
			hop = min(hop, 2*l.rtt.smoothed+minMargin)
		}
	}
	return hop
}

// holdsAcks has a child wait while we do not know our slot: the answer could not
// tell the child its own, and it would have to ask again.
func (s *locked) holdsAcks(l *link) bool {
	p := s.c.parent
	return l.role == Child && p != nil && len(p.inflight) > 0 && !p.isProbed() && !s.phase.known
}

// answerChildren acks the children that have waited for our slot.
func (s *locked) answerChildren(now time.Duration) {
	for _, l := range s.c.links {
		if l.role == Child && l.acks.urgency > withTheRound && len(l.acks.stored) > 0 {
			l.acks.due = now
			s.c.timers.set(l)
		}
	}
}

// read takes what the parent says of the rounds. Its message moves the children's
// if it is a new flush or brings entries.
func (s *locked) read(now time.Duration, l *link, m *Message) (flush bool) {
	if m.Term > l.rounds.term {
		l.rounds.term = m.Term
		s.newTerm()
	}
	said := roundID{term: s.at.term, root: m.Root, count: m.Round}
	ofThisTerm := m.Term == l.rounds.term
	newer := ofThisTerm && said.newer(s.at)
	older := !ofThisTerm || s.at.newer(said) && (m.Round != 0 || m.Root != s.at.root) ||
		m.Round == 0 && m.Echo.Batch < l.rounds.timed
	changed := m.Period > 0 && m.Period != s.c.period && !older
	if changed {
		s.c.period = m.Period
	}
	s.readLead(now, l, m, changed)
	if newer {
		s.at = said
	}
	return newer && m.Round > 0 || len(m.Runs) > 0
}

// readLead takes how early our batch was into the estimate of our slots.
func (s *locked) readLead(now time.Duration, l *link, m *Message, changed bool) {
	h := &l.rounds
	at, ok := l.departed.at(m.Echo.Batch)
	switch ok = ok && m.For == s.c.cfg.Incarnation && m.Echo.Planned; {
	case ok && m.Echo.Batch > h.timed:
		lacked := !s.phase.valid(now)
		s.judge(now, at, m.Echo.Early)
		s.phase.estimate(now, at+m.Echo.Early, s.c.period)
		if lacked {
			defer s.answerChildren(now)
		}
	case ok && changed && m.Echo.Batch == h.timed:
		s.phase.move(at+h.early, at+m.Echo.Early, s.c.period)
	case changed:
		s.phase.rebase(now, s.c.period)
	}
	if ok {
		h.timed, h.early = m.Echo.Batch, m.Echo.Early
		s.retarget(now)
	}
}

// judge counts a batch that left in our slot, and whether it missed it.
func (s *locked) judge(now, left, early time.Duration) {
	if !s.phase.valid(now) {
		return
	}
	meant, missed := s.phase.judge(left, early)
	if meant {
		s.c.stats.Slots++
	}
	if missed {
		s.c.stats.SlotsMissed++
	}
}

func (s *locked) stamp(now time.Duration, l *link, m *Message) {
	if l.role == Parent {
		if m.Path = s.pathUp(); len(m.Runs) > 0 {
			m.Late, s.turns.late = s.turns.late, false
		}
		return
	}
	s.turns.earn(1, s.c.children)
	if m.Echo.Batch != 0 {
		m.Echo.Early, m.Echo.Planned = s.lead(l.acks.arrived)
		m.Echo.Planned = m.Echo.Planned && !l.unsure
	}
	if s.c.parent == nil {
		s.at.root = s.c.cfg.Incarnation
	}
	m.Period, m.Root, m.Term = s.c.period, s.at.root, s.at.term
	if l.flushDue {
		m.Round = s.at.count
	}
}

// sending has the answer tell our slot, where we have none, and moves what we
// know downwards should the parent's flush not come.
func (s *locked) sending(now time.Duration, l *link, m *Message) {
	c := s.c
	if l != c.parent {
		return
	}
	// Where nothing is held meanwhile, the flush that acks it is soon enough, unless
	// messages get lost.
	if len(m.Runs) > 0 && !s.phase.valid(now) && len(l.inflight) == 0 && (s.slotWait() > 0 || now < c.ridesUntil) &&
		!(s.guesses() && m.Entries() <= guessWith) {
		m.Probe, s.asked = true, true
	}
	if !c.isLeaf() {
		c.downAt = min(c.downAt, now+s.ackWait(l)+l.rtt.interval(0))
	}
	if after := s.overdueAfter(l); len(m.Runs) > 0 && after != Never && s.phase.valid(now) {
		c.upAt = min(c.upAt, s.phase.next(now+after+l.rtt.margin())) // should it not be acked
	}
}

// newTerm makes the rounds that come new to everybody below: they are another
// root's, whose numbers cannot be compared.
func (s *locked) newTerm() { s.at = roundID{term: s.at.term + 1} }

func (s *locked) parentChanged(inTree bool) {
	s.phase = phase{}
	if inTree {
		s.phase = s.treePhase // its slots are where they were, unless it says otherwise
	}
	s.newTerm()
}

// parentReborn begins rounds of which those of the parent's former incarnation, which
// may have borne any numbers, tell nothing.
func (s *locked) parentReborn() {
	s.phase = phase{}
	s.newTerm()
}

func (s *locked) keepSlots()   { s.treePhase = s.phase }
func (s *locked) forgetSlots() { s.treePhase = phase{} }

func (s *locked) isOfOurTree(m *Message) bool { return m.Root != 0 && m.Root == s.at.root }
func (s *locked) targetMissed() bool          { return s.missed }

func (s *locked) guard() time.Duration {
	if s.c.parent == nil || !s.phase.known {
		return 0
	}
	return s.phase.guard()
}
