package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormulaIsThatOfTheStar(t *testing.T) {
	for period, want := range map[int]string{200: "1.596", 400: "0.930", 800: "0.539", 1550: "0.303"} {
		require.Equal(t, want, set{}.formula(locked("", 24, period)))
	}
	require.Equal(t, "-", set{}.formula(setting{}))
	require.Greater(t, set{}.formula(locked("", 2, 400)), set{}.formula(locked("", 24, 400)))
}

func TestEverySettingNamesItself(t *testing.T) {
	for name, s := range sets {
		seen := map[string]bool{}
		for _, setting := range s.settings {
			require.NotEmpty(t, setting.label, name)
			require.False(t, seen[setting.label], "%s: %s stands twice", name, setting.label)
			seen[setting.label] = true
			require.Contains(t, setting.args, "--node-count", setting.label)
		}
		require.NotEmpty(t, s.title)
	}
}
