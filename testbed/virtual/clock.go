package virtual

import (
	"math"
	"time"

	"treecast/testbed/nemesis"
)

// clocks are those of a node: the monotonic one of its process, which begins at
// 0 when the process starts, and the wall clock. Unless the nemesis has changed
// them both go right. The zero value is not usable; see rightClocks.
type clocks struct {
	at    time.Duration // true time when they were last set
	shows time.Duration // what the monotonic one showed then
	rate  float64       // of both since then; 1 is right
	off   time.Duration // of the wall clock then; positive is ahead
}

func rightClocks() clocks { return clocks{rate: 1} }

// start sets the monotonic clock to 0, for a new process.
func (c *clocks) start(now time.Duration) {
	c.off = c.wall(now) - now
	c.at, c.shows = now, 0
}

// set changes the clocks as the nemesis wants. The monotonic one never goes
// back; the wall clock is right again but for what the setting says.
func (c *clocks) set(now time.Duration, s *nemesis.Setting) {
	*c = clocks{at: now, shows: c.local(now) + s.Forward, rate: s.Rate, off: s.Forward + s.Wall}
}

// local is what the monotonic clock shows at a true time since it was set.
func (c *clocks) local(now time.Duration) time.Duration {
	return c.shows + scale(now-c.at, c.rate)
}

// wall is what the wall clock shows, counted as true time is.
func (c *clocks) wall(now time.Duration) time.Duration {
	return c.at + c.off + scale(now-c.at, c.rate)
}

// global is the first true time at which the monotonic clock shows a time, or
// a later one.
func (c *clocks) global(local time.Duration) time.Duration {
	rest := local - c.shows
	if local >= never-c.at || rest >= never-c.at {
		return never
	}
	if c.rate == 1 || rest <= 0 {
		return c.at + rest
	}
	now := c.at + time.Duration(float64(rest)/c.rate)
	for c.local(now) < local {
		now++
	}
	return now
}

// scale is d on a clock of the given rate.
func scale(d time.Duration, rate float64) time.Duration {
	if rate == 1 {
		return d
	}
	return time.Duration(math.Floor(float64(d) * rate))
}

// epochBase is the time at which virtual runs begin, in milliseconds of the
// clock that epochs are made of: of a size as real nodes have, so that messages
// are as long.
const epochBase = 200_000_000_000

// epoch tells a life of a node from former ones by the wall clock, as a process
// does: a wall clock that was set back makes one that is lower.
func epoch(wall time.Duration, drawn uint64) uint64 {
	return uint64(epochBase+wall.Milliseconds())<<12 | (drawn&0xff)<<4
}
