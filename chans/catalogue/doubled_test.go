package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDoubled_positionsCountTwiceTheSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.SampledFrom(capacities).Draw(t, "slots")
		c := doubled(slots)
		front := rapid.IntRange(0, 2*slots-1).Draw(t, "front")
		items := rapid.IntRange(0, slots).Draw(t, "items")
		back := c.add(front, items)
		require.Equal(t, (front+items)%(2*slots), back)
		require.Equal(t, items, c.between(front, back))
		require.Equal(t, front%slots, c.slot(front))
	})
}

func TestDoubled_batchesWrapAndAreWiped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := make([]int, rapid.SampledFrom(capacities).Draw(t, "slots"))
		position := rapid.IntRange(0, 2*len(slots)-1).Draw(t, "position")
		items := make([]int, rapid.IntRange(0, len(slots)).Draw(t, "items"))
		for i := range items {
			items[i] = i + 1
		}
		copyIn(slots, position, items)
		for i, item := range items {
			require.Equal(t, item, slots[(position+i)%len(slots)])
		}
		got := make([]int, len(items))
		moveOut(slots, position, got)
		require.Equal(t, items, got)
		require.Equal(t, make([]int, len(slots)), slots)
	})
}

// Whatever the two sides do between the two reads of an observer, it sees no
// length that cannot be, and the true one if they rest.
func TestDoubled_lengthIsInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.SampledFrom(capacities).Draw(t, "slots")
		c := doubled(slots)
		front, items := rapid.IntRange(0, 2*slots-1).Draw(t, "front"), 0
		rests := rapid.Bool().Draw(t, "rests")
		work := func() {
			for range rapid.IntRange(0, 5).Draw(t, "steps") {
				taken := rapid.IntRange(0, items).Draw(t, "taken")
				front, items = c.add(front, taken), items-taken
				items += rapid.IntRange(0, slots-items).Draw(t, "put")
			}
		}
		work()
		n := c.length(func() (int, int) {
			seen := front
			if !rests {
				work()
			}
			return seen, c.add(front, items)
		})
		require.GreaterOrEqual(t, n, 0)
		require.LessOrEqual(t, n, slots)
		if rests {
			require.Equal(t, items, n)
		}
	})
}
