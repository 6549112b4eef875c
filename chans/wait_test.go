package chans

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// In these tests synctest.Wait returns when every other goroutine is blocked,
// so that "it waits" is a fact and not a guess.

func TestTakeWaitsForAnItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](t, 3)
		var got []int
		go func() {
			buf := make([]int, 3)
			n, _ := q.Take(t.Context(), buf)
			got = buf[:n]
		}()
		synctest.Wait()
		require.Nil(t, got)
		q.Offer(0, 7)
		synctest.Wait()
		require.Equal(t, []int{7}, got)
	})
}

func TestPutWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](t, 1)
		fill(t, q, 0, 1)
		returned := false
		go func() {
			returned = q.Put(t.Context(), 0, 1) == nil
		}()
		synctest.Wait()
		require.False(t, returned)
		require.Equal(t, 1, q.Poll(make([]int, 1)))
		synctest.Wait()
		require.True(t, returned)
		require.Equal(t, 1, q.Depth())
		require.Zero(t, q.Figures(0).Rejected)
	})
}

func TestRoomThatAnInboxMakesWakesAPutter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, inbox := newQueueAndInbox[int](t, 1)
		fill(t, q, 0, 1)
		_, ok := inbox.TryNext()
		require.True(t, ok)
		returned := false
		go func() { returned = q.Put(t.Context(), 0, 1) == nil }()
		synctest.Wait()
		require.False(t, returned, "what is in hand takes its place still")
		inbox.Done()
		synctest.Wait()
		require.True(t, returned)
	})
}

func TestOneBatchMakesRoomForAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 10
		q := newQueue[int](t, capacity)
		fill(t, q, 0, capacity)
		returned := make(chan error, capacity)
		for i := range capacity {
			go func() { returned <- q.Put(t.Context(), 0, i) }()
		}
		synctest.Wait()
		require.Empty(t, returned)
		require.Equal(t, capacity, q.Poll(make([]int, capacity)))
		synctest.Wait()
		require.Len(t, returned, capacity)
		require.Equal(t, capacity, q.Depth())
	})
}

func TestABurstWakesAllTakersItCanServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](t, 10)
		served := make(chan int, 5)
		for range 5 {
			go func() {
				buf := make([]int, 1)
				n, _ := q.Take(t.Context(), buf)
				served <- n
			}()
		}
		synctest.Wait()
		fill(t, q, 0, 3)
		synctest.Wait()
		require.Len(t, served, 3)
		q.Close()
		synctest.Wait()
		require.Len(t, served, 5)
	})
}

func TestCloseWakesEveryBlockedPeer(t *testing.T) {
	for _, capacity := range capacities {
		synctest.Test(t, func(t *testing.T) {
			full, empty := newQueue[int](t, capacity), newQueue[int](t, capacity)
			fill(t, full, 0, capacity)
			errs := make(chan error, 10)
			for range 5 {
				go func() { errs <- full.Put(t.Context(), 0, 0) }()
				go func() {
					_, err := empty.Take(t.Context(), make([]int, 1))
					errs <- err
				}()
			}
			synctest.Wait()
			require.Empty(t, errs)
			full.Close()
			empty.Close()
			synctest.Wait()
			require.Len(t, errs, 10)
			for range 10 {
				require.ErrorIs(t, <-errs, ErrClosed)
			}
			require.Equal(t, capacity, full.Depth())
			require.EqualValues(t, 5, full.Figures(0).Rejected)
		})
	}
}

func TestACancelledPutPutsNothingIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](t, 1)
		fill(t, q, 0, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, q.Put(ctx, 0, 1), context.DeadlineExceeded)
		require.EqualValues(t, 1, q.Figures(0).Rejected)
		buf := make([]int, 2)
		require.Equal(t, []int{0}, buf[:q.Poll(buf)])
	})
}

func TestACancelledTakeTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](t, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := q.Take(ctx, make([]int, 1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		fill(t, q, 0, 1)
		require.Equal(t, 1, q.Poll(make([]int, 1)))
	})
}

// The first of two waiters is cancelled in the very moment in which something
// becomes possible: either it got it, or the second one does.
func TestAWakeUpIsNotLostWithTheWaiterThatIsCancelled(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			q := newQueue[int](t, 1)
			ctx, cancel := context.WithCancel(t.Context())
			taken := make(chan int, 2)
			for _, ctx := range []context.Context{ctx, t.Context()} {
				go func() {
					n, _ := q.Take(ctx, make([]int, 1))
					taken <- n
				}()
			}
			synctest.Wait()
			go cancel()
			go q.Offer(0, 1)
			synctest.Wait()
			require.Zero(t, q.Depth(), "an item that nobody woke up for")
			q.Close()
			require.Equal(t, 1, <-taken+<-taken)
		})
		synctest.Test(t, func(t *testing.T) {
			q := newQueue[int](t, 1)
			fill(t, q, 0, 1)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			put := make(chan error, 2)
			for _, ctx := range []context.Context{ctx, t.Context()} {
				go func() { put <- q.Put(ctx, 0, 1) }()
			}
			synctest.Wait()
			go cancel()
			go q.Poll(make([]int, 1))
			synctest.Wait()
			require.Equal(t, 1, q.Depth(), "room that nobody woke up for")
			q.Close()
			require.NotEqual(t, <-put == nil, <-put == nil)
		})
	}
}

func TestASelectingConsumerIsWokenUntilAllIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](t, 1000)
		var got []int
		go func() {
			buf := make([]int, 3)
			for !q.Drained() {
				<-q.Ready()
				got = append(got, buf[:q.Poll(buf)]...)
			}
		}()
		fill(t, q, 0, 500)
		synctest.Wait()
		require.Len(t, got, 500)
		fill(t, q, 500, 1000)
		q.Close()
		synctest.Wait()
		require.Len(t, got, 1000)
		require.IsIncreasing(t, got)
	})
}
