package chans

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Ring behaves like a slice.
func TestRing_behavesLikeASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom(capacities).Draw(t, "limit")
		r := ring[int]{limit: limit}
		var model []slot[int]
		next := 0
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			for range rapid.IntRange(0, limit-len(model)).Draw(t, "pushes") {
				next++
				r.push(next, time.Duration(-next))
				model = append(model, slot[int]{next, time.Duration(-next)})
			}
			for range rapid.IntRange(0, len(model)).Draw(t, "pops") {
				require.Equal(t, model[0].at, r.oldest())
				require.Equal(t, model[0], pop(&r))
				model = model[1:]
			}
			into := make([]slot[int], rapid.IntRange(0, 5).Draw(t, "room"))
			n := r.popInto(into)
			require.Equal(t, min(len(into), len(model)), n)
			require.Equal(t, append([]slot[int]{}, model[:n]...), into[:n])
			model = model[n:]
			r.settle()
			require.Equal(t, len(model), r.count)
			require.LessOrEqual(t, len(r.slots), limit)
			if len(model) == 0 {
				require.LessOrEqual(t, len(r.slots), largestKept)
			}
			requireWiped(t, &r)
		}
	})
}

// pop takes the oldest slot.
func pop[T any](r *ring[T]) slot[T] {
	var one [1]slot[T]
	r.popInto(one[:])
	return one[0]
}

// requireWiped checks that no free slot still holds anything.
func requireWiped[T any](t require.TestingT, r *ring[T]) {
	for i := r.count; i < len(r.slots); i++ {
		require.Zero(t, r.slots[(r.front+i)%len(r.slots)])
	}
}

// Ring holds no memory until it is used.
func TestRing_emptyHoldsNoMemory(t *testing.T) {
	r := ring[int]{limit: 1 << 20}
	require.Empty(t, r.slots)
	r.push(1, 0)
	require.Len(t, r.slots, smallestRing)
}

// Ring grows by doubling up to its limit.
func TestRing_growsByDoubling(t *testing.T) {
	r := ring[int]{limit: 50}
	var sizes []int
	for i := range 50 {
		r.push(i, 0)
		if len(sizes) == 0 || sizes[len(sizes)-1] != len(r.slots) {
			sizes = append(sizes, len(r.slots))
		}
	}
	require.Equal(t, []int{16, 32, 50}, sizes)
}

// Ring gives slots back when drained after a burst.
func TestRing_givesSlotsBack(t *testing.T) {
	r := ring[int]{limit: 10 * largestKept}
	for i := range largestKept + 1 {
		r.push(i, 0)
	}
	for range largestKept {
		pop(&r)
		r.settle()
	}
	require.Greater(t, len(r.slots), largestKept, "not before it is empty")
	pop(&r)
	r.settle()
	require.Empty(t, r.slots)
	r.push(7, 0)
	require.Equal(t, 7, pop(&r).item)
	r.settle()
	require.Len(t, r.slots, smallestRing, "a ring that stayed small keeps its slots")
}
