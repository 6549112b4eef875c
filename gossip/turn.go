package gossip

import "time"

// A child sends up just in time, so that a machine that stands still for a moment
// makes its message come just after its parent has spoken, and every value in it wait
// for a whole period more. Who stands still in its slot notices it, as its timer is
// late, and says so (Message.Late). A parent that has spoken already then speaks once
// more, as long as that costs few messages.
//
// At the root that is a message to every node. So the root looks, with a timer, whether
// it stands still when the nodes below it are to speak: a machine that does so delays
// all of them as long, and the root waits for them. Neither moves the grid.

const (
	// settle is how long after a message others are taken to come with it, and how
	// long a process that has stood still takes at most to read what came meanwhile.
	settle = 4 * time.Millisecond
	// stoodStill is from where on a timer is so late that the process stood still.
	stoodStill = 2 * time.Millisecond
	// longestDelay is how late something may be: what is later is no short stall.
	longestDelay = 150 * time.Millisecond
	// againShare is what messages out of turn may cost, as a share of all.
	againShare = 0.08
	// againAtFirst and againAtMost are how many times a node may speak once more at
	// the start, and in a row.
	againAtFirst, againAtMost = 4, 8
)

// turns is what a node knows of its own turn, and of those of the nodes below it.
type turns struct {
	late   bool          // it stood still in its turn, or passes on what came late
	held   bool          // it reads what came while it stood still before it speaks
	spoken time.Duration // end of the newest round in which it spoke
	again  bool          // it speaks once more in a round
	credit float64       // messages that may be spent on that
	begun  bool

	heardAt time.Duration // when a child last spoke
	lookAt  time.Duration // when to look whether this process stands still ...
	lookEnd time.Duration // ... and the end of the round in which others speak then
	reading time.Duration // until then it reads what came while it stood still
	delay   time.Duration // how long it stood still while nodes below were to speak ...
	delayed time.Duration // ... in the round with this end
}

// slotBefore is the end of the round before a time: when the root flushes, or another
// node sends up.
func (s *locked) slotBefore(now time.Duration) (time.Duration, bool) {
	switch {
	case s.c.period < minPeriod || s.c.isLeaf():
	case s.c.parent == nil:
		return gridNext(now+1, s.grid, s.c.period) - s.c.period, true
	case s.phase.valid(now) && s.phase.period == s.c.period:
		return s.phase.next(now+1) - s.c.period, true
	}
	return 0, false
}

// longestWait is how late something may be and not count as early for the next round.
func (s *locked) longestWait() time.Duration { return min(longestDelay, s.c.period/2) }

// own is when this node has its turn.
func (s *locked) own() *time.Duration {
	if s.c.parent == nil {
		return &s.c.downAt
	}
	return &s.c.upAt
}

// holds reports whether what is due now waits: until what came while this process stood
// still is read, and at the root for nodes that stood still in their turn, too. It moves
// the time of it.
func (s *locked) holds(now time.Duration, due *time.Duration) bool {
	t := &s.turns
	stood, held := now-*due, t.held
	t.late, t.held = t.late && held || stood > stoodStill, false
	if t.again {
		t.again, t.late = false, true
		return false
	}
	if end, ok := s.slotBefore(now); ok && now-end <= s.longestWait() {
		if stood > 0 && !held {
			t.read(now, stood)
		}
		if now < t.reading {
			t.held, *due = true, t.reading
			return true
		}
		if end == t.delayed && now < end+t.delay {
			s.c.stats.Waits++
			*due = end + t.delay
			return true
		}
		t.spoken = end
	}
	return false
}

// read has this process read what came while it stood still for so long.
func (t *turns) read(now, stood time.Duration) { t.reading = now + min(settle, 2*stood) }

// heard takes note of a child's entries. They are passed on at once if they are late.
func (s *locked) heard(now time.Duration, l *link, m *Message) {
	c, t := s.c, &s.turns
	t.heardAt = now
	s.look(now)
	l.unsure = now < t.reading
	if c.parent == nil {
		t.earn(1, c.children)
	}
	end, ok := s.slotBefore(now)
	if !ok || m.Probe || m.Resent || now-end > s.longestWait() {
		return // not in its turn, or early for the next
	}
	c.stats.LateTurns++
	cost := s.costOfAgain()
	if t.spoken != end {
		cost = 0 // it has not spoken in this round
	}
	if !m.Late && !l.unsure || t.again || *s.own() <= now+s.gathers() || t.credit < cost {
		return
	}
	t.credit -= cost
	t.again, t.spoken = true, end
	c.stats.Again++
	*s.own() = now + s.gathers()
}

// gathers is for how long what is late waits for more of the kind: a message upwards
// costs as good as nothing.
func (s *locked) gathers() time.Duration {
	if s.c.parent == nil {
		return minGuard
	}
	return settle
}

// costOfAgain is how many messages it costs to speak once more in a round.
func (s *locked) costOfAgain() float64 {
	if s.c.parent == nil {
		return float64(s.c.children)
	}
	return 1
}

// earn takes note of messages, a share of which may be spent on speaking once more.
func (t *turns) earn(messages, children int) {
	if !t.begun {
		t.begun, t.credit = true, againAtFirst*float64(children)
	}
	t.credit = min(t.credit+againShare*float64(messages), againAtMost*float64(children))
}

// look takes note of it if this process stood still when it was to look, and chooses when
// to look next: while it hears of children, at the end of its own turn, and the root in
// those of the nodes at each level below.
func (s *locked) look(now time.Duration) {
	t := &s.turns
	if t.lookAt == Never {
		s.lookAfter(now)
	}
	for t.lookAt <= now {
		stood := now - t.lookAt
		switch {
		case stood > s.longestWait():
		case t.lookAt == t.lookEnd && stood > 0:
			t.read(now, stood)
		case stood > stoodStill && t.delayed == t.lookEnd:
			t.delay = max(t.delay, stood)
		case stood > stoodStill:
			t.delay, t.delayed = stood, t.lookEnd
		}
		s.lookAfter(max(t.lookAt, now-s.longestWait()))
	}
}

// lookAfter chooses the first time to look after another one.
func (s *locked) lookAfter(at time.Duration) {
	c, t := s.c, &s.turns
	t.lookAt = Never
	end, ok := s.slotBefore(at)
	if !ok || at-t.heardAt > 2*c.period {
		return
	}
	levels, hop := 0, c.period
	if c.parent == nil {
		levels = c.cfg.Height
		for _, l := range c.links {
			if l.role == Child && l.rtt.measured { // the least: stalls make it look longer
				hop = min(hop, l.rtt.roundTrip()/2+minGuard)
			}
		}
	}
	for level := range levels + 1 {
		before := time.Duration(level) * hop
		if next := gridNext(at+1, end-before, c.period); next < t.lookAt {
			t.lookAt, t.lookEnd = next, next+before
		}
	}
}

func (s *locked) next() time.Duration { return s.turns.lookAt }
