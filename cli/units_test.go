package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUnits_mayBeNamed(t *testing.T) {
	for text, want := range map[string]time.Duration{"20": 20 * time.Second, "1.5": 1500 * time.Millisecond, "1s": time.Second, "100ms": 100 * time.Millisecond, "2m": 2 * time.Minute, "1e2": 100 * time.Second} {
		all, err := parsed([]string{"test", "--time-limit", text})
		require.NoError(t, err)
		require.Equal(t, want, all.Test.TimeLimit.Duration(), text)
	}
	for text, want := range map[string]time.Duration{"100": 100 * time.Millisecond, "100ms": 100 * time.Millisecond, "0.1s": 100 * time.Millisecond, "1s": time.Second, "2500us": 2500 * time.Microsecond} {
		all, err := parsed([]string{"test", "--delay-mean", text})
		require.NoError(t, err)
		require.Equal(t, want, all.Test.DelayMean.Duration(), text)
	}
	_, err := parsed([]string{"test", "--quiet-time", "soon"})
	require.ErrorContains(t, err, `"soon", which is no number of seconds; give one such as 20, or with a unit, such as 20s`)
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
