package session

import (
	"math"
	"time"
)

// opsAfterSilence are asked for when no node is left that could be heard, so that
// operations of every kind have failed by then, as they would have if the load
// had gone on.
const opsAfterSilence = 16

// loadState is Jepsen's generator of the load: operations staggered at random
// and nemesis steps, until the time limit.
type loadState struct {
	next   time.Duration // when the next operation is planned
	cutoff time.Duration
}

func (s *Session) beginLoad(now time.Duration) {
	s.phase = Load
	s.result.LoadStarted = now
	s.nem.Begin(now)
	s.load = loadState{next: now, cutoff: now + s.cfg.TimeLimit}
	if s.cfg.RatePerSec == 0 {
		s.load.next = s.load.cutoff // when there is nothing to do, and it ends
	}
}

// nextLoad returns when the load goes on: when the next operation is planned,
// if a worker is free, or the next nemesis step, if that is sooner.
//
// A step beyond the time limit is none. Jepsen's generator stops there and then
// if it meets one while all workers are busy, which with few workers and much
// latency cuts the load short at random; here it lasts.
func (s *Session) nextLoad() (time.Duration, bool) {
	at, ok := s.nem.Next(s.result.LoadStarted)
	ok = ok && at < s.load.cutoff && s.striking == nil
	if s.pool.idle > 0 && (!ok || s.load.next < at) {
		at, ok = s.load.next, true
	}
	return at, ok
}

// stepLoad does one operation or nemesis step if it is time. The load is over
// as soon as whatever would come next is planned beyond the time limit, which
// may be a little before it; without any operations it lasts for all of it.
func (s *Session) stepLoad(now time.Duration) bool {
	if s.silent && s.afterSilence < opsAfterSilence {
		s.afterSilence++
		s.generate(now)
		return true
	}
	if s.silent {
		s.phase = Draining
		s.result.LoadEnded = now
		return true
	}
	at, ok := s.nextLoad()
	if !ok {
		return false // all workers are busy
	}
	at = max(at, now) // what is late is done now
	if at >= s.load.cutoff && (s.cfg.RatePerSec > 0 || now >= s.load.cutoff) {
		s.phase = Draining
		s.result.LoadEnded = now
		return true
	}
	if at > now {
		return false
	}
	step, haveStep := s.nem.Next(now)
	haveStep = haveStep && step <= now && s.striking == nil
	if haveOp := s.pool.idle > 0 && s.load.next <= now; haveOp && (!haveStep || s.rng.IntN(2) == 0) {
		s.load.next = s.done(now) + s.wait()
		s.generate(now)
		return true
	}
	s.pool.dispatched()
	s.strike(now, s.nem.Step(now))
	return true
}

// lateness is how late each operation is beside what was drawn, as Maelstrom's are
// on a calm machine at some hundred operations per second. One that follows closely
// on the last is less late. Drivers are late by themselves, by some 70 us on a calm
// machine: up to timerNoise that is a part of the lateness, and adds nothing.
const (
	lateness      = 210 * time.Microsecond
	latenessShare = 4 // of the wait, at most
	timerNoise    = 5 * time.Millisecond
)

// done is from when the wait that follows an operation counts. What has held the
// operation up, a machine that stood still or workers that were all busy, is not
// made up, as in Jepsen.
func (s *Session) done(now time.Duration) time.Duration {
	due := max(s.load.next, s.pool.since)
	if now-due > timerNoise {
		return now
	}
	return due
}

// wait draws the time from an operation to the next one: uniform in [0, 2/rate),
// and the lateness.
func (s *Session) wait() time.Duration {
	seconds := s.rng.Float64() * 2 / s.cfg.RatePerSec
	drawn := time.Duration(min(seconds*float64(time.Second), math.MaxInt64/4))
	return drawn + min(lateness, drawn/latenessShare)
}
