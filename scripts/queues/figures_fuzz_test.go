package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse checks that whatever a benchmark printed is refused, or makes a
// page whose medians lie among what was measured.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	for _, seed := range []string{
		"PASS\n", "BenchmarkAlone/size=many/queue=x-2 1 2 ns/op\n", "BenchmarkBeside/shape=MPMC/size=64/batch=64/producers=8/queue=a|b-8 9 NaN ns/op\n",
		"BenchmarkAlone/shape=SPSC/queue=channel 1 0 ns/op 1e999 x\n", "cpu: \nBenchmark 1 2 ns/op\n", "Benchmark/=/ - - -\n", "BenchmarkSingle/size=-9223372036854775808/queue=Cell-2 1 -1 ns/op\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		figures, err := parse(strings.NewReader(text))
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, figures.order)
		require.NotEmpty(t, page(figures, "Made by hand."))
		for _, k := range figures.order {
			v, ok := figures.median(k)
			require.Equal(t, len(figures.nanos[k]) > 0, ok)
			if ok && !slices.ContainsFunc(figures.nanos[k], math.IsNaN) && !math.IsInf(v, 0) {
				require.LessOrEqual(t, slices.Min(figures.nanos[k]), v)
				require.GreaterOrEqual(t, slices.Max(figures.nanos[k]), v)
			}
		}
	})
}
