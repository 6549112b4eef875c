package chans

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsTakenButNotHandledCounts(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 100)
	fill(t, q, 0, 100)
	_, ok := inbox.TryNext()
	require.True(t, ok)
	require.Equal(t, 100, q.Depth(), "a batch was taken and one of it is in hand")
	require.False(t, q.Offer(0, 100), "so there is no room yet")
	inbox.Done()
	inbox.Done()
	require.Equal(t, 99, q.Depth())
	require.True(t, q.Offer(0, 100))
}

func TestNextSaysThatTheItemBeforeIsHandled(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	fill(t, q, 0, 2)
	for want := range 2 {
		item, err := inbox.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, item)
		require.Equal(t, 2-want, q.Depth())
	}
	_, ok := inbox.TryNext()
	require.False(t, ok)
	require.Zero(t, q.Depth())
}

func TestNextWaitsForAnItemAndEndsWithTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, inbox := newQueueAndInbox[int](t, 10)
		var got []int
		var end error
		go func() {
			for end == nil {
				var item int
				if item, end = inbox.Next(t.Context()); end == nil {
					got = append(got, item)
				}
			}
		}()
		synctest.Wait()
		require.Empty(t, got)
		for i := range 3 {
			fill(t, q, i, i+1)
			synctest.Wait()
			require.Len(t, got, i+1)
		}
		q.Close()
		synctest.Wait()
		require.ErrorIs(t, end, ErrClosed)
		require.True(t, inbox.Drained())
	})
}

func TestASuccessorTakesOverAllButTheItemInHand(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 1000)
	fill(t, q, 0, 200)
	for range 10 {
		inbox.TryNext()
	}
	require.True(t, hasToken(inbox.Ready()))
	require.Equal(t, 1, inbox.Abandon(), "it crashed with a token that it had not used")
	require.Zero(t, inbox.Abandon(), "one item is lost once")
	require.EqualValues(t, 1, inbox.Lost())
	require.Equal(t, 190, q.Depth())
	require.True(t, hasToken(inbox.Ready()), "a successor that selects is woken")
	for want := 10; want < 200; want++ {
		item, ok := inbox.TryNext()
		require.True(t, ok)
		require.Equal(t, want, item)
	}
	inbox.Done()
	f := q.Figures(time.Hour)
	require.EqualValues(t, 200, f.Out)
	require.EqualValues(t, 1, f.Lost)
	require.Zero(t, f.Depth)
}

func TestNothingInHandNothingLost(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	require.Zero(t, inbox.Abandon())
	fill(t, q, 0, 1)
	inbox.TryNext()
	inbox.Done()
	require.Zero(t, inbox.Abandon())
	require.Zero(t, inbox.Lost())
}

// A service that looks at its queue once per turn, and selects in between,
// must be woken for what is left of a batch, although the ring is empty.
func TestTheRestOfABatchIsWorthAToken(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	fill(t, q, 0, 5)
	for want := range 5 {
		require.True(t, hasToken(inbox.Ready()))
		item, ok := inbox.TryNext()
		require.True(t, ok)
		require.Equal(t, want, item)
	}
	require.False(t, hasToken(inbox.Ready()))
	require.Equal(t, "q", inbox.Name())
}

func TestTheItemThatWasInHandIsHandedOverWhenItIsAbandoned(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	fill(t, q, 7, 10)
	var lost []int
	inbox.OnLost(func(item int) { lost = append(lost, item) })
	require.Zero(t, inbox.Abandon())
	require.Empty(t, lost, "nothing was in hand")
	for range 2 {
		_, ok := inbox.TryNext()
		require.True(t, ok)
	}
	require.Equal(t, 1, inbox.Abandon())
	require.Zero(t, inbox.Abandon())
	require.Equal(t, []int{8}, lost)
	item, ok := inbox.TryNext()
	require.True(t, ok)
	require.Equal(t, 9, item)
}
