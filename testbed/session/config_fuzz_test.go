package session

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseConcurrency checks that a number of workers is what its digits say,
// per node or not, and no more than a run can have.
func FuzzParseConcurrency(f *testing.F) {
	for _, seed := range []string{"1n", "10", "0", "0n", "n", "", "-1", "+1", "1nn", "2147483647n", "99999999999999999999", "1_0", "0x1", " 1", "1N"} {
		f.Add(seed, 5)
	}
	f.Fuzz(func(t *testing.T, text string, nodes int) {
		nodes = 1 + int(uint(nodes)%MaxNodes)
		workers, err := ParseConcurrency(text, nodes)
		if err != nil {
			require.ErrorContains(t, err, "concurrency is")
			return
		}
		require.Greater(t, workers, 0)
		require.LessOrEqual(t, workers, MaxWorkers)
		digits := strings.TrimSuffix(text, "n")
		n, err := strconv.Atoi(digits)
		require.NoError(t, err)
		if digits != text {
			n *= nodes
		}
		require.Equal(t, n, workers)
	})
}
