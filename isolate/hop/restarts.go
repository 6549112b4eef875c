package hop

import (
	"math/rand/v2"
	"time"
)

// Restarts decides when the next child is started: the first time at once, then after a
// wait that doubles from 100 ms to 5 s, a quarter more or less by chance so that the
// children of 25 nodes do not start at the same time. It gives up after MaxFailures
// within FailureWindow, unless what has happened would harm the parent as well.
type Restarts struct {
	random *rand.Rand
	failed []time.Duration // the newest, of those that count towards giving up
	last   time.Duration   // when one was last ended for any cause
	streak int             // of endings that were not far apart
}

// Bounds of restarts.
const (
	MaxFailures   = 5
	FailureWindow = time.Minute
	firstWait     = 100 * time.Millisecond
	maxWait       = 5 * time.Second
)

// NewRestarts returns a policy that draws from random.
func NewRestarts(random *rand.Rand) *Restarts { return &Restarts{random: random} }

// Failed takes note that a child was ended now, and returns how long to wait before
// the next one, or that there should be none.
func (r *Restarts) Failed(now time.Duration, cause Cause) (wait time.Duration, giveUp bool) {
	if r.streak > 0 && now-r.last > FailureWindow {
		r.streak = 0
	}
	if !cause.harmful() {
		r.failed = append(r.failed, now)
		if len(r.failed) > MaxFailures {
			r.failed = r.failed[1:]
		}
		if len(r.failed) == MaxFailures && now-r.failed[0] <= FailureWindow {
			return 0, true
		}
	}
	if r.streak > 0 {
		wait = min(maxWait, firstWait<<min(r.streak-1, 10))
		wait = wait*3/4 + time.Duration(r.random.Int64N(int64(wait/2)))
		wait = min(wait, maxWait)
	}
	r.streak++
	r.last = now
	return wait, false
}
