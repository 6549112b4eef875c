package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
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

func TestScaleTriesTheStarTheChosenAndSmallFanOuts(t *testing.T) {
	require.Equal(t, []int{24, 10, 5, 3, 2}, scaleFanOuts(25))
	require.Equal(t, []int{999, 32, 24, 10, 5, 3, 2}, scaleFanOuts(1000))
	require.Equal(t, []int{9999, 100, 24, 10, 5}, scaleFanOuts(10_000))
	require.Contains(t, scaleSet().settings[0].label, "25 nodes, k = 24 (a star, auto)")
}

func TestTheBusiestNodeIsTheOneWithTheMost(t *testing.T) {
	r := &run.Results{
		Traffic: &run.Traffic{Nodes: []run.NodeTraffic{{SentMessages: 3, ReceivedMessages: 4}, {SentMessages: 10, ReceivedMessages: 30}}},
		Tables: []run.Table{
			{Name: "health", Columns: []string{"node"}, Rows: [][]any{{"n0"}}},
			{Name: "usage", Columns: []string{"node", "modelled_busy_ms"}, Rows: [][]any{{"n0", 100.0}, {"n1", 500.0}}},
		},
	}
	messages, ok := busiestMessages(r)
	require.True(t, ok)
	require.Equal(t, 2.0, messages)
	busy, ok := busiestBusy(r)
	require.True(t, ok)
	require.InDelta(t, 2.5, busy, 1e-9)
	_, ok = busiestBusy(&run.Results{})
	require.False(t, ok)
	_, ok = busiestMessages(&run.Results{})
	require.False(t, ok)
}
