package chans

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"
)

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	good := Options{Name: "intake", Preferred: 10, Capacity: 100}
	require.NoError(t, good.check())
	for name, c := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"no name":                      {func(o *Options) { o.Name = "" }, "needs a name"},
		"preferred size 0":             {func(o *Options) { o.Preferred = 0 }, "at least 1"},
		"capacity 0":                   {func(o *Options) { o.Capacity = 0 }, "raise the capacity"},
		"capacity below preferred":     {func(o *Options) { o.Capacity = 9 }, "raise the capacity"},
		"monitored and needs a permit": {func(o *Options) { o.NeedsPermit = true }, "without a permit"},
	} {
		o := good
		c.change(&o)
		_, err := New[int](o)
		require.ErrorIs(t, err, ErrOptions, name)
		require.ErrorContains(t, err, c.says, name)
	}
}

func TestAQueueThatNeedsAPermitMayBeUnmonitored(t *testing.T) {
	q, err := New[int](Options{Name: "links", Preferred: 1, Capacity: 1, NeedsPermit: true, Unmonitored: true})
	require.NoError(t, err)
	require.Equal(t, "links", q.Name())
	require.Equal(t, 1, q.Preferred())
	require.Equal(t, 1, q.Capacity())
}

func TestThePreferredSizeRefusesNothing(t *testing.T) {
	q, err := New[int](Options{Name: "q", Preferred: 2, Capacity: 5})
	require.NoError(t, err)
	fill(t, q, 0, 5)
	require.Equal(t, 5, q.Depth())
	require.False(t, q.Offer(0, 6))
}

func TestABatchIsTakenInOrderAndARestIsLeft(t *testing.T) {
	q := newQueue[int](t, 10)
	fill(t, q, 0, 10)
	buf := make([]int, 4)
	require.Equal(t, 4, q.Poll(buf))
	require.Equal(t, []int{0, 1, 2, 3}, buf)
	require.Equal(t, 6, q.Depth())
	n, err := q.Take(context.Background(), make([]int, 100))
	require.NoError(t, err)
	require.Equal(t, 6, n)
}

func TestTakeIntoNothingReturnsAtOnce(t *testing.T) {
	n, err := newQueue[int](t, 1).Take(context.Background(), nil)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestAClosedQueueCanStillBeEmptied(t *testing.T) {
	q := newQueue[int](t, 3)
	fill(t, q, 0, 2)
	q.Close()
	q.Close()
	require.False(t, q.Offer(0, 9))
	require.ErrorIs(t, q.Put(context.Background(), 0, 9), ErrClosed)
	require.False(t, q.Drained())
	buf := make([]int, 3)
	n, err := q.Take(context.Background(), buf)
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, buf[:n])
	require.True(t, q.Drained())
	_, err = q.Take(context.Background(), buf)
	require.ErrorIs(t, err, ErrClosed)
	for range 3 {
		require.True(t, hasToken(q.Ready()), "a closed queue never lets a consumer wait")
		require.Zero(t, q.Poll(buf))
	}
}

func TestWhatWasTakenCanBeCollected(t *testing.T) {
	type large struct{ bytes [1 << 10]byte }
	q, inbox := newQueueAndInbox[*large](t, 8)
	var left []weak.Pointer[large]
	put := func() {
		item := new(large)
		left = append(left, weak.Make(item))
		require.True(t, q.Offer(0, item))
	}
	for range 5 {
		put()
	}
	require.Equal(t, 2, q.Poll(make([]*large, 2)))
	for range 3 {
		_, ok := inbox.TryNext()
		require.True(t, ok)
	}
	inbox.Done() // what is in hand is kept, for Abandon
	// Objects die at the second collection at the latest: the first one may
	// already have been under way.
	runtime.GC()
	runtime.GC()
	for i, pointer := range left {
		require.Nil(t, pointer.Value(), "item %d", i)
	}
	runtime.KeepAlive(q)
	runtime.KeepAlive(inbox)
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	q, inbox := newQueueAndInbox[[4]int](t, 100)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	buf := make([][4]int, 30)
	round := func() {
		for i := range 50 {
			q.Offer(time.Duration(i), [4]int{i})
		}
		require.NoError(t, q.Put(ctx, 0, [4]int{}))
		q.Poll(buf)
		_, err := q.Take(ctx, buf[:1])
		require.NoError(t, err)
		for range 20 {
			_, err := inbox.Next(ctx)
			require.NoError(t, err)
		}
		_, ok := inbox.TryNext()
		require.False(t, ok)
		q.Observe(0)
		q.Figures(0)
	}
	require.Zero(t, testing.AllocsPerRun(100, round))
}
