package chans

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Figures count what came went and was refused.
func TestFigures_countItems(t *testing.T) {
	q, inbox, err := Make[int](NewBroker(), Options{Name: "intake", Preferred: 2, Capacity: 4})
	require.NoError(t, err)
	fill(t, q, 1, 5)
	require.False(t, q.Offer(0, 5))
	require.Len(t, take(inbox, 3), 3)
	require.Equal(t, Figures{
		Name: "intake", Preferred: 2, Capacity: 4, Depth: 1,
		In: 4, Out: 3, Rejected: 1, HighWater: 4, OldestAge: 6 * time.Second,
	}, q.Figures(10*time.Second))
}

// Oldest age is of the next item to be handled.
func TestFigures_oldestAge(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	age := func() time.Duration { return q.Figures(10 * time.Second).OldestAge }
	require.Zero(t, age())
	fill(t, q, 1, 4)
	require.Equal(t, 9*time.Second, age())
	inbox.TryNext() // takes all three, has the first in hand
	fill(t, q, 4, 5)
	require.Equal(t, 9*time.Second, age())
	inbox.TryNext()
	require.Equal(t, 8*time.Second, age())
	inbox.TryNext()
	inbox.Done()
	require.Equal(t, 6*time.Second, age(), "nothing is held, the oldest is in the ring")
	inbox.TryNext()
	inbox.Done()
	require.Zero(t, age())
}

func TestFigures_agesAreNotNegative(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	fill(t, q, 5, 6)
	require.Zero(t, q.Figures(time.Second).OldestAge)
	inbox.TryNext()
	require.Zero(t, q.Figures(time.Second).OldestAge)
}

// Depletion is counted at the consumer.
func TestFigures_depletionIsTheConsumers(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 1000)
	fill(t, q, 0, 1000)
	q.Observe(0)
	require.Zero(t, q.Figures(0).DepletionPerSecond, "one observation has no slope")
	take(inbox, 20)
	q.Observe(100 * time.Millisecond)
	require.InDelta(t, 200, q.Figures(0).DepletionPerSecond, 1e-9)
}

// A steady depletion is reported exactly.
func TestFigures_steadyDepletionIsExact(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 1000)
	fill(t, q, 0, 1000)
	q.Observe(0)
	for now := 100 * time.Millisecond; now <= 5*time.Second; now += 100 * time.Millisecond {
		take(inbox, 20)
		q.Observe(now)
		require.InDelta(t, 200, q.Figures(now).DepletionPerSecond, 1e-6)
	}
}

// Depletion forgets at the same pace however often it is observed.
func TestFigures_depletionForgetsAtOnePace(t *testing.T) {
	for _, period := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second} {
		r := rate{}
		r.observe(0, 0)
		r.observe(time.Second, 100)
		for now := time.Second + period; now <= 3*time.Second; now += period {
			r.observe(now, 100)
		}
		require.InDelta(t, 100*math.Exp(-2), r.perSecond, 1e-6, "%v", period)
	}
}

// Reading figures does not disturb the rate.
func TestFigures_readingChangesNothing(t *testing.T) {
	var figures [2]Figures
	for n, read := range []bool{false, true} {
		q, inbox := newQueueAndInbox[int](t, 1000)
		fill(t, q, 0, 1000)
		for i := range 10 {
			take(inbox, 10*i)
			q.Observe(time.Duration(i) * 100 * time.Millisecond)
			if read {
				q.Figures(time.Duration(i)*100*time.Millisecond + 1)
				q.Figures(time.Hour)
			}
		}
		figures[n] = q.Figures(0)
	}
	require.Positive(t, figures[0].DepletionPerSecond)
	require.Equal(t, figures[0], figures[1])
}

// Observations that are not later are ignored.
func TestFigures_ignoreEarlierObservations(t *testing.T) {
	r := rate{}
	r.observe(time.Second, 0)
	r.observe(2*time.Second, 50)
	before := r
	r.observe(2*time.Second, 60)
	r.observe(time.Second, 70)
	require.Equal(t, before, r)
}
