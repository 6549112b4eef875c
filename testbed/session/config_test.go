package session

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/testbed/nemesis"
	"treecast/testbed/network"
)

func TestNodesAreNamedAsMaelstromNamesThem(t *testing.T) {
	require.Equal(t, []string{"n0", "n1", "n2"}, NodeNames(3))
	require.Equal(t, []string{"n1", "n2", "n3", "n4", "n5"}, NodeNames(0))
}

func TestConcurrencyIsReadAsJepsenReadsIt(t *testing.T) {
	for text, want := range map[string]int{"1n": 5, "2n": 10, "10": 10, "1": 1} {
		got, err := ParseConcurrency(text, 5)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "n", "0", "0n", "-1", "1.5n", "2nn", "n2", "99999999999", "+1"} {
		_, err := ParseConcurrency(text, 5)
		require.ErrorContains(t, err, "such as 1n", text)
	}
}

func TestAConfigThatCannotRunSaysWhy(t *testing.T) {
	good := config(3)
	require.NoError(t, good.Validate())
	for why, spoil := range map[string]func(*Config){
		"needs a workload":          func(c *Config) { c.Workload = nil },
		"at least one node":         func(c *Config) { c.Nodes = nil },
		`two nodes are called "n0"`: func(c *Config) { c.Nodes = []string{"n0", "n0"} },
		`be called "c1"`:            func(c *Config) { c.Nodes = []string{"c1"} },
		`be called ""`:              func(c *Config) { c.Nodes = []string{""} },
		"concurrency is -1":         func(c *Config) { c.Concurrency = -1 },
		"rate is -1":                func(c *Config) { c.RatePerSec = -1 },
		"rate is NaN":               func(c *Config) { c.RatePerSec = math.NaN() },
		"rate is +Inf":              func(c *Config) { c.RatePerSec = math.Inf(1) },
		"time limit is 0s":          func(c *Config) { c.TimeLimit = 0 },
		"operation timeout is -1ns": func(c *Config) { c.OpTimeout = -1 },
		"quiet time is -1ns":        func(c *Config) { c.Quiet = -1 },
		"nemesis interval is 0s":    func(c *Config) { c.Nemesis.Faults = nemesis.Faults() },
		"no topology is called":     func(c *Config) { c.Topology = "ring" },
		"no latency distribution":   func(c *Config) { c.Latency = network.Latency{Dist: "x"} },
		"give whole milliseconds":   func(c *Config) { c.Latency = network.Latency{Mean: 1} },
	} {
		bad := config(3)
		spoil(&bad)
		require.ErrorContains(t, bad.Validate(), why)
		_, err := New(bad)
		require.Error(t, err)
	}
}
