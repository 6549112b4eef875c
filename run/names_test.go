package run

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesAreInNaturalOrder(t *testing.T) {
	require.Negative(t, CompareNames("n2", "n10"))
	require.Negative(t, CompareNames("a10", "n2"))
	require.Negative(t, CompareNames("n", "n0"))
	require.Zero(t, CompareNames("n7", "n7"))
	require.NotZero(t, CompareNames("n7", "n07"))
}
