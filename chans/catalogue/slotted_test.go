package catalogue

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSlotted_lapsAndTurnsMayOverflow(t *testing.T) {
	for _, capacity := range capacities {
		for _, lap := range []uint64{math.MaxInt32, math.MaxUint32} {
			place := lap << 32
			many, one := NewSlotted[int](capacity), NewSlottedSingle[int](capacity)
			for i := range capacity {
				many.slots[i].number.Store(place + uint64(i))
				one.slots[i].number.Store(place + uint64(i))
			}
			many.back.Store(place)
			many.front.Store(place)
			one.back.Store(place)
			one.front = place
			for _, q := range []Bounded[int]{many, one} {
				t.Run(fmt.Sprintf("%T/%d/%d", q, capacity, lap), func(t *testing.T) {
					requireLaps(t, q)
				})
			}
		}
	}
}

// A taker has claimed a slot and not emptied it yet: the queue is full for the
// producers still, and one of the next lap must not overwrite it.
func TestSlotted_slotBeingEmptiedIsNotWritten(t *testing.T) {
	q := NewSlotted[int](2)
	require.True(t, q.TryPut(1))
	require.True(t, q.TryPut(2))
	place := q.front.Load()
	q.front.Store(places(q.Cap()).after(place))
	require.False(t, q.TryPut(3))
	item, ok := q.TryTake()
	require.True(t, ok)
	require.Equal(t, 2, item)
	require.False(t, q.TryPut(3), "the other slot is free, but it is not its turn")
	require.Equal(t, 1, q.slots[0].take(place))
	require.True(t, q.TryPut(3))
	item, ok = q.TryTake()
	require.True(t, ok)
	require.Equal(t, 3, item)
}

// Another producer has claimed the place that a put is about to: the put goes
// on with the next one.
func TestSlotted_lostRaceTriesTheNextPlace(t *testing.T) {
	q := NewSlotted[int](2)
	q.slots[0].number.Store(1) // put, and its producer is about to say so
	go q.back.CompareAndSwap(0, 1)
	require.True(t, q.TryPut(2))
	require.Equal(t, uint64(placeLap), q.back.Load())

	q.slots[0].take(0)
	go q.front.CompareAndSwap(0, 1)
	item, ok := q.TryTake()
	require.True(t, ok)
	require.Equal(t, 2, item)
	require.Zero(t, q.Len())
}

// The single consumer tells the others its place in the slots alone.
func TestSlotted_lengthCountsPutsUnderWay(t *testing.T) {
	for _, capacity := range capacities {
		q := NewSlottedSingle[int](capacity)
		for range capacity/2 + 1 { // somewhere in the middle
			require.True(t, q.TryPut(0))
			_, ok := q.TryTake()
			require.True(t, ok)
		}
		for n := range capacity {
			require.Equal(t, n, q.Len())
			require.True(t, q.TryPut(n))
		}
		last := q.back.Load()
		_, ok := q.TryTake()
		require.True(t, ok)
		q.back.Store(places(capacity).after(last)) // claimed, and not written yet
		require.Equal(t, capacity, q.Len())
		q.Close()
		require.Equal(t, capacity, q.Len())
		require.False(t, q.Drained())
	}
}
