package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/topology"
)

// A node whose parent is silent swaps vectors with others, once a second as
// long as that brings something. With enough to do it does so once in ten.
func TestABusyNodePutsOffRandomSwaps(t *testing.T) {
	var names []string
	for i := range 9 {
		names = append(names, "n"+string(rune('0'+i)))
	}
	tree, err := topology.New(names, 2)
	require.NoError(t, err)
	swaps := func(busy func(time.Duration) bool) uint64 {
		c := newTestCore(t, func(cfg *Config) {
			cfg.Tree, cfg.Self, cfg.Busy = tree, "n1", busy
			cfg.Depth, cfg.Height = 1, 2
			cfg.Neighbours = []Neighbour{{Name: "n0", Role: Parent}, {Name: "n3", Role: Child}, {Name: "n4", Role: Child, Leaf: true}}
		})
		learn(c, 0, 1)
		for now := time.Duration(0); now < time.Minute; now += 20 * time.Millisecond {
			for _, o := range c.Advance(now, 1000) {
				if o.To != "n0" && o.Message.Batch != 0 {
					receive(c, now, o.To, ackOf(o.Message.Batch))
				}
			}
			c.useful(now) // what was swapped has brought something
		}
		return c.Stats().Swaps
	}
	often := swaps(nil)
	require.Greater(t, often, uint64(20))
	seldom := swaps(func(time.Duration) bool { return true })
	require.GreaterOrEqual(t, seldom, uint64(3), "it is put off, not off")
	require.LessOrEqual(t, seldom, uint64(7))
	require.Equal(t, often, swaps(func(time.Duration) bool { return false }))
}
