package node

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAValueIsNewOnce(t *testing.T) {
	key := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.Map(rapid.Int64Range(-3, 3), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.Map(rapid.Int64Range(0, 200), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.Map(rapid.Int64Range(smallLimit-3, smallLimit+3), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.SampledFrom([]string{
			`null`, `true`, `""`, `"1"`, `"a"`, `[]`, `{}`, `[1]`, `{"a":1}`, `1e0`, `15e-1`,
			`99999999999999999`, `999999999999999999`, `9223372036854775807`, `9223372036854775808`,
			`-9223372036854775808`, `-9223372036854775809`, `123456789012345678901234567890`,
		}))
	rapid.Check(t, func(t *rapid.T) {
		var s valueSet
		seen := map[string]bool{}
		for _, k := range rapid.SliceOf(key).Draw(t, "keys") {
			require.Equal(t, seen[k], s.has(k), k)
			require.Equal(t, !seen[k], s.add(k), k)
			seen[k] = true
		}
	})
}

func TestIntegersOfMaelstromAreKeptAsIntegers(t *testing.T) {
	var s valueSet
	require.True(t, s.add("12"))
	require.True(t, s.add("-12"))
	require.True(t, s.add(`"12"`))
	require.Len(t, s.small, 1)
	require.Len(t, s.words, 1)
	require.Len(t, s.others, 1)
}
