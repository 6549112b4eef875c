package node

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// Tickets are taken once and in order.
func TestStoredSignal_ticketsComeOnceInOrder(t *testing.T) {
	n := newStoredSignal(newWake())
	require.Empty(t, n.take(nil))
	var want []gossip.Ticket
	for i := range 10_000 {
		want = append(want, gossip.Ticket{From: "n1", Batch: uint64(i)})
		n.stored(want[i])
	}
	got := n.take(nil)
	require.Equal(t, want, got)
	require.Empty(t, n.take(got), "the buffer is used again")
	n.stored(want[3])
	require.Equal(t, want[3:4], n.take(got))
}

// Any number of notices is one wake up.
func TestStoredSignal_isOneWakeUp(t *testing.T) {
	n := newStoredSignal(newWake())
	for range 3 {
		n.stored(gossip.Ticket{})
		n.notify()
	}
	require.Len(t, n.wake, 1)
	<-n.wake
	require.Len(t, n.take(nil), 3)
	require.Empty(t, n.wake)
}
