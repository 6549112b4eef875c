package analysis

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFiveRunsBoundTheirMedian(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	require.Equal(t, Estimate{Median: 3, Low: 1, High: 5, Confidence: 0.9375, N: 5}, EstimateOf(values))
	require.Equal(t, []float64{5, 1, 4, 2, 3}, values, "what was handed in is not sorted")
	require.True(t, EstimateOf(values).Bounded())
	require.False(t, EstimateOf(values[:4]).Bounded(), "four are too few")
	require.Equal(t, 7.0, EstimateOf([]float64{7}).Median)
}

// With nine runs the interval is that of the second to the eighth: the chance
// that eight or more of nine lie on one side of the median is 20 in 512.
func TestMoreRunsNarrowTheInterval(t *testing.T) {
	e := EstimateOf([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9})
	require.Equal(t, []float64{2, 5, 8}, []float64{e.Low, e.Median, e.High})
	require.InDelta(t, 1-20.0/512, e.Confidence, 1e-12)
}

func TestAnIntervalHoldsItsMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 30).Draw(t, "values")
		e := EstimateOf(values)
		require.LessOrEqual(t, e.Low, e.Median)
		require.LessOrEqual(t, e.Median, e.High)
		require.Equal(t, len(values) >= 5, e.Bounded())
		require.GreaterOrEqual(t, e.Median, slices.Min(values))
		require.LessOrEqual(t, e.Median, slices.Max(values))
	})
}

func TestADifferenceIsSignificantIfChanceHardlyMakesIt(t *testing.T) {
	// Five against five without overlap: 2 of the 252 ways to order them.
	d := Compare([]float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10})
	require.InDelta(t, 2.0/252, d.P, 1e-9)
	require.True(t, d.Enough)
	require.True(t, d.Significant)
	require.InDelta(t, 8.0/3, d.Ratio, 1e-12)

	d = Compare([]float64{1, 3, 5, 7, 9}, []float64{2, 4, 6, 8, 10})
	require.True(t, d.Enough)
	require.False(t, d.Significant)

	d = Compare([]float64{5, 5, 5, 5}, []float64{5, 5, 5, 5})
	require.Equal(t, Difference{Ratio: 1, P: 1, Enough: true}, d)
}

func TestFewRunsShowNoDifference(t *testing.T) {
	for n, enough := range map[int]bool{1: false, 2: false, 3: false, 4: true} {
		base, other := make([]float64, n), make([]float64, n)
		for i := range n {
			base[i], other[i] = float64(i), float64(1000+i)
		}
		d := Compare(base, other)
		require.Equal(t, enough, d.Enough, n)
		require.Equal(t, enough, d.Significant, n)
	}
	require.True(t, Compare([]float64{1, 2, 3}, []float64{4, 5, 6, 7, 8}).Significant, "3 against 5: 2 of 56")
	require.False(t, Compare([]float64{1}, []float64{4, 5, 6, 7, 8, 9, 10, 11}).Enough)
}

func TestARatioOfNothing(t *testing.T) {
	require.Equal(t, 1.0, Compare([]float64{0}, []float64{0}).Ratio)
	require.True(t, math.IsInf(Compare([]float64{0}, []float64{3}).Ratio, 1))
	require.Zero(t, Compare([]float64{3}, []float64{0}).Ratio)
}
