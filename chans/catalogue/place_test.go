package catalogue

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPlace_countsLapsAndSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.SampledFrom(append([]int{mostPlaces}, capacities...)).Draw(t, "slots")
		c := places(slots)
		lap := rapid.SampledFrom([]uint64{0, 1, math.MaxInt32, math.MaxUint32}).Draw(t, "lap")
		slot := rapid.IntRange(0, slots-1).Draw(t, "slot")
		place := lap<<32 | uint64(slot)
		require.Equal(t, slot, slotOf(place))
		require.Equal(t, c.add(place, 1), c.after(place))
		require.Equal(t, place+placeLap, c.add(place, slots))
		n := rapid.IntRange(0, slots).Draw(t, "n")
		later := c.add(place, n)
		require.Equal(t, (slot+n)%slots, slotOf(later))
		require.Equal(t, uint32(lap)+uint32((slot+n)/slots), uint32(later>>32))
		require.Equal(t, n, c.between(place, later))
		require.Equal(t, n, doubled(slots).between(c.position(place), c.position(later)))
		require.Equal(t, c.position(place), c.position(place|placeClosed))
		require.GreaterOrEqual(t, slotOf(place|placeClosed), slots, "a closed place has no slot")
	})
}
