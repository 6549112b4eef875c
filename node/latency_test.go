package node

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A bucket holds times that differ by an eighth at most.
func TestHistogram_bucketsAreNarrow(t *testing.T) {
	last := -1
	for us := uint64(0); us < 1<<20; us += 1 + us/64 {
		b := bucketOf(us)
		require.GreaterOrEqual(t, b, last)
		require.LessOrEqual(t, us, highestOf(b))
		require.LessOrEqual(t, highestOf(b), us+us/8, "%d", us)
		last = b
	}
	for b := range 254 {
		require.Equal(t, b, bucketOf(highestOf(b)))
		require.Equal(t, b+1, bucketOf(highestOf(b)+1))
	}
	require.Equal(t, 255, bucketOf(1<<63))
}

// A quantile is what that share is not above.
func TestHistogram_quantile(t *testing.T) {
	require.Zero(t, (&latencyHistogram{}).quantile(0.99))
	rapid.Check(t, func(t *rapid.T) {
		d := &latencyHistogram{}
		times := rapid.SliceOfN(rapid.Int64Range(-5, 1<<40), 1, 200).Draw(t, "times")
		longest := time.Duration(0)
		for _, n := range times {
			d.add(time.Duration(n))
			longest = max(longest, time.Duration(n))
		}
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		got, within := d.quantile(q), 0
		for _, n := range times {
			if time.Duration(n).Truncate(time.Microsecond) <= got {
				within++
			}
		}
		require.GreaterOrEqual(t, float64(within), q*float64(len(times))-1e-9)
		require.LessOrEqual(t, got, longest)
		require.EqualValues(t, len(times), d.count.Load())
	})
}
