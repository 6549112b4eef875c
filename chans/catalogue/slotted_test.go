package catalogue

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoundsAndTurnsMayOverflow(t *testing.T) {
	for _, capacity := range capacities {
		for _, round := range []uint64{math.MaxInt32, math.MaxUint32} {
			place := round << 32
			many, one := NewSlotted[int](capacity), NewSlottedSingle[int](capacity)
			for i := range capacity {
				many.slots[i].number.Store(turnOf(place))
				one.slots[i].number.Store(turnOf(place))
			}
			many.back.Store(place)
			many.front.Store(place)
			one.back.Store(place)
			one.front = place
			one.seen.Store(place)
			for _, q := range []Bounded[int]{many, one} {
				t.Run(fmt.Sprintf("%T/%d/%d", q, capacity, round), func(t *testing.T) {
					for lap := range 3 {
						for i := range capacity {
							require.True(t, q.TryPut(lap*capacity+i))
						}
						require.False(t, q.TryPut(0))
						require.Equal(t, capacity, q.Len())
						for i := range capacity {
							item, ok := q.TryTake()
							require.True(t, ok)
							require.Equal(t, lap*capacity+i, item)
						}
						_, ok := q.TryTake()
						require.False(t, ok)
						require.Zero(t, q.Len())
					}
					q.Close()
					require.True(t, q.Drained())
				})
			}
		}
	}
}

// A taker has claimed a slot and not emptied it yet: the queue is full for the
// producers still, and one of the next round must not overwrite it.
func TestASlotThatIsBeingEmptiedIsNotWrittenTo(t *testing.T) {
	q := NewSlotted[int](2)
	require.True(t, q.TryPut(1))
	require.True(t, q.TryPut(2))
	place := q.front.Load()
	q.front.Store(q.after(place))
	require.False(t, q.TryPut(3))
	item, ok := q.TryTake()
	require.True(t, ok)
	require.Equal(t, 2, item)
	require.False(t, q.TryPut(3), "the other slot is free, but it is not its turn")
	require.Equal(t, 1, q.slots[0].take(turnOf(place)+1))
	require.True(t, q.TryPut(3))
	item, ok = q.TryTake()
	require.True(t, ok)
	require.Equal(t, 3, item)
}
