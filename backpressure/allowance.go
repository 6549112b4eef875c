package backpressure

import (
	"errors"
	"math"
	"time"
)

// AllowanceConfig is what somebody may have.
type AllowanceConfig struct {
	PerSecond float64 // tokens; 0 or more. 0: any number
	AtOnce    float64 // tokens; at least PerSecond, or what PerSecond is if 0
}

// Check says what cannot work.
func (c AllowanceConfig) Check() error {
	if !(c.PerSecond >= 0) || math.IsInf(c.PerSecond, 0) || !(c.AtOnce >= 0) || math.IsInf(c.AtOnce, 0) {
		return errors.New("an allowance is 0 (any number) or more a second")
	}
	return nil
}

const (
	// penaltyHalfLife is in which time half of a penalty is forgotten.
	penaltyHalfLife = 10 * time.Second
	// maxPenalty is in how many halvings of the rate a penalty ends.
	maxPenalty = 5
	// penaltyPause is how long after a penalty was added the next one is: what comes in
	// one rush is one offence.
	penaltyPause = time.Second
)

// Allowance is a token bucket whose rate falls while more is asked of it than it holds.
// A refusal adds a penalty of 1, once a second at most; each penalty halves the rate,
// five times at most, and half of what there is of it is forgotten every 10 s. A client that
// keeps asking for too much gets a thirty-second part of the rate, and the whole of it
// again after some 50 s of asking for less.
//
// The bucket is full at first. It is pure in time, and for one goroutine at a time.
type Allowance struct {
	config   AllowanceConfig
	used     float64
	at       time.Duration
	penalty  float64
	offended time.Duration // when the penalty was last added to
	refused  uint64
}

// NewAllowance returns an allowance whose bucket is full.
func NewAllowance(c AllowanceConfig) *Allowance {
	c.AtOnce = max(c.AtOnce, c.PerSecond)
	return &Allowance{config: c, offended: -penaltyPause}
}

// Take takes tokens and reports whether they were there. A single taking of more than the
// bucket holds passes while it is full.
func (a *Allowance) Take(now time.Duration, tokens float64) bool {
	if a.config.PerSecond == 0 {
		return true
	}
	a.settle(now)
	if a.used > 0 && a.used+tokens > a.config.AtOnce {
		a.refused++
		if now-a.offended >= penaltyPause {
			a.offended = now
			a.penalty = min(maxPenalty, a.penalty+1)
		}
		return false
	}
	a.used += tokens
	return true
}

// Over reports whether more was spent than the allowance holds. It counts as a refusal.
func (a *Allowance) Over(now time.Duration) bool { return !a.Take(now, 0) }

// Spend takes tokens that are gone already, be they there or not, for what is known only
// afterwards.
func (a *Allowance) Spend(now time.Duration, tokens float64) {
	if a.config.PerSecond > 0 {
		a.settle(now)
		a.used += tokens
	}
}

// settle returns tokens, and forgets penalty, for the time since the last call.
func (a *Allowance) settle(now time.Duration) {
	if now <= a.at {
		return
	}
	passed := now - a.at
	a.at = now
	a.used = max(0, a.used-passed.Seconds()*a.config.PerSecond/math.Exp2(a.penalty))
	a.penalty *= math.Exp2(-float64(passed) / float64(penaltyHalfLife))
	if a.penalty < 0.01 {
		a.penalty = 0
	}
}

// Penalty is how often the rate is halved now.
func (a *Allowance) Penalty(now time.Duration) float64 {
	a.settle(now)
	return a.penalty
}

// Refused is how often Take has refused.
func (a *Allowance) Refused() uint64 { return a.refused }
