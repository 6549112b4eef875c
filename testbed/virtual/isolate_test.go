package virtual

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/isolate/hop"
	"treecast/node"
	"treecast/node/inject"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/workload/all"
)

// Gossip behind frames is the same gossip: with the frames' path as data, where a hop
// takes no time, every message and every answer is the same, to the byte.
func TestIsolation_framesChangeNothing(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"locked rounds in a star": func(*Config) {},
		"a tree, all faults, kills and journals": func(c *Config) {
			c.Node.NumChildren = 2
			c.Session.Latency.Dist = network.Exponential
			c.Session.Nemesis = nemesis.Config{Faults: nemesis.Faults(), Interval: sec}
		},
		"free rounds":  func(c *Config) { c.Node.Rounds = gossip.Free },
		"eager rounds": func(c *Config) { c.Node.Rounds = gossip.Eager },
		"an output that is full": func(c *Config) {
			c.Node.Queues = map[string]node.QueueSizes{"output": {Preferred: 1, Capacity: 4}}
			c.Costs = DefaultCosts()
			c.Costs.Services["output"] = Cost{Step: ms / 3}
		},
		"a slow gossip service": func(c *Config) {
			c.Node.Faults = []inject.Fault{{Service: "gossip", Kind: inject.Slow, Each: 20 * ms}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			requireSameBehindFrames(t, func() Config {
				cfg := config(t, 9)
				cfg.Session.Seed = 11
				change(&cfg)
				return cfg
			})
		})
	}
}

// What an app gives out goes through the same frames, whatever it means by it.
func TestIsolation_framesChangeNothingWhateverTheApp(t *testing.T) {
	for _, name := range []string{"broadcast", "echo", "unique-ids", "g-set", "g-counter", "pn-counter", "kafka", "txn-rw-register"} {
		t.Run(name, func(t *testing.T) {
			w, err := all.Named(name)
			require.NoError(t, err)
			requireSameBehindFrames(t, func() Config {
				cfg := config(t, 5)
				cfg.Session.Workload, cfg.Session.TimeLimit, cfg.Session.Quiet = w, 2*sec, 3*sec
				cfg.Session.Nemesis = nemesis.Config{Faults: nemesis.Faults(), Interval: sec / 2}
				cfg.Node.NumChildren = 2
				return cfg
			})
		})
	}
}

// requireSameBehindFrames requires that a run is the same in every mode.
func requireSameBehindFrames(t *testing.T, make func() Config) {
	of := func(mode hop.Mode) (string, string, string) {
		cfg := make()
		cfg.Node.Isolation.Mode = mode
		return trace(t, cfg)
	}
	history, messages, logs := of(hop.None)
	for _, mode := range []hop.Mode{hop.Gossip, hop.Links} {
		again, spoken, written := of(mode)
		require.Equal(t, logs, written, "logs, %v", mode)
		require.Equal(t, messages, spoken, "messages, %v", mode)
		require.Equal(t, history, again, "history, %v", mode)
	}
}

// A child that crashes is followed by one that begins with what the store holds.
func TestIsolation_crashedChildrenLoseNothing(t *testing.T) {
	for _, mode := range []hop.Mode{hop.Gossip, hop.Links} {
		cfg := config(t, 5)
		cfg.Node.Isolation.Mode = mode
		cfg.Node.Faults = []inject.Fault{{Service: "gossip", Kind: inject.Panics, Each: 300 * ms, For: 4 * sec}}
		cfg.Node.MaxCrashes = 1000
		out := carryOut(t, cfg, Observers{})
		for _, n := range out.Nodes {
			require.Contains(t, string(n.Log), "has ended by itself")
		}
		requireSpread(t, out.History)
	}
}
