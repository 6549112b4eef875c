package catalogue

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRing_lapsMayOverflow(t *testing.T) {
	for _, capacity := range capacities {
		for _, lap := range []uint64{math.MaxInt32, math.MaxUint32} {
			t.Run(fmt.Sprint(capacity, "/", lap), func(t *testing.T) {
				place := lap << 32
				q := NewRing[int](capacity)
				q.back, q.takeEnd, q.front, q.putEnd = place, place+placeLap, place+placeLap, place+placeLap
				requireLaps(t, q)
			})
		}
	}
}

// requireLaps fills and empties an empty queue a few times and closes it.
func requireLaps(t *testing.T, q Bounded[int]) {
	capacity := q.Cap()
	for again := range 3 {
		for i := range capacity {
			require.True(t, q.TryPut(again*capacity+i))
		}
		require.False(t, q.TryPut(0))
		require.Equal(t, capacity, q.Len())
		for i := range capacity {
			item, ok := q.TryTake()
			require.True(t, ok)
			require.Equal(t, again*capacity+i, item)
		}
		_, ok := q.TryTake()
		require.False(t, ok)
		require.Zero(t, q.Len())
	}
	q.Close()
	require.True(t, q.Drained())
}

// A full ring that is closed must not be written to: the next slot has the
// oldest item.
func TestRing_putWhenFullAndClosedChangesNothing(t *testing.T) {
	q := NewRing[int](2)
	require.Equal(t, 2, q.TryPutBatch([]int{1, 2, 3}))
	q.Close()
	require.False(t, q.TryPut(4))
	require.Zero(t, q.TryPutBatch([]int{5}))
	buf := make([]int, 3)
	require.Equal(t, 2, q.TryTakeBatch(buf))
	require.Equal(t, []int{1, 2, 0}, buf)
	require.True(t, q.Drained())
}
