package figure

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestALongDistributionIsThinnedAndKeepsItsEnds(t *testing.T) {
	var histogram Histogram
	for i := range 5000 {
		histogram.Add(time.Duration(i) * time.Millisecond)
	}
	all := histogram.Distribution(5000, 10000)
	thin := histogram.Distribution(5000, 40)
	require.Len(t, all, 5000)
	require.Len(t, thin, 40)
	require.Equal(t, all[0], thin[0])
	require.Equal(t, all[4999], thin[39])
	for i := range thin[1:] {
		require.Greater(t, thin[i+1].Share, thin[i].Share)
	}
}

func TestAHistogramCountsWhateverThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		millis := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(nearMillis-2, nearMillis+2), rapid.IntRange(0, 24*24*3600*1000))
		all := rapid.SliceOf(millis).Draw(t, "millis")
		var histogram Histogram
		for _, ms := range all {
			histogram.Add(time.Duration(ms)*time.Millisecond + 999_999)
		}
		slices.Sort(all)
		within := 0
		var want []Step
		for i, ms := range all {
			within = ms + 1
			if i+1 == len(all) || all[i+1] != ms {
				want = append(want, Step{Millis: ms, Share: float64(i+1) / float64(len(all))})
			}
		}
		require.Equal(t, within, histogram.Within())
		require.Equal(t, want, histogram.Distribution(int64(len(all)), len(all)))
	})
}
