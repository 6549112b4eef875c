package chans

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"
)

// Options that cannot work are refused.
func TestOptions_refuseWhatCannotWork(t *testing.T) {
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

// A queue that needs a permit may be unmonitored.
func TestOptions_permitNeedsUnmonitored(t *testing.T) {
	q, err := New[int](Options{Name: "links", Preferred: 1, Capacity: 1, NeedsPermit: true, Unmonitored: true})
	require.NoError(t, err)
	require.Equal(t, "links", q.Name())
	require.Equal(t, 1, q.Preferred())
	require.Equal(t, 1, q.Capacity())
}

// The preferred size refuses nothing.
func TestQueue_preferredSizeRefusesNothing(t *testing.T) {
	q, err := New[int](Options{Name: "q", Preferred: 2, Capacity: 5})
	require.NoError(t, err)
	fill(t, q, 0, 5)
	require.Equal(t, 5, q.Depth())
	require.False(t, q.Offer(0, 6))
}

func TestQueue_closedCanStillBeEmptied(t *testing.T) {
	q, inbox := newQueueAndInbox[int](t, 3)
	fill(t, q, 0, 2)
	q.Close()
	q.Close()
	require.False(t, q.Offer(0, 9))
	require.False(t, q.Drained())
	require.Equal(t, []int{0, 1}, take(inbox, 3))
	require.True(t, q.Drained())
	for range 3 {
		require.True(t, hasToken(q.Ready()), "a closed queue never lets a consumer wait")
		require.Empty(t, take(inbox, 1))
	}
}

// What was taken can be collected.
func TestQueue_takenItemsCanBeCollected(t *testing.T) {
	type large struct{ _ [1 << 10]byte }
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
	require.Len(t, take(inbox, 2), 2)
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

func TestQueue_steadyStateAllocatesNothing(t *testing.T) {
	q, inbox := newQueueAndInbox[[4]int](t, 100)
	round := func() {
		for i := range 50 {
			q.Offer(time.Duration(i), [4]int{i})
		}
		for range 50 {
			_, ok := inbox.TryNext()
			require.True(t, ok)
		}
		_, ok := inbox.TryNext()
		require.False(t, ok)
		q.Observe(0)
		q.Figures(0)
	}
	require.Zero(t, testing.AllocsPerRun(100, round))
}

func TestQueue_offerAllTakesWhatHasRoom(t *testing.T) {
	q, in, err := Make[int](NewBroker(), Options{Name: "q", Preferred: 2, Capacity: 5})
	require.NoError(t, err)
	require.True(t, q.Offer(0, 1))
	require.Equal(t, 4, q.OfferAll(time.Second, []int{2, 3, 4, 5, 6, 7}))
	require.Len(t, q.Ready(), 1, "a token")
	f := q.Figures(time.Second)
	require.Equal(t, []uint64{5, 2}, []uint64{f.In, f.Rejected})
	require.Equal(t, 5, f.HighWater)
	for want := 1; want <= 5; want++ {
		got, ok := in.TryNext()
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	in.Done()
	require.Zero(t, q.OfferAll(0, nil))
	q.Close()
	require.Zero(t, q.OfferAll(0, []int{1}))
	require.EqualValues(t, 3, q.Figures(0).Rejected)
}
