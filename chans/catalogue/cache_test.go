package catalogue

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCache_openedAgainIsOpen(t *testing.T) {
	q := NewTwoLock[int](2)
	require.False(t, q.Reopen(), "it was open")
	require.True(t, q.TryPut(1))
	q.Close()
	require.False(t, q.TryPut(2))
	require.True(t, q.Reopen())
	require.False(t, q.Closed())
	require.False(t, q.Drained())
	require.True(t, q.TryPut(2))
	buf := make([]int, 3)
	require.Equal(t, []int{1, 2}, buf[:q.TryTakeBatch(buf)])
}

func TestCache_givesAQueueAgainEmptyAndOpen(t *testing.T) {
	for _, capacity := range capacities {
		var cache Cache[*int]
		q := cache.Get(capacity)
		for q.TryPut(new(int)) {
		}
		cache.Recycle(q)
		require.True(t, q.Closed())
		require.Zero(t, q.Len())
		for _, slot := range q.slots {
			require.Nil(t, slot, "a recycled queue keeps what was in it alive")
		}
		require.Equal(t, capacity+1, cache.Get(capacity+1).Cap(), "another capacity is another queue")
		again := cache.Get(capacity)
		require.Same(t, q, again)
		require.False(t, again.Closed())
		require.NotSame(t, q, cache.Get(capacity), "it was given away")
		for range capacity {
			require.True(t, again.TryPut(nil))
		}
		require.False(t, again.TryPut(nil))
		require.Equal(t, capacity, again.Len())
	}
}

func TestCache_recycledTwiceIsHeldOnce(t *testing.T) {
	var cache Cache[int]
	q := cache.Get(3)
	cache.Recycle(q)
	cache.Recycle(q)
	require.Same(t, q, cache.Get(3))
	require.NotSame(t, q, cache.Get(3))
}

func TestCache_isBounded(t *testing.T) {
	var cache Cache[int]
	all := make([]*TwoLock[int], cachedPerCapacity+10)
	for i := range all {
		all[i] = cache.Get(1)
	}
	for _, q := range all {
		cache.Recycle(q)
	}
	require.Len(t, cache.kept[1], cachedPerCapacity)
}

func TestCache_queuesAreNotShared(t *testing.T) {
	var cache Cache[int]
	var users sync.WaitGroup
	for id := range 4 {
		users.Go(func() {
			for i := range 500 {
				q := cache.Get(1 + i%3)
				if !q.TryPut(id) {
					t.Errorf("a queue from the cache was not empty and open")
				}
				if item, ok := q.TryTake(); !ok || item != id {
					t.Errorf("got %d, %v from a queue of one's own", item, ok)
				}
				cache.Recycle(q)
			}
		})
	}
	users.Wait()
}

func TestCache_allocatesNothing(t *testing.T) {
	var cache Cache[int]
	require.Zero(t, testing.AllocsPerRun(100, func() { cache.Recycle(cache.Get(10)) }))
}
