package gossip

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/topology"
)

// Each invariant is broken once, and found.
func TestCheck_findsWhatIsBroken(t *testing.T) {
	healthy := func() (*Core, *link) {
		tree, err := topology.New([]string{"n0", "n1", "n2", "n3"}, 2)
		require.NoError(t, err)
		c := NewTestCore(t, func(cfg *Config) {
			cfg.Self, cfg.Tree, cfg.Rounds = "n1", tree, Locked
			cfg.Neighbours = []Neighbour{{Name: "n0", Role: Parent}, {Name: "n3", Leaf: true}}
		})
		FillLog(c.log, OriginOf(0), 5)
		c.Learn(0)
		for now := time.Duration(0); now < time.Second; now += 100 * ms {
			Spoken(c, now)
		}
		l := c.byPeer["n3"]
		require.NotEmpty(t, l.inflight)
		require.NoError(t, c.View().Check())
		return c, l
	}
	for _, test := range []struct {
		number int
		breaks func(c *Core, l *link)
	}{
		{1, func(c *Core, l *link) { c.held.Add(OriginOf(1), 1) }},
		{2, func(c *Core, l *link) { l.cursor = 9 }},
		{2, func(c *Core, l *link) { l.resend = []segment{{from: 3, to: 7}} }},
		{2, func(c *Core, l *link) { l.inflight[0].parts[0].to = 7 }},
		{3, func(c *Core, l *link) { l.inflight = append(l.inflight, l.inflight[0]) }},
		{3, func(c *Core, l *link) { l.number = 0 }},
		{4, func(c *Core, l *link) { c.parent.peer.index = 2 }},
		{5, func(c *Core, l *link) { c.parent = nil }},
		{5, func(c *Core, l *link) { l.role = Parent }},
		{6, func(c *Core, l *link) { l.unacked++ }},
		{6, func(c *Core, l *link) { l.inflight, l.unacked = nil, 0 }},
		{7, func(c *Core, l *link) {
			next := l.inflight[0]
			next.number = l.next()
			l.state = probing
			l.progress.send(next)
		}},
		{8, func(c *Core, l *link) { l.state, l.mute = unreachable, true }},
		{8, func(c *Core, l *link) { l.atRest = true }},
		{9, func(c *Core, l *link) { l.queued = !l.queued }},
		{9, func(c *Core, l *link) { c.due = append(c.due, c.parent) }},
		{9, func(c *Core, l *link) { l.acks.due = 1 }},
		{9, func(c *Core, l *link) { l.slot = -1 }},
		{9, func(c *Core, l *link) { delete(c.byPeer, "n3") }},
		{10, func(c *Core, l *link) { l.acks.stored.Add(3) }},
		{10, func(c *Core, l *link) { l.acks.stored.Add(3); l.acks.newest, c.downAt = 3, Never }},
		{11, func(c *Core, l *link) { l.exchange.ours = sent }},
		{11, func(c *Core, l *link) { l.base, l.exchange.owed = 0, true }},
		{12, func(c *Core, l *link) { l.state = unreachable }},
		{12, func(c *Core, l *link) { c.suspicion.unreachable = []*peer{&l.peer} }},
		{12, func(c *Core, l *link) { c.children++ }},
	} {
		c, l := healthy()
		test.breaks(c, l)
		require.ErrorContains(t, c.View().Check(), fmt.Sprintf("invariant %d does not hold", test.number))
	}
}
