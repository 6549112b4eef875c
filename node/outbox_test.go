package node

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/wire"
)

// Gossip gets half of the preferred size.
func TestOutbox_gossipGetsHalf(t *testing.T) {
	r := tinyRig(t) // preferred 8, capacity 16
	require.Equal(t, 4, r.outbox.room())
	for i := range 6 {
		r.outbox.offer(0, outgoing{kind: replyBody, to: replyTo{client: "c1"}, body: []byte(`{}`)})
		require.Equal(t, max(0, 3-i), r.outbox.room())
	}
	require.Len(t, r.Write(0), 6)
	require.Equal(t, 4, r.outbox.room())
}

// Gossip is bounded in bytes.
func TestOutbox_boundsBytesOfGossip(t *testing.T) {
	r := tinyRig(t)
	body := []byte(`{"x":"` + strings.Repeat("x", maxOutputBytes) + `"}`)
	r.outbox.send(0, "n1", body)
	require.Zero(t, r.outbox.room())
	require.Len(t, r.Write(0), 1)
	require.Equal(t, 4, r.outbox.room())
}

// Gossip that finds no room after all is counted and forgotten.
func TestOutbox_countsDroppedGossip(t *testing.T) {
	r := tinyRig(t)
	for range 16 {
		r.outbox.offer(0, outgoing{kind: replyBody, to: replyTo{client: "c1"}, body: []byte(`{}`)})
	}
	r.outbox.send(0, "n1", []byte(`{"type":"gossip"}`))
	require.Equal(t, uint64(1), r.counters.droppedGossip.Load())
	require.Zero(t, r.outbox.gossip.used.Load())
}

// Errors go to those who ask.
func TestOutbox_errorsGoToRequestsOnly(t *testing.T) {
	r := tinyRig(t)
	r.outbox.fail(0, replyTo{client: "c1", msgID: wire.IntID(5)}, wire.Abort, "no")
	require.Empty(t, r.Write(0))
	r.outbox.fail(0, replyTo{client: "c1", msgID: wire.IntID(5), wantsReply: true}, wire.Abort, `"no"`)
	require.Equal(t, []string{Say("n0", "c1", `{"type":"error","in_reply_to":5,"code":14,"text":"\"no\""}`)}, r.Write(0))
}
