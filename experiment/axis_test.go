package experiment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const milli = time.Millisecond

func TestAnAxisIsAListOfValuesAndRanges(t *testing.T) {
	for text, want := range map[string][]int{
		"5": {5}, "2,3, 24": {2, 3, 24}, "2..5": {2, 3, 4, 5}, "0..100/25": {0, 25, 50, 75, 100},
		"1..10/4": {1, 5, 9}, "7..7": {7}, "1,10..12,5": {1, 10, 11, 12, 5},
	} {
		got, err := ParseWhole(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	durations, err := ParseDurations("260ms,0.5s,1s..1.2s/100ms")
	require.NoError(t, err)
	require.Equal(t, []time.Duration{260 * milli, 500 * milli, 1000 * milli, 1100 * milli, 1200 * milli}, durations)
	numbers, err := ParseNumbers("0,0.1..0.5/0.1,1e3")
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 1000}, numbers)
	fanOuts, err := ParseFanOuts("auto,2..4,24")
	require.NoError(t, err)
	require.Equal(t, []string{"auto", "2", "3", "4", "24"}, fanOuts)
	words, err := ParseWords("locked, eager")
	require.NoError(t, err)
	require.Equal(t, []string{"locked", "eager"}, words)
}

func TestAnAbsurdAxisIsExplained(t *testing.T) {
	whole := func(text string) error { _, err := ParseWhole(text); return err }
	durations := func(text string) error { _, err := ParseDurations(text); return err }
	numbers := func(text string) error { _, err := ParseNumbers(text); return err }
	words := func(text string) error { _, err := ParseWords(text); return err }
	fanOuts := func(text string) error { _, err := ParseFanOuts(text); return err }
	for _, c := range []struct {
		parse      func(string) error
		text, want string
	}{
		{whole, "", "there is nothing where a value should be"},
		{whole, "1,,2", "there is nothing where a value should be"},
		{whole, "1,", "there is nothing where a value should be"},
		{whole, "five", `"five" is not a whole number that can be used here`},
		{whole, "-1", `"-1" is not a whole number that can be used here`},
		{whole, "1.5", `"1.5" is not a whole number`},
		{whole, "99999999999999999999", "is not a whole number"},
		{whole, "5..2", `the range "5..2" ends before it begins; give the smaller end first`},
		{whole, "1..5/0", `the range "1..5/0" never ends: its step is 0`},
		{whole, "1..", `"" is not a whole number`},
		{whole, "1..5/", `"" is not a whole number`},
		{whole, "0..2147483647", "that is more than 10000 values; take fewer, or larger steps"},
		{whole, "1..9999,1..9999", "that is more than 10000 values"},
		{durations, "450", `"450" is not a duration such as 450ms`},
		{durations, "0s", `"0s" is not a duration`},
		{durations, "-1s", `"-1s" is not a duration`},
		{durations, "100ms..1s", `the range "100ms..1s" has no step; give one: 100ms..1s/STEP`},
		{durations, "1ns..1h/1ns", "that is more than 10000 values"},
		{numbers, "NaN", `"NaN" is not a number`},
		{numbers, "Inf", `"Inf" is not a number`},
		{numbers, "-1", `"-1" is not a number`},
		{numbers, "0..1e9/1e-300", "that is more than 10000 values"},
		{numbers, "1..5", "has no step"},
		{words, "a,,b", "there is nothing where a value should be"},
		{fanOuts, "2,,auto", "there is nothing where a value should be"},
		{fanOuts, "2x", `"2x" is not a whole number`},
		{fanOuts, strings.Repeat("1..9000,", 3) + "2", "that is more than 10000 values"},
	} {
		require.ErrorContains(t, c.parse(c.text), c.want, c.text)
	}
}

func TestARangeHoldsItsStepsAndNothingBeyondItsEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, step := rapid.IntRange(0, 1e6).Draw(t, "from"), rapid.IntRange(1, 1e6).Draw(t, "step")
		to := from + rapid.IntRange(0, 5000).Draw(t, "steps")*step + rapid.IntRange(0, step-1).Draw(t, "rest")
		got, err := ParseWhole(fmt.Sprintf("%d..%d/%d", from, min(to, 1<<31-1), step))
		require.NoError(t, err)
		for i, v := range got {
			require.Equal(t, from+i*step, v)
		}
		require.LessOrEqual(t, got[len(got)-1], min(to, 1<<31-1))
		require.Greater(t, got[len(got)-1]+step, min(to, 1<<31-1))
	})
}

func FuzzAxis(f *testing.F) {
	for _, text := range []string{"1..5/2", "auto", "1e9..1e9/1", "100ms..1s/1ms", "..", "1../", "/,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, err1 := ParseWhole(text)
		fanOuts, err2 := ParseFanOuts(text)
		numbers, err3 := ParseNumbers(text)
		durations, err4 := ParseDurations(text)
		for _, axis := range []struct {
			n   int
			err error
		}{{len(whole), err1}, {len(fanOuts), err2}, {len(numbers), err3}, {len(durations), err4}} {
			require.Equal(t, axis.err == nil, axis.n > 0, "values, or an error")
			require.LessOrEqual(t, axis.n, MaxSettings)
		}
	})
}

func TestParseMillis_takesUnits(t *testing.T) {
	for text, want := range map[string][]int{"100": {100}, "100ms,0.2s": {100, 200}, "0..100ms/50": {0, 50, 100}, "1s": {1000}, "0": {0}} {
		got, err := ParseMillis(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"1.5ms", "-1ms", "100us", "x", "1h1000000h"} {
		_, err := ParseMillis(text)
		require.ErrorContains(t, err, "is not a whole number of milliseconds", text)
	}
}
