package gossip

import "time"

// longestPath is what the longest way from below this node up to it and back
// takes, guards included. Levels of which nothing is known yet are taken to be
// like hop.
func (s *locked) longestPath(hop time.Duration) time.Duration {
	longest := time.Duration(s.c.cfg.Height) * hop
	for _, l := range s.c.links {
		if l.role == Child {
			longest = max(longest, l.path)
		}
	}
	return longest
}

// pathUp is what this node tells its parent: the longest way from below it to
// the parent and back. It is 0 until the way to the parent has been measured.
func (s *locked) pathUp() time.Duration {
	r := &s.c.parent.rtt
	if !r.measured {
		return 0
	}
	hop := r.smoothed + 2*r.jitter + s.phase.guard()
	return s.longestPath(hop) + hop
}

const (
	// targetSlack is kept free of a latency target for what nobody can measure
	// beforehand: the queues of busy processes.
	targetSlack = 5 * time.Millisecond
	// periodBand is how much, as a part of itself, the best period may rise
	// before it is taken; half as much is kept in hand for a fall.
	periodBand = 64
)

// longestPeriod is the longest period for which every value is everywhere
// within a target, 0 or less if there is none. A value that just misses its
// slot takes P + path. Maelstrom adds a second bound: a client's request waits
// while a flush is under way to its node, for up to one hop L. It began with
// the flush, then, that left L before it arrived; and the value goes with the
// first slot after that, the j-th of the grid with j = ceil(path/P), so that it
// takes j P + L.
func longestPeriod(target, path time.Duration, height int) time.Duration {
	hop := path / time.Duration(2*max(height, 1))
	p := target - path
	for j := time.Duration(1); p > 0 && j < 64; j++ {
		// With j slots on the way the period is at least path/j.
		if fits := min(p, (target-hop)/j); fits >= (path+j-1)/j {
			return fits
		}
	}
	return min(p, minPeriod-1)
}

// choosePeriod has the root set the period from its latency target D: a value
// waits for its slot for a period at most, and then takes the longest way up
// and down; see longestPeriod. It does so at a flush, which all slots refer to.
//
// A node that hears of a longer period only after its slot has spoken too early
// by the difference, and what it learns after that waits for as much longer.
// Where the period is shorter than the path, so that this can be, it grows by
// three quarters of what the target still leaves, and not again before the
// whole tree has heard. It falls at once.
func (s *locked) choosePeriod(now time.Duration) {
	c := s.c
	path := s.longestPath(0)
	if c.cfg.Target == 0 || path == 0 {
		return
	}
	if s.changed == 0 {
		s.changed = now // let every node find its slot first
		if c.cfg.Height <= 1 && c.period >= path {
			s.changed -= path + c.period // who hears a flush finds it in time for the next
		}
	}
	before := c.period
	best := longestPeriod(c.cfg.Target-targetSlack, path, c.cfg.Height)
	s.missed = best < minPeriod
	best -= best / (2 * periodBand)
	switch {
	case s.missed:
		c.period = minPeriod / 2
	case best < c.period-best/(2*periodBand):
		c.period = best
	case best > c.period+c.period/periodBand && now >= s.changed+path+c.period:
		if c.period >= path {
			c.period = best
		} else {
			c.period += (best - c.period) * 3 / 4
		}
	default:
		return
	}
	// The new grid starts at the tick that this flush belongs to. Without a
	// change the grid stays where it was, however late a flush is: the
	// children's averages would lag behind one that drifts.
	s.grid = gridNext(now+1, s.grid, before) - before
	s.changed = now
}
