package chans

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// serve has the consumer handle n items.
func serve(t require.TestingT, inbox *Inbox[int], n int) {
	for range n {
		_, ok := inbox.TryNext()
		require.True(t, ok)
	}
	inbox.Done()
}

// The wait is the depth over what the consumer does while it is busy.
func TestWait_isDepthOverBusyRate(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 1000)
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	offer := func(n, ms int) {
		for range n {
			require.True(t, q.Offer(at(ms), 0))
		}
	}
	require.Zero(t, q.Wait())
	q.Observe(at(0))
	offer(100, 50)
	require.Zero(t, q.Wait(), "nothing is known of the consumer")
	serve(t, inbox, 20)
	q.Observe(at(100))
	require.Zero(t, q.Wait(), "it may have been without work for half of the time")
	serve(t, inbox, 20)
	q.Observe(at(200))
	require.Equal(t, 300*time.Millisecond, q.Wait(), "60 items at 200 per second")
	require.Equal(t, q.Wait(), q.Figures(at(200)).Wait)
	offer(140, 250)
	require.Equal(t, time.Second, q.Wait())
	serve(t, inbox, 200)
	require.Zero(t, q.Wait())
	q.Observe(at(300))
	offer(1, 300)
	require.Zero(t, q.Wait(), "a queue that has run dry says nothing of what its consumer can do")
}

// The wait for a consumer that does nothing is as long as can be.
func TestWait_isLongestForAStuckConsumer(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	require.True(t, q.Offer(0, 1))
	_, ok := inbox.TryNext()
	require.True(t, ok, "in hand, and stuck")
	q.Observe(0)
	q.Observe(time.Second)
	require.Equal(t, time.Hour, q.Wait())
	inbox.Done()
	require.Zero(t, q.Wait())
}

// The wait follows a consumer that gets slower.
func TestWait_followsASlowerConsumer(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 100_000)
	for range 50_000 {
		require.True(t, q.Offer(0, 1))
	}
	now := time.Duration(0)
	q.Observe(now)
	run := func(perTick int, ticks int) {
		for range ticks {
			now += 100 * time.Millisecond
			serve(t, inbox, perTick)
			q.Observe(now)
		}
	}
	run(1000, 10)
	require.Equal(t, 4*time.Second, q.Wait(), "40 000 at 10 000 per second")
	run(100, 30)
	require.InDelta(t, 37, q.Wait().Seconds(), 1, "37 000 at 1000 per second")
}

// Whatever is offered and handled, the wait is 0 for an empty queue and grows
// with the depth while nothing is observed in between.
func TestWait_growsWithDepth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, inbox := newQueueAndInbox[int](t, 10_000)
		now := time.Duration(0)
		for range rapid.IntRange(1, 20).Draw(t, "ticks") {
			for range rapid.IntRange(0, 50).Draw(t, "offered") {
				require.True(t, q.Offer(now, 1))
			}
			before := q.Wait()
			require.True(t, q.Offer(now, 1))
			require.GreaterOrEqual(t, q.Wait(), before)
			serve(t, inbox, min(q.Depth(), rapid.IntRange(0, 60).Draw(t, "handled")))
			if q.Depth() == 0 {
				require.Zero(t, q.Wait())
			}
			now += time.Duration(rapid.IntRange(1, 500).Draw(t, "ms")) * time.Millisecond
			q.Observe(now)
			require.LessOrEqual(t, q.Wait(), time.Hour)
		}
	})
}
