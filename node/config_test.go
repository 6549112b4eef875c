package node

import (
	"bytes"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/wire"
)

// goodConfig is a Config with nothing but what is required.
func goodConfig() Config {
	return Config{Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler)}
}

// What is not given has its default.
func TestConfig_hasDefaults(t *testing.T) {
	c, err := goodConfig().withDefaults()
	require.NoError(t, err)
	require.Zero(t, c.NumChildren, "chosen when the number of nodes is known")
	require.Equal(t, DefaultSyncPeriod, c.period())
	require.Equal(t, gossip.DefaultAckDelay, c.AckDelay)
	require.Equal(t, wire.DefaultMaxLineBytes, c.MaxLineBytes)
	require.Equal(t, DefaultClientThreshold, c.ClientThreshold)
	require.Equal(t, backpressure.DefaultPeriod, c.Monitor.Period)
	require.Equal(t, backpressure.DefaultPermitsConfig(0), c.Permits)
}

// A capacity is never below the preferred size by default.
func TestConfig_capacityIsAtLeastPreferred(t *testing.T) {
	cfg := goodConfig()
	cfg.Queues = map[string]QueueSizes{"intake": {Preferred: 10 * DefaultIntake.Capacity}, "gossip": {Preferred: 5}}
	n, err := New(cfg, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 10*DefaultIntake.Capacity, n.intakeQueue.Capacity())
	require.Equal(t, 5, n.gossipQueue.Preferred())
	require.Equal(t, DefaultGossip.Capacity, n.gossipQueue.Capacity())
	require.Equal(t, DefaultOutput.Preferred, n.outputQueue.Preferred())
}

// Settings that cannot work are reported when the node is made.
func TestConfig_refusesWhatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"Random and Log are required": func(c *Config) { c.Random = nil },
		"are required":                func(c *Config) { c.Log = nil },
		"number of children":          func(c *Config) { c.NumChildren = -1 },
		"sync period":                 func(c *Config) { c.SyncPeriod = -time.Second },
		"capacity 5 is below":         func(c *Config) { c.Queues = map[string]QueueSizes{"intake": {Preferred: 10, Capacity: 5}} },
		`queue "gossip": preferred`:   func(c *Config) { c.Queues = map[string]QueueSizes{"gossip": {Preferred: -1}} },
		`queue "output"`:              func(c *Config) { c.Queues = map[string]QueueSizes{"output": {Capacity: -1}} },
		"health monitor":              func(c *Config) { c.Monitor.Period = -1 },
		"gate: threshold":             func(c *Config) { c.ClientThreshold = -1 },
		"permits: time-out":           func(c *Config) { c.Permits = backpressure.DefaultPermitsConfig(3); c.Permits.Timeout = 0 },
		"permits: total":              func(c *Config) { c.Permits = backpressure.DefaultPermitsConfig(-1) },
	} {
		cfg := goodConfig()
		change(&cfg)
		n, err := New(cfg, io.Discard)
		require.ErrorContains(t, err, name)
		require.Nil(t, n)
	}
}

// Every monitored queue drains without a permit.
func TestConfig_noQueueNeedsAPermit(t *testing.T) {
	n, err := New(goodConfig(), &bytes.Buffer{})
	require.NoError(t, err)
	require.Len(t, n.broker.Monitored(), 3)
	require.Equal(t, n.broker.Queues(), n.broker.Monitored())
}
