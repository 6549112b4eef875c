package gossip

import (
	"math"
	"time"
)

// A child sends up just in time, so that a machine that stands still for a moment
// makes its message come just after its parent has spoken, and every value in it wait
// for a whole period more. So a node knows how likely each child speaks in a round.
// If much of what is due has not come when it is to speak itself, it waits, about as
// long as the longest delay that was seen lately. What comes late all the same goes on
// at once, as long as that costs few messages. Neither moves the grid.

// turn is when a child speaks.
type turn struct {
	spoke, before time.Duration // when it last did, and when in another round before
	usual         float64       // how likely it does in a round
	rounds        int           // that tell so
	told          time.Duration // when it was first told how early it had been; 0: not yet
}

func newTurn() turn { return turn{spoke: longAgo, before: longAgo} }

// speaks takes note that the child speaks.
func (t *turn) speaks(now, period time.Duration) {
	if now-t.spoke > period/2 {
		t.before = t.spoke
	}
	t.spoke = now
}

// spokeIn reports whether it spoke in the round that ends at a time.
func (t *turn) spokeIn(end, period time.Duration) bool {
	in := func(at time.Duration) bool { return end-period/2 < at && at <= end+period/2 }
	return in(t.spoke) || in(t.before)
}

const (
	longAgo  = time.Duration(math.MinInt64 / 2)
	turnGain = 1.0 / 8 // weight of a round in how likely a child speaks
	// unlikelyAtRoot and unlikelyBelow are by how many standard deviations fewer than
	// usual speak if something is wrong. Where a node that is not the root waits in
	// vain, its own message is late.
	unlikelyAtRoot, unlikelyBelow = 2.3, 3.3
	// settle is how long after a message others are taken to come with it, and how
	// long a process that has stood still takes to read what came meanwhile.
	settle = 4 * time.Millisecond
	// longestDelay is how long is waited at most: what is later is no short stall.
	longestDelay = 150 * time.Millisecond
	// delayMemory is for how long a delay is remembered.
	delayMemory = time.Minute
	// habitual is from which share on it is usual for messages to be late, as the way
	// varies, and not worth a message more.
	habitual = 0.03
	// againShare is what messages out of turn may cost, as a share of all.
	againShare = 0.02
)

