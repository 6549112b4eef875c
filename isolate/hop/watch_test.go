package hop

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

// looks has a watch look once a period until a time, and returns what it says first.
func looks(w *Watch, now *time.Duration, until time.Duration, done func() uint64, busy bool, memory int64) Cause {
	for *now < until {
		*now += DefaultWatchPeriod
		if c := w.Look(*now, done(), busy, memory); c != Healthy {
			return c
		}
	}
	return Healthy
}

func none() uint64 { return 0 }

func TestWatch_givesUpWhatIsSilent(t *testing.T) {
	w, now := NewWatch(0, WatchConfig{}), time.Duration(0)
	w.Ready()
	require.Equal(t, Healthy, looks(w, &now, DefaultSilence, none, false, 0))
	require.Equal(t, Silent, looks(w, &now, DefaultSilence+DefaultWatchPeriod, none, false, 0))
	w = NewWatch(0, WatchConfig{})
	now = 0
	w.Ready()
	for range 20 {
		require.Equal(t, Healthy, looks(w, &now, now+time.Second, none, false, 0))
		w.Beat()
	}
}

func TestWatch_givesUpWhatBeatsAndDoesNothing(t *testing.T) {
	w, now := NewWatch(0, WatchConfig{}), time.Duration(0)
	w.Ready()
	done := uint64(0)
	for range 10 { // it is busy, and gets on
		done++
		w.Beat()
		require.Equal(t, Healthy, looks(w, &now, now+time.Second, func() uint64 { return done }, true, 0))
	}
	w.Beat()
	require.Equal(t, Healthy, looks(w, &now, now+2*time.Second, func() uint64 { return done }, true, 0))
	w.Beat()
	require.Equal(t, Stuck, looks(w, &now, now+2*time.Second, func() uint64 { return done }, true, 0))
	w = NewWatch(0, WatchConfig{})
	w.Ready()
	for range 10 { // it has nothing to do
		w.Beat()
		require.Equal(t, Healthy, looks(w, &now, now+time.Second, none, false, 0))
	}
}

func TestWatch_givesUpWhatTakesTooMuchOrDoesNotStart(t *testing.T) {
	w := NewWatch(0, WatchConfig{Memory: 100})
	w.Ready()
	require.Equal(t, Healthy, w.Look(100*ms, 0, false, 100))
	require.Equal(t, Hungry, w.Look(200*ms, 0, false, 101))
	w = NewWatch(0, WatchConfig{})
	require.Equal(t, Healthy, w.Look(100*ms, 0, false, 1<<50), "any")
	now := 100 * ms
	require.Equal(t, Healthy, looks(w, &now, DefaultStart, none, false, 0))
	require.Equal(t, Unborn, looks(w, &now, DefaultStart+200*ms, none, false, 0))
}

// Time in which the parent itself stood still does not count as silence.
func TestWatch_aStoppedParentEndsNobody(t *testing.T) {
	w := NewWatch(0, WatchConfig{})
	w.Ready()
	now := time.Duration(0)
	for range 10 {
		now += time.Hour // a suspended laptop
		require.Equal(t, Healthy, w.Look(now, 0, true, 0))
		now += 100 * ms
		require.Equal(t, Healthy, w.Look(now, 0, true, 0))
	}
	require.Equal(t, Silent, looks(w, &now, now+3*time.Second, none, true, 0), "but what is silent for long while it looks")
}

// A child that says something at least once in less than the silence that is allowed,
// and does work when it has some, is never given up, however the parent is scheduled.
func TestWatch_neverEndsAHealthyChild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now, done := NewWatch(0, WatchConfig{}), time.Duration(0), uint64(0)
		w.Ready()
		awake := time.Duration(0) // of both, since the last beat
		for range 200 {
			if rapid.IntRange(0, 9).Draw(t, "pause") == 0 {
				now += time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds")) * time.Second
			} else {
				now += DefaultWatchPeriod
			}
			awake += 2 * DefaultWatchPeriod
			if awake > 2*time.Second {
				w.Beat()
				done++
				awake = 0
			}
			require.Equal(t, Healthy, w.Look(now, done, rapid.Bool().Draw(t, "busy"), 0))
		}
	})
}

func TestRestarts_waitLongerAndLonger(t *testing.T) {
	r := NewRestarts(rand.New(rand.NewPCG(1, 2)))
	now := time.Duration(0)
	wait, _ := r.Failed(now, Stuck)
	require.Zero(t, wait, "the first time at once")
	for i := range 20 {
		now += 5 * time.Second
		want := min(maxWait, firstWait<<min(i, 10))
		wait, giveUp := r.Failed(now, []Cause{Stuck, Silent, Hungry}[i%3])
		require.False(t, giveUp, "what would harm the parent is never taken inside")
		require.InDelta(t, float64(want), float64(wait), float64(want)/4+1)
		require.LessOrEqual(t, wait, maxWait)
	}
	wait, _ = r.Failed(now+2*FailureWindow, Stuck)
	require.Zero(t, wait, "it went well for long")
}

func TestRestarts_giveUpWhatCrashesAgainAndAgain(t *testing.T) {
	for _, cause := range []Cause{Crashed, Flooding, Garbled, Unborn} {
		r := NewRestarts(rand.New(rand.NewPCG(1, 2)))
		for i := range MaxFailures {
			_, giveUp := r.Failed(time.Duration(i)*FailureWindow/(MaxFailures-1), cause)
			require.Equal(t, i == MaxFailures-1, giveUp, "%v, the %d.", cause, i+1)
		}
		r = NewRestarts(rand.New(rand.NewPCG(1, 2)))
		for i := range 100 {
			_, giveUp := r.Failed(time.Duration(i)*FailureWindow/(MaxFailures-2), cause)
			require.False(t, giveUp, "rarely is often enough")
		}
	}
}

func TestBucket_letsThroughWhatItsRateAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Bucket{PerSecond: 10, AtOnce: 5}
		now, taken := time.Duration(0), 0.0
		for range 100 {
			now += time.Duration(rapid.IntRange(0, 400).Draw(t, "ms")) * ms
			if b.Take(now, 1) {
				taken++
			}
			require.LessOrEqual(t, taken, 5+now.Seconds()*10+1e-6)
		}
	})
	b := Bucket{PerSecond: 1, AtOnce: 5}
	require.True(t, b.Take(0, 100), "a single larger one")
	require.False(t, b.Take(time.Second, 1))
	require.True(t, b.Take(100*time.Second, 1))
}

func TestLatencies_tellQuantiles(t *testing.T) {
	var l Latencies
	require.Zero(t, l.Quantile(0.5))
	for i := range 1000 {
		l.add(time.Duration(i+1) * 10 * time.Microsecond)
	}
	require.InEpsilon(t, 5*ms, l.Quantile(0.5), 0.13)
	require.InEpsilon(t, 9900*time.Microsecond, l.Quantile(0.99), 0.13)
	require.Equal(t, 10*ms, l.Longest)
	l.add(time.Hour * 24 * 300)
	l.add(0)
	require.LessOrEqual(t, l.Quantile(0), 2*time.Microsecond)
}
