package chans

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// What is taken but not handled counts.
func TestInbox_itemInHandCounts(t *testing.T) {
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

// Next says that the item before is handled.
func TestInbox_nextHandlesTheItemBefore(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	fill(t, q, 0, 2)
	for want := range 2 {
		item, ok := inbox.TryNext()
		require.True(t, ok)
		require.Equal(t, want, item)
		require.Equal(t, 2-want, q.Depth())
	}
	_, ok := inbox.TryNext()
	require.False(t, ok)
	require.Zero(t, q.Depth())
}

func TestInbox_wakesAConsumerThatSleepsUntilAllIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, inbox := newQueueAndInbox[int](t, 1000)
		var got []int
		go func() {
			for {
				item, ok := next(t.Context(), q, inbox)
				if !ok {
					return
				}
				got = append(got, item)
			}
		}()
		synctest.Wait()
		require.Empty(t, got)
		for _, to := range []int{1, 2, 500} {
			fill(t, q, len(got), to)
			synctest.Wait()
			require.Len(t, got, to)
		}
		fill(t, q, 500, 1000)
		q.Close()
		synctest.Wait()
		require.Len(t, got, 1000)
		require.IsIncreasing(t, got)
		require.True(t, inbox.Drained())
	})
}

// A successor takes over all but the item in hand.
func TestInbox_abandonLosesTheItemInHand(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 1000)
	fill(t, q, 0, 200)
	for range 10 {
		inbox.TryNext()
	}
	require.True(t, hasToken(q.Ready()))
	item, lost := inbox.Abandon()
	require.True(t, lost, "it crashed with a token that it had not used")
	require.Equal(t, 9, item)
	_, lost = inbox.Abandon()
	require.False(t, lost, "one item is lost once")
	require.EqualValues(t, 1, inbox.Lost())
	require.Equal(t, 190, q.Depth())
	require.True(t, hasToken(q.Ready()), "a successor that selects is woken")
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

// Nothing in hand nothing lost.
func TestInbox_abandonWithEmptyHandLosesNothing(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	_, lost := inbox.Abandon()
	require.False(t, lost)
	fill(t, q, 0, 1)
	inbox.TryNext()
	inbox.Done()
	_, lost = inbox.Abandon()
	require.False(t, lost)
	require.Zero(t, inbox.Lost())
}

// A service that looks at its queue once per turn, and selects in between,
// must be woken for what is left of a batch, although the ring is empty.
func TestInbox_restOfABatchIsAToken(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 10)
	fill(t, q, 0, 5)
	for want := range 5 {
		require.True(t, hasToken(q.Ready()))
		item, ok := inbox.TryNext()
		require.True(t, ok)
		require.Equal(t, want, item)
	}
	require.False(t, hasToken(q.Ready()))
	require.Equal(t, "q", inbox.Name())
}

func TestInbox_sharesAChannelOfTokens(t *testing.T) {
	b, ready := NewBroker(), make(chan struct{}, 1)
	first, inbox, err := Make[int](b, Options{Name: "first", Preferred: 9, Capacity: 9, Ready: ready})
	require.NoError(t, err)
	second, other, err := Make[string](b, Options{Name: "second", Preferred: 9, Capacity: 9, Ready: ready})
	require.NoError(t, err)
	require.False(t, hasToken(ready))
	fill(t, first, 0, 1)
	require.True(t, hasToken(ready))
	require.True(t, second.Offer(0, "x"))
	require.True(t, hasToken(ready))
	_, ok := inbox.TryNext()
	require.True(t, ok)
	_, ok = other.TryNext()
	require.True(t, ok)
	require.False(t, hasToken(ready), "nothing is left")
}
