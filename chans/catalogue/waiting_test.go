package catalogue

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// In these tests synctest.Wait returns when every other goroutine is blocked,
// so that "it waits" is a fact and not a guess.

// forEachKind runs a test in a bubble of its own for every queue. A queue whose
// ends may move from one goroutine to another says so in debug builds.
func forEachKind(t *testing.T, test func(t *testing.T, k kind[int], w *Waiting[int])) {
	for _, k := range kindsOf[int]() {
		t.Run(fmt.Sprint(k.name, k.capacity), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, k, NewWaiting(k.make())) })
		})
	}
}

// handOver tells a debug build that the test's own goroutine goes on.
func handOver(w *Waiting[int]) {
	if q, ok := w.queue.(interface {
		HandOverProducer()
		HandOverConsumer()
	}); ok {
		q.HandOverProducer()
		q.HandOverConsumer()
	}
}

func fill(t *testing.T, k kind[int], w *Waiting[int]) {
	for i := range k.capacity {
		require.True(t, w.queue.TryPut(i))
	}
	require.Equal(t, k.capacity == 0, w.queue.TryPut(0))
	handOver(w)
}

func TestWaiting_takeWaitsForAnItem(t *testing.T) {
	forEachKind(t, func(t *testing.T, _ kind[int], w *Waiting[int]) {
		got := 0
		go func() { got, _ = w.Take(t.Context()) }()
		synctest.Wait()
		require.Zero(t, got)
		require.NoError(t, w.Put(t.Context(), 7))
		synctest.Wait()
		require.Equal(t, 7, got)
	})
}

func TestWaiting_putWaitsForRoom(t *testing.T) {
	forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
		if k.capacity == 0 {
			require.True(t, w.queue.TryPut(0), "there is always room")
			return
		}
		fill(t, k, w)
		returned := false
		go func() { returned = w.Put(t.Context(), 1000) == nil }()
		synctest.Wait()
		require.False(t, returned)
		for i := range k.capacity {
			item, err := w.Take(t.Context())
			require.NoError(t, err)
			require.Equal(t, i, item)
		}
		synctest.Wait()
		require.True(t, returned)
		item, err := w.Take(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1000, item)
	})
}

func TestWaiting_batchMakesRoomForAll(t *testing.T) {
	forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
		if k.capacity == 0 || k.producers == 1 {
			require.LessOrEqual(t, k.consumers, 1, "nobody else to wait")
			return
		}
		fill(t, k, w)
		returned := make(chan error, k.capacity)
		for i := range k.capacity {
			go func() { returned <- w.Put(t.Context(), i) }()
		}
		synctest.Wait()
		require.Empty(t, returned)
		n, err := w.TakeBatch(t.Context(), make([]int, k.capacity))
		require.NoError(t, err)
		require.Equal(t, k.capacity, n)
		synctest.Wait()
		require.Len(t, returned, k.capacity)
	})
}

func TestWaiting_batchWakesAllTakersItCanServe(t *testing.T) {
	forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
		takers := 1
		if k.consumers > 1 {
			takers = k.capacity + 2
		}
		served := make(chan error, takers)
		for range takers {
			go func() {
				_, err := w.Take(t.Context())
				served <- err
			}()
		}
		synctest.Wait()
		items := min(max(k.capacity, 1), takers)
		n, err := w.PutBatch(t.Context(), make([]int, items))
		require.NoError(t, err)
		require.Equal(t, items, n)
		synctest.Wait()
		require.Len(t, served, items)
		w.Close()
		synctest.Wait()
		require.Len(t, served, takers)
	})
}

func TestWaiting_closeWakesAll(t *testing.T) {
	forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
		const many = 5
		takers := min(many, 2*k.consumers-1)
		errs := make(chan error, 2*many)
		for range takers {
			go func() {
				_, err := w.Take(t.Context())
				errs <- err
			}()
		}
		synctest.Wait()
		require.Empty(t, errs)
		w.Close()
		synctest.Wait()
		require.Len(t, errs, takers)
		for range takers {
			require.ErrorIs(t, <-errs, ErrClosed)
		}

		if k.capacity == 0 {
			return
		}
		full := NewWaiting(k.make())
		fill(t, k, full)
		putters := min(many, 2*k.producers-1)
		for range putters {
			go func() { errs <- full.Put(t.Context(), 1) }()
		}
		synctest.Wait()
		require.Empty(t, errs)
		full.Close()
		synctest.Wait()
		require.Len(t, errs, putters)
		for range putters {
			require.ErrorIs(t, <-errs, ErrClosed)
		}
		buf := make([]int, k.capacity+1)
		n, err := full.TakeBatch(t.Context(), buf)
		require.NoError(t, err)
		require.Equal(t, k.capacity, n, "what was in it can still be taken, and no more")
		_, err = full.TakeBatch(t.Context(), buf)
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestWaiting_cancelledPutPutsNothing(t *testing.T) {
	forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if k.capacity == 0 {
			cancel()
			require.NoError(t, w.Put(ctx, 1), "with room a done context does not matter")
			return
		}
		fill(t, k, w)
		require.ErrorIs(t, w.Put(ctx, 1000), context.DeadlineExceeded)
		n, err := w.PutBatch(ctx, []int{1000})
		require.Zero(t, n)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		for i := range k.capacity {
			item, ok := w.queue.TryTake()
			require.True(t, ok)
			require.Equal(t, i, item)
		}
		_, ok := w.queue.TryTake()
		require.False(t, ok)
	})
}

