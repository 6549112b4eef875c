package node

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// A message with an entry that is not kept is held back.
func TestNotDurable_holdsItsEntries(t *testing.T) {
	source := gossip.NewOriginID("n1", "log")
	with := func(first uint64, count int) *gossip.Message {
		return &gossip.Message{Runs: []gossip.Run{{Origin: source, First: first, Values: make([]string, count)}}}
	}
	u := &notDurable{}
	require.False(t, u.holds(with(1, 10)))
	u.add([]gossip.Entry{entry(5, "5"), entry(6, "6")})
	require.True(t, u.holds(with(1, 5)))
	require.True(t, u.holds(with(6, 1)))
	require.False(t, u.holds(with(1, 4)))
	require.False(t, u.holds(with(7, 4)))
	require.False(t, u.holds(&gossip.Message{}))
	require.False(t, u.holds(&gossip.Message{Runs: []gossip.Run{{Origin: gossip.NewOriginID("n2", "log"), First: 5, Values: []string{"5"}}}}))
	u.clear()
	require.False(t, u.holds(with(5, 2)))
}
