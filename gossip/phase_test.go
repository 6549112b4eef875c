package gossip

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWrapIsTheShortWayRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "period"))
		d := time.Duration(rapid.Int64Range(-int64(24*time.Hour), int64(24*time.Hour)).Draw(t, "d"))
		w := wrap(d, period)
		require.Zero(t, (d-w)%period)
		require.LessOrEqual(t, 2*w, period)
		require.Greater(t, 2*w, -period)
	})
}

func TestGridNextIsTheFirstOnTheGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "period"))
		origin := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "origin"))
		now := time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "now"))
		at := gridNext(now, origin, period)
		require.GreaterOrEqual(t, at, now)
		require.Less(t, at, now+period)
		require.Zero(t, (at-origin)%period)
	})
}

// cascade is a chain of nodes below a root with a grid: what each level's phase
// does, with the delay that its answers take, and nothing else of the core.
type cascade struct {
	period, latency time.Duration
	jitter          func() time.Duration
	levels          []phase
}

// round has every level send once and be answered; it returns how far each
// was from being heard just in time.
func (c *cascade) round(now time.Duration) []time.Duration {
	errors := make([]time.Duration, len(c.levels))
	for i := range c.levels {
		p := &c.levels[i]
		sent := now // without a slot, at once
		if p.known {
			sent = p.next(now)
		}
		arrived := sent + c.latency + c.jitter()
		slot := gridNext(arrived, 0, c.period) // of the root
		if i > 0 {
			if !c.levels[i-1].known {
				continue // the parent has no slot to tell of
			}
			slot = c.levels[i-1].next(arrived)
		}
		errors[i] = wrap(slot-arrived-p.guard(), c.period)
		p.estimate(slot+c.latency, sent+(slot-arrived), c.period)
	}
	return errors
}

func TestPhaseLocksWithinAFewRoundsAtAnyDepthFromAnyPhase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &cascade{
			period:  time.Duration(rapid.IntRange(100, 3000).Draw(t, "period")) * ms,
			latency: time.Duration(rapid.IntRange(0, 1000).Draw(t, "latency")) * ms,
			levels:  make([]phase, rapid.IntRange(1, 6).Draw(t, "depth")),
			jitter:  func() time.Duration { return 0 },
		}
		now := time.Duration(rapid.IntRange(0, 3000).Draw(t, "start")) * ms
		for range len(c.levels) + 1 {
			c.round(now)
			now += c.period * (1 + c.latency/c.period)
		}
		for range 50 {
			for _, e := range c.round(now) {
				require.LessOrEqual(t, e.Abs(), time.Millisecond, "locked, and no oscillation")
			}
			now += c.period
		}

		// The latency changes; every level finds its slot again.
		c.latency += time.Duration(rapid.IntRange(-500, 500).Draw(t, "change")) * ms
		c.latency = max(c.latency, 0)
		for i := range 60 * len(c.levels) {
			for j, e := range c.round(now) {
				if i >= 12*len(c.levels) {
					require.GreaterOrEqual(t, e, -c.levels[j].guard()-time.Millisecond, "a few rounds later nobody is late")
				}
			}
			now += c.period
		}
		for range 20 {
			for _, e := range c.round(now) {
				require.LessOrEqual(t, e.Abs(), 2*minGuard)
			}
			now += c.period
		}
	})
}

func TestGuardFollowsTheJitterAndTheAverageHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	jitter := time.Duration(0)
	c := &cascade{
		period: 800 * ms, latency: 100 * ms, levels: make([]phase, 2),
		jitter: func() time.Duration {
			if jitter == 0 {
				return 0
			}
			return time.Duration(rng.Int64N(int64(jitter)))
		},
	}
	now := time.Duration(0)
	run := func(rounds int) (missed int) {
		for range rounds {
			for i, e := range c.round(now) {
				if e < -c.levels[i].guard() {
					missed++
				}
			}
			now += c.period
		}
		return missed
	}
	run(20)
	require.Equal(t, minGuard, c.levels[1].guard())
	jitter = 60 * ms
	run(20)
	require.Greater(t, c.levels[0].guard(), 20*ms)
	require.LessOrEqual(t, run(200), 40, "one in ten of 400 at most comes too late")
	jitter = 0
	run(40)
	require.Less(t, c.levels[0].guard(), 2*minGuard)
}

func TestPhaseAgesWithTheDriftOfClocks(t *testing.T) {
	var p phase
	require.False(t, p.valid(0))
	p.estimate(0, 100*ms, 400*ms)
	require.True(t, p.valid(time.Minute))
	require.False(t, p.valid(time.Hour), "clocks have run apart by more than the guard")
	p.estimate(time.Hour, time.Hour+33*ms, 400*ms)
	require.Equal(t, time.Hour+33*ms-minGuard, p.next(time.Hour))
}

func TestPhaseIsCarriedOverToAnotherPeriod(t *testing.T) {
	var p phase
	p.estimate(0, 100*ms, 400*ms)
	p.move(100*ms, 150*ms, 600*ms)
	require.Equal(t, 150*ms-minGuard, p.next(0))
	require.Equal(t, 750*ms-minGuard, p.next(200*ms))

	var q phase
	q.estimate(0, 100*ms, 400*ms)
	q.rebase(950*ms, 300*ms) // the slot before was at 900
	require.Equal(t, 1200*ms-minGuard, q.next(950*ms))
}

func TestOneStrangeEstimateIsNotBelieved(t *testing.T) {
	var p phase
	for i := range 10 {
		p.estimate(time.Duration(i)*400*ms, time.Duration(i)*400*ms+100*ms, 400*ms)
	}
	before := p.next(4000 * ms)
	p.estimate(4000*ms, 4000*ms+290*ms, 400*ms)
	require.Equal(t, before, p.next(4000*ms))
	p.estimate(4400*ms, 4400*ms+290*ms, 400*ms)
	require.Equal(t, 4690*ms-minGuard, p.next(4400*ms), "twice in a row is a new truth")
}
