package gossip_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// Over direct links an entry that comes from another node than its origin may be
// all that is left of it: whoever gets it tells everybody, be it by a
// message that was made before its sender had heard of the receiver. What
// the origin itself says it says to everybody, and costs nothing more.
func TestOverDirectLinksOnlyStraysOfFirstContactsArePassedOn(t *testing.T) {
	for _, c := range []struct {
		name, origin string
		passed       []string
	}{
		{"its origin's", "n2", nil},
		{"another one's", "n4", []string{"n3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := gossip.NewTestCore(t, func(cfg *gossip.Config) {
				cfg.Self, cfg.Rounds, cfg.Direct = "n1", gossip.Eager, true
				cfg.Neighbours = []gossip.Neighbour{{Name: "n2"}, {Name: "n3"}}
			})
			source := gossip.NewOriginID(c.origin, "former")
			d, ok := core.Receive(0, "n2", &gossip.Message{Incarnation: 200, Batch: 1, Runs: []gossip.Run{{source, 1, []string{"7"}}}})
			require.True(t, ok)
			gossip.Store(core, 0, d)
			var passed []string
			for now := time.Duration(0); now < 3*time.Second; now += 50 * time.Millisecond {
				for core.Next() <= now {
					for _, o := range core.Advance(now, 8) {
						if o.Message.Entries() > 0 && !o.Message.Resent {
							passed = append(passed, o.To)
						}
					}
				}
			}
			require.Equal(t, c.passed, passed)
		})
	}
}
