package values

import (
	"math"
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
		var s Set
		seen := map[string]bool{}
		for _, k := range rapid.SliceOf(key).Draw(t, "keys") {
			require.Equal(t, seen[k], s.Has(k), k)
			require.Equal(t, !seen[k], s.Add(k), k)
			seen[k] = true
		}
	})
}

func TestIntegersOfMaelstromAreKeptAsIntegers(t *testing.T) {
	var s Set
	require.True(t, s.Add("12"))
	require.True(t, s.Add("-12"))
	require.True(t, s.Add(`"12"`))
	require.True(t, s.Add("-9223372036854775808"))
	require.True(t, s.Add("-9223372036854775809"))
	require.Len(t, s.small, 1)
	require.Equal(t, int64(-12), s.lone.get(-12))
	require.Equal(t, int64(math.MinInt64), s.lone.get(math.MinInt64))
	require.Empty(t, s.words)
	require.Len(t, s.others, 2)

	require.True(t, s.Add("-13"))
	require.Len(t, s.words, 1)
	require.Zero(t, s.lone.get(-12), "what is in a word is not held twice")
}

func TestIntegersAreASetHoweverTheyLie(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := rapid.SliceOfN(rapid.OneOf(
			rapid.Int64(),
			rapid.SampledFrom([]int64{0, smallLimit, math.MinInt64, math.MinInt64 + 64, math.MaxInt64, math.MaxInt64 - 64}),
		), 1, 10).Draw(t, "clusters")
		value := rapid.Custom(func(t *rapid.T) int64 {
			return rapid.SampledFrom(near).Draw(t, "cluster") + rapid.Int64Range(-70, 70).Draw(t, "beside")
		})
		var s Set
		model := map[int64]struct{}{}
		for _, n := range rapid.SliceOfN(value, 0, 500).Draw(t, "values") {
			_, known := model[n]
			key := strconv.FormatInt(n, 10)
			require.Equal(t, known, s.Has(key), key)
			require.Equal(t, !known, s.Add(key), key)
			require.True(t, s.Has(key), key)
			model[n] = struct{}{}
		}
		for n := range model {
			require.False(t, s.Add(strconv.FormatInt(n, 10)))
		}
		require.Empty(t, s.others)
	})
}

func TestWhetherAValueIsKnownIsAskedWithoutAllocating(t *testing.T) {
	var s Set
	keys := []string{"7", "-7", "3037000499123456789", "123456789012345678901234567890", `"text"`, `{"a":1}`}
	for _, k := range keys {
		s.Add(k)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, k := range keys {
			if !s.Has(k) || s.Add(k) {
				panic(k)
			}
		}
	}))
}

// BenchmarkValueSet puts a million values in.
func BenchmarkValueSet(b *testing.B) {
	const count = 1_000_000
	for name, value := range map[string]func(i uint64) string{
		"dense":  func(i uint64) string { return strconv.FormatUint(i, 10) },
		"large":  func(i uint64) string { return strconv.FormatUint(i+1<<40, 10) },
		"pairs":  func(i uint64) string { return strconv.FormatUint(i/2<<20+i%2+1<<40, 10) },
		"random": func(i uint64) string { return strconv.FormatUint(i*0x9E3779B97F4A7C15&(1<<62-1), 10) },
	} {
		keys := make([]string, count)
		for i := range keys {
			keys[i] = value(uint64(i))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var s Set
				for _, k := range keys {
					s.Add(k)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/value")
		})
	}
}
