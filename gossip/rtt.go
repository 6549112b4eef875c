package gossip

import "time"

// Bounds of the round-trip estimate.
const (
	// minMargin covers scheduling noise of two busy processes.
	minMargin = 50 * time.Millisecond
	maxMargin = time.Second
	// maxInterval is the longest pause between two re-sends to one neighbour.
	maxInterval = 1500 * time.Millisecond
	// longestFirst is the longest round trip that a first sample is believed.
	longestFirst = 12 * time.Second
)

// rtt estimates a link's round-trip time and how much it varies, as TCP does
// (Jacobson and Karels 1988; RFC 6298): gains 1/8 and 1/4, margin four mean
// deviations.
type rtt struct {
	first    time.Duration // stands in until something is measured
	smoothed time.Duration
	varies   time.Duration
	jitter   time.Duration // as varies, but from 0 and not from a guess
	measured bool

	outlier time.Duration // when the last sample came that was out of all proportion
}

// measure takes the round trip of a message into account that left at a time and
// has been answered now. Of those that were on their way together and look far
// too long one counts: what happened to them is one event, such as a clock that
// jumped, and each by itself would be taken for the way.
func (r *rtt) measure(now, left, took time.Duration) {
	if took > r.limit() {
		if left < r.outlier {
			return
		}
		r.outlier = now
	}
	r.sample(took)
}

// limit is what a sample counts as at most.
func (r *rtt) limit() time.Duration { return 2 * (r.roundTrip() + r.margin()) }

// sample takes a measured round trip into account. It counts as twice what was
// to be expected at most: a clock that has jumped, or a process that was stopped
// on the way, says little about the way. If it really has become longer, a few
// samples find it. The first counts as it is, up to longestFirst: nothing is known yet,
// and where the way is long an estimate that only doubles with each round trip would
// have everything sent again and again meanwhile.
func (r *rtt) sample(d time.Duration) {
	if !r.measured {
		d = min(max(d, 0), max(longestFirst, r.limit()))
		r.smoothed, r.varies, r.measured = d, d/2, true
		return
	}
	d = min(max(d, 0), r.limit())
	off := r.smoothed - d
	if off < 0 {
		off = -off
	}
	r.varies += (off - r.varies) / 4
	r.jitter += (off - r.jitter) / 4
	r.smoothed += (d - r.smoothed) / 8
}

// roundTrip is the present estimate of 2L.
func (r *rtt) roundTrip() time.Duration {
	if !r.measured {
		return r.first
	}
	return r.smoothed
}

// margin is what to add to an expected arrival before calling it late.
func (r *rtt) margin() time.Duration {
	if !r.measured {
		return 2 * minMargin
	}
	return min(max(4*r.varies, minMargin), maxMargin)
}

// interval is the pause before try number n (from 0) of a probe: one round
// trip and its margin, growing by half each time, at most maxInterval unless
// the way itself is longer.
func (r *rtt) interval(n int) time.Duration {
	base := r.roundTrip() + r.margin()
	d := base
	for ; n > 0 && d < maxInterval; n-- {
		d += d / 2
	}
	return max(base, min(d, maxInterval))
}
