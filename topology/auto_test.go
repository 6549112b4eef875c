package topology

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheFanOutChosenForSomeSizes(t *testing.T) {
	for n, want := range map[int]int{
		-1: 1, 0: 1, 1: 1, 2: 1, 3: 2, 25: 24, 100: 99, 1000: 999, 1001: 1000, // stars
		1002: 32, 2500: 50, 10_000: 100, 1_001_001: 1000, // depth 2
		1_001_002: 100, 10_000_000: 216, // depth 3
	} {
		require.Equal(t, want, AutoNumChildren(n), "n = %d", n)
	}
}

func TestNoFanOutWithinTheBoundIsLessDeepAndNoSmallerOneAsShallow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(2, 3000), rapid.IntRange(2, 2_000_000), rapid.IntRange(2, math.MaxInt)).Draw(t, "n")
		k := AutoNumChildren(n)
		require.True(t, 1 <= k && k <= MaxAutoNumChildren)
		require.Equal(t, Depth(n, MaxAutoNumChildren), Depth(n, k))
		if k > 1 {
			require.Greater(t, Depth(n, k-1), Depth(n, k))
		}
	})
}
