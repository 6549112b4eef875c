package gossip

import (
	"math"
	"time"
)

const (
	// minGuard covers the scheduling noise of busy processes: a delta is aimed
	// to arrive this long before its receiver speaks.
	minGuard = 8 * time.Millisecond
	// jitterScale turns a mean deviation into the scale of an exponential tail:
	// the mean deviation of an exponential distribution is 2/e of its scale.
	jitterScale = math.E / 2
	// slowestGain is the weight of a new estimate once there are enough.
	slowestGain = 8
	// oddFrom times the mean deviation and oddAtLeast is from where on an estimate is
	// off by more than is usual, once there are enough to tell. It does not count.
	oddFrom      = 4
	oddAtLeast   = 2 * time.Millisecond
	enoughToTell = 5
	// missGain is the weight of a slot in the share of those that are missed. A guard
	// grows by widening times that share, as far as it is above fewMisses: one miss is
	// none, a run of them is.
	missGain  = 1.0 / 8
	fewMisses = 0.15
	widening  = 100 * time.Millisecond
	// clockDrift is how far two clocks may run apart, as a fraction (100 ppm).
	clockDrift = 1e-4
)

// phase is a node's estimate of when to speak so that it is heard just before
// its parent speaks. The times to speak, or slots, are a grid of the period.
//
// The control law. The parent tells with each message how early our newest
// batch came: the time from its arrival to the parent's next planned slot,
// modulo the period. So
//
//	slot = when we sent that batch + earliness - guard
//
// is an estimate of the grid itself, not of an error of ours: it does not
// depend on when we chose to send the batch. There is no feedback loop to
// oscillate, however late the answer comes, and a batch that was sent outside
// the grid serves as well. Estimates differ by jitter alone. They are averaged,
// at first evenly and later with gain 1/8, differences taken the short way
// round the period; a cascade of such filters, one for each level of the tree,
// settles within a few rounds of its parent, level by level. An estimate that is off by more than the
// guard and a quarter of the period twice in a row is a new truth (latency
// or period have changed) and replaces the average.
type phase struct {
	period  time.Duration
	known   bool
	ideal   time.Duration // a time to speak, without guard
	at      time.Duration // when it was last estimated
	dev     time.Duration // mean deviation of the estimates
	count   int           // estimates averaged so far, up to slowestGain
	strange int           // estimates in a row that were far off
	odd     bool          // the last one was further off than usual
	misses  float64       // share of the slots that were missed lately
}

// estimate takes in that speaking at t would have been heard just in time.
func (p *phase) estimate(now, t, period time.Duration) {
	if !p.valid(now) || p.period != period {
		*p = phase{period: period, known: true, ideal: t, at: now, dev: p.dev, count: 1, misses: p.misses}
		return
	}
	off := wrap(t-p.ideal, period)
	size := off
	if size < 0 {
		size = -size
	}
	if size > p.guard()+period/4 {
		if p.strange++; p.strange >= 2 {
			p.ideal, p.strange, p.count = t, 0, 1
		}
	} else {
		p.strange = 0
		p.count = min(p.count+1, slowestGain)
		// One that is off by much more than is usual tells of a process that stood
		// still for a moment, and not of the way; two in a row do.
		if odd := p.count >= enoughToTell && size > oddFrom*p.dev+oddAtLeast; odd && !p.odd {
			p.odd = true
		} else {
			p.odd = odd
			p.ideal += off / time.Duration(p.count)
			p.dev += (size - p.dev) / time.Duration(max(p.count, 4))
		}
	}
	p.at = now
}

// rebase carries the estimate over to another period when nothing else is
// known but that a slot of the old grid came last before now.
func (p *phase) rebase(now, period time.Duration) {
	if p.known {
		p.ideal = gridNext(now, p.ideal, p.period) - p.period
	}
	p.period = period
}

// move carries the estimate over to another period when the parent has told
// anew how early a batch was: what would have been just in time at old on the
// former grid is so at t on the new one.
func (p *phase) move(old, t, period time.Duration) {
	if p.known {
		p.ideal = t + wrap(p.ideal-old, p.period)
	}
	p.period = period
}

// guard is how long before its ideal time the node speaks. A longer guard
// costs every value that much; a message that comes too late costs its values
// a period. Where lateness has an exponential tail of scale s, the sum
//
//	g + P exp(-(s+g)/s)
//
// is least for g = s (ln(P/s) - 1): nothing where the period is short, more the
// longer it is. While there are few estimates to average, s is made larger.
func (p *phase) guard() time.Duration {
	least := minGuard + min(time.Duration(max(0, p.misses-fewMisses)*float64(widening)), p.period/8)
	s := jitterScale * float64(p.dev) * (1 + 2/float64(max(p.count, 1)))
	if s < 1 {
		return least
	}
	g := time.Duration(s * max(0, math.Log(float64(p.period)/s)-1))
	return least + min(g, p.period/3)
}

// judge takes note whether a batch that left at a time for our slot came in time: it
// was so much early for the next. It reports whether it was meant for the slot, and
// whether it missed it. One of a node that stood still was not: no guard makes up for
// that, and a longer one makes those below late.
func (p *phase) judge(left, early time.Duration) (meant, missed bool) {
	late := wrap(left-p.ideal+p.guard(), p.period)
	if p.count < slowestGain || late < -settle || late > 2*minGuard {
		return false, false
	}
	missed = early > p.period/2
	if p.misses -= p.misses * missGain; missed {
		p.misses += missGain
	}
	return true, missed
}

// valid reports whether the estimate is good enough to wait for: clocks have
// not run apart by more than the guard since it was made.
func (p *phase) valid(now time.Duration) bool {
	return p.known && float64(now-p.at)*clockDrift <= float64(p.guard())
}

// next is the first slot at or after now.
func (p *phase) next(now time.Duration) time.Duration {
	return gridNext(now, p.ideal-p.guard(), p.period)
}

// gridNext is the first time at or after now on the grid of a period that
// origin is on.
func gridNext(now, origin, period time.Duration) time.Duration {
	ahead := (origin - now) % period
	if ahead < 0 {
		ahead += period
	}
	return now + ahead
}

// wrap returns the difference d on a circle: within (-period/2, period/2].
func wrap(d, period time.Duration) time.Duration {
	d %= period
	if 2*d > period {
		d -= period
	} else if 2*d <= -period {
		d += period
	}
	return d
}
