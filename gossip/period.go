package gossip

import "time"

// SetPeriod has rounds come with another period from now on, above 0, as if it had been
// Config.Period. A node that hears a root takes that one's, as always; and one that has
// a latency target chooses it itself.
func (c *Core) SetPeriod(now, period time.Duration) {
	if period != c.period && c.cfg.Target == 0 && c.schedule.setPeriod(now, period) {
		c.schedule.plan(now)
	}
}

func (u untimed) setPeriod(_, period time.Duration) bool {
	u.c.period = period
	return false
}

func (s *locked) setPeriod(now, period time.Duration) bool {
	c := s.c
	if c.parent != nil && s.at.root != 0 {
		return false
	}
	s.phase.rebase(now, period)
	if s.at.count > 0 { // before the first flush others reckon with a grid from the start on
		s.grid = gridNext(now+1, s.grid, c.period) - c.period
	}
	c.period = period
	return c.upAt != Never || c.downAt != Never
}
