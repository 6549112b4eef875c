package analysis

import (
	"math"

	"golang.org/x/perf/benchmath"
)

// Confidence is the level asked of intervals. Nothing is assumed of how figures
// are distributed, so a median of n runs is known to lie between two of them:
// with five runs, between the least and the greatest, at 93.75 %.
const Confidence = 0.9

// Alpha is how unlikely a difference must be by chance to be called significant.
const Alpha = 0.05

// Estimate is the median of repeated measurements.
type Estimate struct {
	Median float64
	// Low and High bound the confidence interval; both are the median's infinite
	// neighbours if there are too few runs for one.
	Low, High  float64
	Confidence float64 // of the interval, at least what was asked for
	N          int
}

// EstimateOf estimates from at least one value.
func EstimateOf(values []float64) Estimate {
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(append([]float64(nil), values...), &thresholds), Confidence)
	return Estimate{Median: s.Center, Low: s.Lo, High: s.Hi, Confidence: s.Confidence, N: len(values)}
}

// Bounded says that there were enough runs for an interval.
func (e Estimate) Bounded() bool { return !math.IsInf(e.Low, 0) && !math.IsInf(e.High, 0) }

var thresholds = benchmath.Thresholds{CompareAlpha: Alpha}

// Difference is how a sample stands to the one it is compared with.
type Difference struct {
	Ratio float64 // of the medians; 1 if both are 0, infinite if only the base's is
	P     float64 // how likely so large a difference is by chance (Mann-Whitney U test)
	// Enough says that there are enough runs on both sides to tell a difference
	// at all, and Significant that there is one.
	Enough, Significant bool
}

// Compare compares a sample with a base, at least one value each.
func Compare(base, other []float64) Difference {
	a, b := benchmath.NewSample(append([]float64(nil), base...), &thresholds), benchmath.NewSample(append([]float64(nil), other...), &thresholds)
	c := benchmath.AssumeNothing.Compare(a, b)
	d := Difference{Ratio: ratio(EstimateOf(base).Median, EstimateOf(other).Median), P: c.P}
	// The least p that two samples of n and m runs can have is 2 / (n+m over n).
	d.Enough = 2/binomial(len(base)+len(other), len(base)) <= Alpha
	d.Significant = d.Enough && c.P < c.Alpha
	return d
}

func ratio(base, other float64) float64 {
	switch {
	case base != 0:
		return other / base
	case other == 0:
		return 1
	default:
		return math.Inf(1)
	}
}

func binomial(n, k int) float64 {
	out := 1.0
	for i := 1; i <= k; i++ {
		out = out * float64(n-k+i) / float64(i)
	}
	return out
}
