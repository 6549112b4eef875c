package checker

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseAvailability checks that a goal is nothing, everything, or the
// fraction that its text says, from 0 to 1.
func FuzzParseAvailability(f *testing.F) {
	for _, seed := range []string{"", "total", ":total", "0", "1", "0.99", "1.0000001", "-0", "NaN", "Inf", "1e-400", "0x1p-1", "5e-1", "1_0", " 1", "Total", "0e3300030303", "0x1p-99999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		goal, err := ParseAvailability(text)
		if err != nil {
			require.ErrorContains(t, err, "neither")
			return
		}
		if goal.Fraction == nil {
			require.Contains(t, []string{"", "total", ":total"}, text)
			require.Equal(t, text != "", goal.Total)
			return
		}
		require.False(t, goal.Total)
		require.True(t, 0 <= *goal.Fraction && *goal.Fraction <= 1)
		exact, _, err := big.ParseFloat(text, 0, 100, big.ToNearestEven)
		if err != nil { // an exponent beyond the model's is that of the least of fractions, or of 0
			require.Zero(t, *goal.Fraction, "%v", err)
			return
		}
		require.NoError(t, err)
		fraction, _ := exact.Float64()
		require.InDelta(t, fraction, *goal.Fraction, 1e-15)
	})
}
