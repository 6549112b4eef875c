package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestZeroFieldsTakeTheDefaults(t *testing.T) {
	c, err := ValidConfig().withDefaults()
	require.NoError(t, err)
	require.Equal(t, DefaultAckDelay, c.AckDelay)
	require.Equal(t, DefaultFirstRTT, c.FirstRTT)
	require.Equal(t, DefaultWindowBytes, c.WindowBytes)
	require.True(t, c.Permits.Acquire(0, "n1"), "no permits means no limit")
	c.Permits.Progress(0, "n1")
	c.Permits.Release(0, "n1")
}

func TestWhatIsSetIsKept(t *testing.T) {
	want := ValidConfig()
	want.Phase, want.AckDelay, want.FirstRTT, want.WindowBytes = 399*ms, time.Second, time.Minute, 7
	want.Permits = &unlimited{}
	want.Neighbours = []Neighbour{{Name: "n0", Role: Parent}, {Name: "n2"}, {Name: "n3", Leaf: true}}
	got, err := want.withDefaults()
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestWrongConfigsAreErrors(t *testing.T) {
	cases := []struct {
		says  string
		spoil func(*Config)
	}{
		{"incarnation", func(c *Config) { c.Incarnation = 0 }},
		{"period", func(c *Config) { c.Period = 0 }},
		{"period", func(c *Config) { c.Period = -time.Second }},
		{"phase", func(c *Config) { c.Phase = -1 }},
		{"phase", func(c *Config) { c.Phase = c.Period }},
		{"listed twice", func(c *Config) { c.Neighbours = []Neighbour{{Name: "n1"}, {Name: "n2"}, {Name: "n1"}} }},
		{"parents", func(c *Config) {
			c.Neighbours = []Neighbour{{Name: "n1", Role: Parent}, {Name: "n2", Role: Parent}}
		}},
	}
	for _, test := range cases {
		cfg := ValidConfig()
		test.spoil(&cfg)
		_, err := New(0, cfg, NewLog())
		require.ErrorContains(t, err, test.says)
		require.ErrorContains(t, err, "gossip: ")
	}
	_, err := New(0, ValidConfig(), NewLog())
	require.NoError(t, err)
}
