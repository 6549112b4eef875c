package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A root takes the period at once; whoever hears a root has that one's.
func TestSetPeriod_isTheRootsToTell(t *testing.T) {
	core := func(role Role) *Core {
		c, err := New(0, Config{Incarnation: 1, Rounds: Locked, Period: time.Second, GreetAt: Never, Neighbours: []Neighbour{{Name: "other", Role: role}}}, NewLog())
		require.NoError(t, err)
		return c
	}
	root, child := core(Child), core(Parent)
	root.SetPeriod(0, 100*time.Millisecond)
	child.SetPeriod(0, 200*time.Millisecond)
	require.Equal(t, 100*time.Millisecond, root.Stats().Period)
	require.Equal(t, 200*time.Millisecond, child.Stats().Period)

	root.log.Append(Entry{Origin: NewOriginID("root", "a"), Counter: 1, Value: "1"})
	root.Learn(0)
	require.LessOrEqual(t, root.Next(), 100*time.Millisecond)
	out := root.Advance(root.Next(), 10)
	require.Len(t, out, 1)
	child.Receive(0, "other", out[0].Message)
	require.Equal(t, 100*time.Millisecond, child.Stats().Period)
	child.SetPeriod(0, 300*time.Millisecond)
	require.Equal(t, 100*time.Millisecond, child.Stats().Period)
}
