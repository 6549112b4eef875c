package chans

import (
	"math"
	"time"
)

// Figures describe a queue at one moment. In - Out is Depth.
type Figures struct {
	Name      string
	Preferred int // items
	Capacity  int // items
	Depth     int // items accepted and not yet handled

	In       uint64 // items accepted
	Out      uint64 // items handled, counted at the consumer; lost ones included
	Rejected uint64 // items refused: full, closed, or the wait for room was given up
	Lost     uint64 // items that a consumer had in hand when it crashed

	HighWater          int           // largest depth so far, items
	OldestAge          time.Duration // since the next item to be handled was put in; 0 if there is none
	DepletionPerSecond float64       // items handled per second, smoothed over about a second; see Observe
	Wait               time.Duration // how long an item put in now is expected to wait; see Queue.Wait
}

// Figures returns the figures as of now. It changes nothing, so any number of
// callers may ask.
func (q *Queue[T]) Figures(now time.Duration) Figures {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := Figures{
		Name:               q.options.Name,
		Preferred:          q.options.Preferred,
		Capacity:           q.options.Capacity,
		In:                 q.in,
		Rejected:           q.rejected,
		Lost:               q.lost.Load(),
		HighWater:          q.highWater,
		DepletionPerSecond: q.rate.perSecond,
	}
	f.Depth, f.Out = q.counts()
	f.OldestAge = q.oldestAge(now, f.Depth)
	f.Wait = q.Wait()
	return f
}

// OldestAge returns for how long the next item to be handled has been waiting,
// the one in a consumer's hand included; 0 if there is none.
func (q *Queue[T]) OldestAge(now time.Duration) time.Duration {
	if q.Depth() == 0 {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.oldestAge(now, q.Depth())
}

// oldestAge is called under mu, with a depth read since.
func (q *Queue[T]) oldestAge(now time.Duration, depth int) time.Duration {
	switch {
	case depth > q.ring.count: // the inbox holds the oldest
		return max(0, now-time.Duration(q.heldAt.Load()))
	case q.ring.count > 0:
		return max(0, now-q.ring.oldest())
	}
	return 0
}

// Observe updates DepletionPerSecond and Wait from what was handled since the last call.
// One caller alone, the one that polls at a steady pace, calls it; a call with
// a time that is not later than the last changes nothing.
func (q *Queue[T]) Observe(now time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	depth, out := q.counts()
	// An item that was there at the last look and still is: the consumer has
	// not been without work for a moment, so what it did is what it can do.
	if elapsed := now - q.rate.at; q.rate.observations > 0 && elapsed > 0 {
		q.capability.observe(elapsed, out-q.rate.count, q.oldestAge(now, depth) >= elapsed)
	}
	q.rate.observe(now, out)
}

// counts returns the depth and what was handled, under mu. The latter is
// derived: in is constant under mu, and depth falls by what is handled.
func (q *Queue[T]) counts() (depth int, out uint64) {
	depth = q.Depth()
	return depth, q.in - uint64(depth)
}

// rateMemory is the time constant of the smoothing of a rate: what was seen
// that long ago still weighs 1/e.
const rateMemory = time.Second

// rate is the smoothed slope of a counter.
type rate struct {
	observations uint8 // 0, 1, or 2 for two or more
	at           time.Duration
	count        uint64
	perSecond    float64
}

func (r *rate) observe(now time.Duration, count uint64) {
	elapsed := now - r.at
	if r.observations > 0 && elapsed <= 0 {
		return
	}
	switch slope := float64(count-r.count) / elapsed.Seconds(); r.observations {
	case 0: // a first count has no slope
		r.observations = 1
	case 1: // nothing to blend it with
		r.observations = 2
		r.perSecond = slope
	default:
		if slope == r.perSecond {
			break // there is nothing to blend, as in a queue that is idle
		}
		// The weight depends on the elapsed time, so that irregular calls
		// forget at the same pace as regular ones.
		weight := -math.Expm1(-elapsed.Seconds() / rateMemory.Seconds())
		r.perSecond += weight * (slope - r.perSecond)
	}
	r.at, r.count = now, count
}
