package topology

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNaturalOrder(t *testing.T) {
	inOrder := []string{
		"", "0", "00", "1", "2", "10", "10a", "99999999999999999999", "100000000000000000000",
		"a", "a2", "a10", "a10b2", "a10b10", "ab",
		"n", "n0", "n001", "n01", "n1", "n1b", "n01c", "n1d", "n02", "n2", "n10", "n10x", "n11",
		"node", "node-a", "node-b", "é",
	}
	for i, a := range inOrder {
		for j, b := range inOrder {
			require.Equal(t, i < j, Less(a, b), "Less(%q, %q)", a, b)
		}
	}
}

// Names made of few letters and digits, so that prefixes, ties and leading
// zeros are common.
var names = rapid.StringMatching(`[a0129!]{0,6}`)

func TestOrderIsStrictAndTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := names.Draw(t, "a"), names.Draw(t, "b"), names.Draw(t, "c")
		if a == b {
			require.False(t, Less(a, b))
		} else {
			require.NotEqual(t, Less(a, b), Less(b, a))
		}
		if Less(a, b) && Less(b, c) {
			require.True(t, Less(a, c))
		}
	})
}

func TestOrderDoesNotDependOnTheInputOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(names, 1, 40, rapid.ID).Draw(t, "ids")
		k := rapid.IntRange(1, 50).Draw(t, "k")
		want, err := New(ids, k)
		require.NoError(t, err)

		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shuffled := slices.Clone(ids)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		before := slices.Clone(shuffled)
		got, err := New(shuffled, k)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, before, shuffled, "the caller's slice was reordered")
	})
}