func TestWaiting_cancelledTakeTakesNothing(t *testing.T) {
	forEachKind(t, func(t *testing.T, _ kind[int], w *Waiting[int]) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := w.Take(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = w.TakeBatch(ctx, make([]int, 1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, w.Put(t.Context(), 1))
		item, err := w.Take(ctx)
		require.NoError(t, err, "an item that is there is returned even if the context is done")
		require.Equal(t, 1, item)
	})
}

// A wait is cancelled in the very moment in which it becomes possible: either
// it has happened, or everything is as before.
func TestWaiting_cancelBesideAHandOffLosesNothing(t *testing.T) {
	for range 30 {
		forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var err error
			go func() { _, err = w.Take(ctx) }()
			synctest.Wait()
			go cancel()
			go func() { w.queue.TryPut(1); w.items.wake() }()
			synctest.Wait()
			handOver(w)
			_, ok := w.queue.TryTake()
			require.Equal(t, err != nil, ok, "taken by the waiter, or still there")

			if k.capacity == 0 {
				return
			}
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			fill(t, k, w)
			go func() { err = w.Put(ctx, 1000) }()
			synctest.Wait()
			go cancel()
			go func() { w.queue.TryTake(); w.room.wake() }()
			synctest.Wait()
			handOver(w)
			buf := make([]int, k.capacity+1)
			n := w.queue.TryTakeBatch(buf)
			if err == nil {
				require.Equal(t, k.capacity, n)
				require.Equal(t, 1000, buf[n-1])
			} else {
				require.Equal(t, k.capacity-1, n)
			}
		})
	}
}

// The first of two waiters is cancelled in the very moment in which something
// becomes possible: either it got it, or the second one does.
func TestWaiting_cancelLosesNoWakeUp(t *testing.T) {
	for range 30 {
		forEachKind(t, func(t *testing.T, k kind[int], w *Waiting[int]) {
			if k.consumers == 1 {
				require.NotPanics(t, w.Close)
				return
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			errs := make(chan error, 2)
			for _, ctx := range []context.Context{ctx, t.Context()} {
				go func() {
					_, err := w.Take(ctx)
					errs <- err
				}()
			}
			synctest.Wait()
			go cancel()
			go w.Put(t.Context(), 1)
			synctest.Wait()
			_, ok := w.queue.TryTake()
			require.False(t, ok, "an item that nobody woke up for")
			w.Close()
			require.NotEqual(t, <-errs == nil, <-errs == nil)

			w = NewWaiting(k.make())
			fill(t, k, w)
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			for _, ctx := range []context.Context{ctx, t.Context()} {
				go func() { errs <- w.Put(ctx, 1) }()
			}
			synctest.Wait()
			go cancel()
			go w.Take(t.Context())
			synctest.Wait()
			require.False(t, w.queue.TryPut(1), "room that nobody woke up for")
			w.Close()
			require.NotEqual(t, <-errs == nil, <-errs == nil)
		})
	}
}

// Two consumers are about to sleep when the last item comes and the queue is
// closed: there is one token for both. Who uses it for the item leaves it for
// the other, which has the end to learn of.
func TestWaiting_lastItemOfAClosedQueueWakesTheNext(t *testing.T) {
	w := NewWaiting(NewTwoLock[int](1))
	w.items.sleepers.Add(1) // the other
	require.NoError(t, w.Put(t.Context(), 7))
	w.Close()
	require.Len(t, w.items.tokens, 1)
	tries, item := 0, 0
	require.NoError(t, w.wait(t.Context(), &w.items, func() bool { return false }, w.hasItems, func() (ok bool) {
		if tries++; tries <= triesBeforeSleep+1 { // it looked before the item came
			return false
		}
		item, ok = w.queue.TryTake()
		return ok
	}))
	require.Equal(t, 7, item)
	require.Len(t, w.items.tokens, 1)
}
