package figure

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheLeastMessagesOfAStar(t *testing.T) {
	// 25 nodes, 50 broadcasts a second, 100 operations a second.
	for period, perOperation := range map[time.Duration]float64{
		200 * time.Millisecond: 1.59, 400 * time.Millisecond: 0.93, 800 * time.Millisecond: 0.54, 1550 * time.Millisecond: 0.30,
	} {
		require.InDelta(t, perOperation, LeastMessages(25, 24, 50, period)/100, 0.01, "%v", period)
	}
	require.Zero(t, LeastMessages(1, 24, 50, time.Second))
	require.Zero(t, LeastMessages(25, 24, 0, time.Second))
	require.Zero(t, LeastMessages(25, 24, 50, 0))
	require.Zero(t, LeastMessages(25, 0, 50, time.Second))
}

func TestADeeperTreeNeedsMoreMessagesAndNeverMoreThanTwoPerLinkAndPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(t, "n")
		k := rapid.IntRange(1, n).Draw(t, "k")
		v := rapid.Float64Range(0.01, 1000).Draw(t, "v")
		period := time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond
		star, tree := LeastMessages(n, n-1, v, period), LeastMessages(n, k, v, period)
		require.LessOrEqual(t, star, tree*(1+1e-9))
		require.LessOrEqual(t, tree, 2*float64(n-1)/period.Seconds()*(1+1e-9))
		require.False(t, math.IsNaN(tree))
	})
}
