package chans

import (
	"math"
	"sync/atomic"
	"time"
)

// maxWaitSeconds is the longest wait that is reported. The wait for a consumer
// that does nothing at all would be endless.
const maxWaitSeconds = 3600

// capability is what a queue's consumer is able to do, in items per second.
// It shows only while the consumer is busy: what a consumer with little to do
// has done says nothing.
type capability struct {
	known     bool
	perSecond float64
	perItem   atomic.Uint64 // the bits of 1/perSecond; 0 if it is not known
}

// observe takes note of what was handled in a stretch of time, and whether the
// consumer was busy throughout.
func (c *capability) observe(elapsed time.Duration, handled uint64, busy bool) {
	slope := float64(handled) / elapsed.Seconds()
	switch {
	case !busy:
		if c.known {
			c.known = false
			c.perItem.Store(0)
		}
		return
	case !c.known:
		c.known, c.perSecond = true, slope
	default:
		weight := -math.Expm1(-elapsed.Seconds() / capabilityMemory.Seconds())
		c.perSecond += weight * (slope - c.perSecond)
	}
	c.perItem.Store(math.Float64bits(1 / c.perSecond))
}

// capabilityMemory is the time constant of the smoothing: long enough for a
// consumer that works in bursts, short enough to follow one that recovers.
const capabilityMemory = 500 * time.Millisecond

// Wait returns how long an item that is put in now is expected to wait until it
// is handled: the depth over what the consumer has been seen to do. While the
// consumer is not known to be busy, that is, unless an item has been there from
// one call of Observe to the next, it is 0; if the consumer has done nothing at
// all meanwhile, Forever. It may be called from any goroutine, and is two
// atomic reads.
func (q *Queue[T]) Wait() time.Duration {
	perItem := math.Float64frombits(q.capability.perItem.Load())
	depth := q.Depth()
	if depth == 0 || perItem == 0 {
		return 0
	}
	return time.Duration(min(float64(depth)*perItem, maxWaitSeconds) * float64(time.Second))
}
