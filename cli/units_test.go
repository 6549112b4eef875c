package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnits_mayBeNamed(t *testing.T) {
	for text, want := range map[string]float64{"20": 20, "1.5": 1.5, "1s": 1, "100ms": 0.1, "2m": 120, "-1": -1, "1e2": 100} {
		var s secondsFlag
		require.NoError(t, s.UnmarshalText([]byte(text)))
		require.InDelta(t, want, float64(s), 1e-9, text)
	}
	for text, want := range map[string]float64{"100": 100, "100ms": 100, "0.1s": 100, "1s": 1000, "2500us": 2.5} {
		var m millisFlag
		require.NoError(t, m.UnmarshalText([]byte(text)))
		require.InDelta(t, want, float64(m), 1e-9, text)
	}
	var s secondsFlag
	require.ErrorContains(t, s.UnmarshalText([]byte("soon")), `"soon" is no number of seconds; give one such as 20, or with a unit, such as 20s`)
}

func TestNegatives_areNumbersAndNoFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"rate is -1 operations per second":         {"--rate", "-1"},
		"--time-limit is -1; give a number":        {"--time-limit", "-1"},
		"--latency is -0.5; give whole":            {"--latency", "-.5"},
		"--node-count is -3; give 1 or more":       {"--node-count", "-3"},
		"--quiet-time is -2; give a number":        {"--quiet-time", "-2s"},
		"--loss-rate has no effect":                {"--loss-rate", "-2"},
		"the rate of loss is -2; give a":           {"--loss-rate", "-2", "--nemesis", "loss"},
		"--test-count is -1; give 1 or more":       {"--test-count", "-1"},
		"--init-timeout is -1; give a number":      {"--init-timeout", "-1"},
		"--init-timeout is 0; give a number":       {"--init-timeout", "0"},
		"--seed: expected a valid 64 bit uint but": {"--seed", "-1"},
	} {
		got := runHere(t, append([]string{"test", "--store", t.TempDir()}, args...)...)
		require.Equal(t, ExitBadArgs, got.code, want)
		require.Contains(t, got.stderr, want)
	}
	got := runHere(t, "--permits", "-5")
	require.Equal(t, ExitUsage, got.code)
	require.NotContains(t, got.stderr, "short flag")
	require.Equal(t, []string{"test", "--rate=-1", "--", "--x", "-1"}, joinNegatives([]string{"test", "--rate", "-1", "--", "--x", "-1"}))
	require.Equal(t, []string{"-w", "echo", "--rate=5", "-1"}, joinNegatives([]string{"-w", "echo", "--rate=5", "-1"}))
}
