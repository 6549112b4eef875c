package gossip_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/topology"
)

// A node whose parent is silent swaps digests with others, once a second as
// long as that brings something. With enough to do it does so once in ten.
func TestABusyNodePutsOffRandomSwaps(t *testing.T) {
	var names []string
	for i := range 9 {
		names = append(names, "n"+string(rune('0'+i)))
	}
	tree, err := topology.New(names, 2)
	require.NoError(t, err)
	swaps := func(busy func(time.Duration) bool) uint64 {
		c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
			cfg.Tree, cfg.Self, cfg.Busy = tree, "n1", busy
			cfg.Depth, cfg.Height = 1, 2
			cfg.Neighbours = []gossip.Neighbour{{Name: "n0", Role: gossip.Parent}, {Name: "n3", Role: gossip.Child}, {Name: "n4", Role: gossip.Child, Leaf: true}}
		})
		learn(c, 0, 1)
		for now := time.Duration(0); now < time.Minute; now += 20 * time.Millisecond {
			for _, o := range c.Advance(now, 1000) {
				if o.To != "n0" && o.Message.Batch != 0 {
					receive(c, now, o.To, ackOf(o.Message.Batch))
				}
			}
			c.SwapWasUseful(now) // what was swapped has brought something
		}
		return c.Stats().Syncs
	}
	often := swaps(nil)
	require.Greater(t, often, uint64(20))
	seldom := swaps(func(time.Duration) bool { return true })
	require.GreaterOrEqual(t, seldom, uint64(3), "it is put off, not off")
	require.LessOrEqual(t, seldom, uint64(7))
	require.Equal(t, often, swaps(func(time.Duration) bool { return false }))
}