// turns is what a node with children makes of when they speak.
type turns struct {
	last    time.Duration // end of the newest round
	at      time.Duration // end of the round that is waited for
	until   time.Duration // when waiting ends; 0: not waiting
	reading bool          // waits only to read what came while this process stood still
	vain    bool          // has waited in vain in the newest round
	again   bool          // speaks once more in a round
	delay   time.Duration // the longest seen lately ...
	delayed time.Duration // ... and when
	habit   float64       // share of the messages of children that are late one by one
	credit  float64       // messages that may be spent on speaking once more
	begun   bool
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

// wait is how long after the end of a round a node still waits: not at all while nothing
// has been late.
func (s *locked) wait(now time.Duration) time.Duration {
	t := &s.turns
	if t.delay == 0 || now-t.delayed > delayMemory {
		t.delay = 0
		return 0
	}
	return min(t.delay*5/4+minGuard, s.longestWait())
}

// longestWait is how late something may be and not count as early for the next round.
func (s *locked) longestWait() time.Duration { return min(longestDelay, s.c.period/2) }

// missing reports whether much of what is due by the end of a round has not come.
func (s *locked) missing(end time.Duration) bool {
	due, varies, came := 0.0, 0.0, 0.0
	for _, l := range s.c.links {
		if l.role != Child {
			continue
		}
		due += l.turn.usual
		varies += l.turn.usual * (1 - l.turn.usual)
		if l.turn.spokeIn(end, s.c.period) {
			came++
		}
	}
	deviations := unlikelyBelow
	if s.c.parent == nil {
		deviations = unlikelyAtRoot
	}
	return due-came > deviations*math.Sqrt(varies)+0.5
}

// learn takes the round before one that ends at a time into how likely children speak.
// In rounds without any message nobody has spoken.
func (s *locked) learn(end time.Duration) {
	t := &s.turns
	silent := min(max(int((end-t.last+s.c.period/2)/s.c.period)-1, 0), 32)
	for _, l := range s.c.links {
		if l.role != Child {
			continue
		}
		l.turn.rounds++
		gain := max(turnGain, 1/float64(l.turn.rounds+1))
		l.turn.usual *= 1 - gain
		if l.turn.spokeIn(t.last, s.c.period) {
			l.turn.usual += gain
		} else if t.vain {
			l.turn.usual /= 4 // not to be waited for again
		}
		l.turn.usual *= math.Pow(1-turnGain, float64(silent))
	}
	if _, late, came := s.lateIn(t.last); came > 0 && !s.areMany(t.last) {
		t.habit += (late/came - t.habit) * turnGain
	}
	t.last, t.vain = end, false
}

// holds reports whether what is due now, at the end of a round, waits for children that
// are late, and moves it until then.
func (s *locked) holds(now time.Duration, due *time.Duration) bool {
	t := &s.turns
	switch {
	case t.again:
		t.again = false
		return false
	case t.until != 0 && !t.reading:
		t.until, t.vain = 0, s.missing(t.at)
		return false
	}
	end, ok := s.slotBefore(now)
	if !ok || now-end > s.longestWait() {
		t.until, t.reading = 0, false
		return false
	}
	if !t.reading && now-end > settle/2 { // this process has stood still
		t.at, t.until, t.reading = end, now+settle, true
		*due = t.until
		return true
	}
	t.at, t.until, t.reading = end, 0, false
	s.learn(end)
	if until := end + s.wait(now); s.missing(end) && until > now {
		s.c.stats.Waits++
		t.until, *due = until, until
	}
	return t.until != 0
}

// heard takes note of a child's entries. They end waiting for them, or are passed on
// at once if they are late.
func (s *locked) heard(now time.Duration, l *link, m *Message) {
	c, t := s.c, &s.turns
	if m.Probe || m.Resent {
		return // not in its slot
	}
	l.turn.speaks(now, c.period)
	if c.parent == nil {
		t.earn(1, c.children)
	}
	end, ok := s.slotBefore(now)
	if !ok || now < l.peer.filling || !s.knowsSlot(now, l) || c.suspicion != nil && len(c.suspicion.unreachable) > 0 {
		return // it may be new here, and look for its slot
	}
	if now-end > s.longestWait() {
		return // it is early for the next round
	}
	due := &c.downAt
	if c.parent != nil {
		due = &c.upAt
	}
	c.stats.LateTurns++
	if now-end > minGuard && !t.reading {
		t.delay, t.delayed = max(t.delay, now-end), now
	}
	cost := s.costOfAgain()
	switch {
	case t.until != 0:
		if !t.reading && !s.missing(t.at) {
			*due = min(now+settle, t.until)
		}
	case t.again || t.last != end && *due <= end+settle:
	case t.credit >= 0 && s.areMany(end) || t.habit < habitual && t.credit >= cost:
		t.credit -= cost
		t.again = true
		c.stats.Again++
		*due = min(*due, now+s.gathers())
	}
}

// areMany reports whether more came after the end of a round than is usual, and many of
// those that were due.
func (s *locked) areMany(end time.Duration) bool {
	due, late, _ := s.lateIn(end)
	return late >= 2 && late > due*(0.5+2*s.turns.habit)
}

// lateIn is how many children are due in a round that has ended, how many have spoken
// after its end, and how many in all.
func (s *locked) lateIn(end time.Duration) (due, late, came float64) {
	for _, l := range s.c.links {
		if l.role != Child {
			continue
		}
		due += l.turn.usual
		if l.turn.spokeIn(end, s.c.period) {
			came++
			if l.turn.spoke > end && l.turn.spoke <= end+s.longestWait() || l.turn.before > end && l.turn.before <= end+s.longestWait() {
				late++
			}
		}
	}
	return due, late, came
}

// gathers is for how long what is late waits for more of the kind: a message upwards
// costs as good as nothing.
func (s *locked) gathers() time.Duration {
	if s.c.parent == nil {
		return minGuard
	}
	return settle
}

// knowsSlot reports whether a child has had the time to find its slot.
func (s *locked) knowsSlot(now time.Duration, l *link) bool {
	return l.turn.told != 0 && now > l.turn.told+s.c.period+l.rtt.roundTrip()+l.rtt.margin()
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
		t.begun, t.credit, t.habit = true, float64(children), 2*habitual
	}
	t.credit = min(t.credit+againShare*float64(messages), 2*float64(children))
}
