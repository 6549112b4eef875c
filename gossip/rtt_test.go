package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func durations(from, to time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64Range(int64(from), int64(to)), func(n int64) time.Duration { return time.Duration(n) })
}

// The steps are those of RFC 6298, section 2, computed by hand.
func TestRoundTripIsEstimatedAsTCPDoes(t *testing.T) {
	steps := []struct {
		sample, smoothed, varies, margin time.Duration
	}{
		{200 * ms, 200 * ms, 100 * ms, 400 * ms},
		{200 * ms, 200 * ms, 75 * ms, 300 * ms},
		{280 * ms, 210 * ms, 76250 * time.Microsecond, 305 * ms},
		{130 * ms, 200 * ms, 77187500, 308750 * time.Microsecond},
		{-5 * ms, 175 * ms, 107890625, 431562500}, // no way is shorter than none
	}
	r := rtt{first: 500 * ms}
	require.Equal(t, 500*ms, r.roundTrip())
	require.Equal(t, 2*minMargin, r.margin())
	for _, s := range steps {
		r.sample(s.sample)
		require.Equal(t, s.smoothed, r.roundTrip())
		require.Equal(t, s.varies, r.varies)
		require.Equal(t, s.margin, r.margin())
	}
}

func TestEstimateStaysWithinWhatWasMeasured(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(durations(0, 10*time.Second), 1, 40).Draw(t, "samples")
		r, least, most := rtt{first: time.Second}, time.Second, samples[0]
		for _, s := range samples {
			least, most = min(least, s), max(most, s)
			r.sample(s)
			require.GreaterOrEqual(t, r.roundTrip(), least)
			require.LessOrEqual(t, r.roundTrip(), most)
			require.GreaterOrEqual(t, r.margin(), minMargin)
			require.LessOrEqual(t, r.margin(), maxMargin)
		}
	})
}

func TestSteadyWayIsMeasuredExactlyInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, way := rtt{first: 500 * ms}, durations(ms, 3*time.Second).Draw(t, "way")
		r.sample(durations(0, 10*time.Second).Draw(t, "first"))
		for range 200 {
			r.sample(way)
		}
		require.InDelta(t, float64(way), float64(r.roundTrip()), float64(time.Microsecond))
		require.Equal(t, minMargin, r.margin())
	})
}

// Where nothing is known yet, a way may be as long as it looks.
func TestRTT_believesTheFirstSample(t *testing.T) {
	r := rtt{first: 500 * ms}
	r.measure(6*time.Second, 0, 6*time.Second)
	require.Equal(t, 6*time.Second, r.roundTrip())

	r = rtt{first: 500 * ms}
	r.measure(time.Hour, 0, time.Hour)
	require.Equal(t, longestFirst, r.roundTrip(), "but no clock that jumped by hours")
}

func TestAClockThatJumpsDoesNotMakeAWayLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, way := rtt{first: 500 * ms}, durations(ms, 200*ms).Draw(t, "way")
		for range 50 {
			r.sample(way)
		}
		usual := r.interval(0)
		r.sample(durations(10*time.Second, maxSpoken).Draw(t, "jump"))
		require.LessOrEqual(t, r.interval(0), 4*usual)
		require.LessOrEqual(t, r.roundTrip(), way+usual/4)
	})
}

// All that was on its way when the clock jumped comes back looking as long.
func TestMessagesThatWereOnTheirWayTogetherTellOfOneJump(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, way := rtt{first: 500 * ms}, durations(ms, 200*ms).Draw(t, "way")
		for i := range 50 {
			left := time.Duration(i) * time.Second
			r.measure(left+way, left, way)
		}
		usual := r.interval(0)
		now, jump := time.Minute, durations(10*time.Second, maxSpoken).Draw(t, "jump")
		for _, ago := range rapid.SliceOfN(durations(0, way), 1, 32).Draw(t, "left") {
			r.measure(now+jump+way-ago, now-ago, jump+way)
		}
		require.LessOrEqual(t, r.interval(0), 4*usual)
	})
}

func TestAWayThatHasBecomeLongIsFoundFromMessagesThatFollowOneAnother(t *testing.T) {
	r, now := rtt{first: 500 * ms}, time.Duration(0)
	for range 50 {
		r.measure(now+10*ms, now, 10*ms)
		now += 100 * ms
	}
	start := now
	for ; r.interval(0) < 2*time.Second; now += 100 * ms {
		r.measure(now+2*time.Second, now, 2*time.Second)
	}
	require.LessOrEqual(t, now-start, 32*time.Second, "sixteen times its length")
}

func TestAWayThatHasBecomeLongIsFound(t *testing.T) {
	r := rtt{first: 500 * ms}
	for range 50 {
		r.sample(10 * ms)
	}
	samples := 0
	for ; r.interval(0) < 2*time.Second; samples++ {
		r.sample(2 * time.Second)
	}
	require.LessOrEqual(t, samples, 16)
}

func TestIntervalsGrowByHalfUpToTheLimit(t *testing.T) {
	r := rtt{first: 300 * ms}
	var got []time.Duration
	for n := range 6 {
		got = append(got, r.interval(n))
	}
	require.Equal(t, []time.Duration{400 * ms, 600 * ms, 900 * ms, 1350 * ms, maxInterval, maxInterval}, got)
}

func TestIntervalIsNeverShorterThanTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rtt{first: durations(0, 5*time.Second).Draw(t, "first")}
		for _, s := range rapid.SliceOf(durations(0, 5*time.Second)).Draw(t, "samples") {
			r.sample(s)
		}
		last := time.Duration(0)
		for n := range 20 {
			d := r.interval(n)
			require.GreaterOrEqual(t, d, last, "intervals shrink")
			require.GreaterOrEqual(t, d, r.roundTrip()+r.margin())
			require.LessOrEqual(t, d, max(maxInterval, r.roundTrip()+r.margin()))
			last = d
		}
		require.Equal(t, last, r.interval(1<<20), "an old suspicion costs no more than a young one")
	})
}

func TestAWayThatLooksLongDoesNotMakeTheWholeTreeLookLong(t *testing.T) {
	c := NewTestCore(t, func(cfg *Config) {
		cfg.Rounds, cfg.Period, cfg.Depth = Locked, 400*ms, 5
		cfg.Neighbours = []Neighbour{{Name: "n1", Role: Parent}, {Name: "n2", Role: Child}, {Name: "n3", Role: Child}}
	})
	parent, child := c.links[0], c.links[1]
	measure := func(l *link, d time.Duration) {
		for range 50 {
			l.rtt.sample(d)
		}
	}
	measure(parent, 200*ms)
	require.Equal(t, 400*ms+4*(200*ms+minGuard), c.schedule.ackWait(parent).Round(ms), "nothing else is measured")
	measure(child, 100*ms)
	require.Equal(t, 400*ms+4*(200*ms+minGuard), c.schedule.ackWait(parent).Round(ms), "ways vary")
	measure(parent, 5*time.Second)
	require.Equal(t, 400*ms+4*(2*100*ms+minMargin+minGuard), c.schedule.ackWait(parent).Round(ms))
	require.Greater(t, parent.rtt.interval(0), 4*time.Second, "that way itself may be as long")
}
