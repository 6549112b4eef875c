package node

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/node/stdin"
)

// tinyRig is a node with tiny queues, of two.
func tinyRig(t *testing.T) *Rig { return StartedRig(t, IDs(2), Tiny) }

// A full intake refuses what it cannot take and nothing else.
func TestOverload_fullIntakeRefuses(t *testing.T) {
	r := tinyRig(t)
	for i := range 4 {
		r.AdmitLines(0, BroadcastLine("n0", i, fmt.Sprint(i)))
	}
	r.AdmitLines(0,
		Say("c3", "n0", `{"type":"broadcast","message":9,"msg_id":5}`),
		Say("c3", "n0", `{"type":"read","msg_id":5}`),
		Say("c3", "n0", `{"type":"broadcast","message":9}`),
		Say("c3", "n0", `{"type":"topology","msg_id":5}`),
		Say("c3", "n0", `{"type":"echo","echo":1,"msg_id":5}`),
	)
	refusal := errorLine("c3", 11, "overloaded: this node's intake is full; try again")
	require.Equal(t, []string{refusal, refusal,
		Say("n0", "c3", `{"type":"topology_ok","in_reply_to":5}`), Say("n0", "c3", `{"type":"echo_ok","in_reply_to":5,"echo":1}`),
	}, r.Write(0), "what is refused is answered at once")
	require.Equal(t, uint64(3), r.counters.refusedFull.Load())

	require.Len(t, r.Settle(0), 4)
	require.Equal(t, "[0,1,2,3]", r.Values(0))
	require.Zero(t, r.intakeBytes.used.Load())
}

// The intake is bounded in bytes too.
func TestOverload_intakeIsBoundedInBytes(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.intakeBytes.limit = 170 // the bodies of the first and the last
	r.AdmitLines(0, BroadcastLine("n0", 1, strings.Repeat("1", 60)), BroadcastLine("n0", 2, strings.Repeat("2", 60)), BroadcastLine("n0", 3, "3"))
	out := r.Settle(0)
	require.Len(t, out, 3)
	require.Contains(t, out[0], `"in_reply_to":2,"code":11`)
	require.Contains(t, out[1], `{"type":"broadcast_ok","in_reply_to":1}`)
	require.Contains(t, out[2], `{"type":"broadcast_ok","in_reply_to":3}`)
	require.Zero(t, r.intakeBytes.used.Load(), "what is done counts no more")

	large := strings.Repeat("4", 5000)
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 4, large))[0], "broadcast_ok", "one larger than all the room passes alone")
	require.Equal(t, fmt.Sprintf("[%s,3,%s]", strings.Repeat("1", 60), large), r.Values(0))
}

// A budget counts what is taken and put back.
func TestBudget_counts(t *testing.T) {
	b := budget{limit: 10}
	require.True(t, b.take(10))
	require.False(t, b.take(1))
	require.Equal(t, int64(10), b.used.Load(), "a refusal takes nothing")
	b.put(1)
	require.True(t, b.take(1))
	b.put(10)
	require.True(t, b.take(11), "larger than all of it, but alone")
	require.False(t, b.take(1))
	require.True(t, b.take(0), "what takes nothing always fits")
	b.put(11)
	require.Zero(t, b.used.Load())
}

// beat has the health monitor look at the queues every 100 ms.
func (r *Rig) beat(from, to time.Duration) {
	for now := from; now <= to; now += 100 * time.Millisecond {
		r.Poll(now)
	}
}

// Broadcasts are refused while the node is unhealthy for too long.
func TestOverload_unhealthyNodeRefusesBroadcasts(t *testing.T) {
	r := tinyRig(t)
	broadcast := Say("c3", "n0", `{"type":"broadcast","message":9,"msg_id":5}`)
	r.AdmitLines(0, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3)) // one more than preferred
	r.beat(100*time.Millisecond, time.Second)
	r.AdmitLines(time.Second, broadcast)
	require.Zero(t, r.counters.refusedByGate.Load(), "1 s is not longer than 1 s")

	r.beat(1100*time.Millisecond, 1100*time.Millisecond)
	r.AdmitLines(1100*time.Millisecond, broadcast, ReadLine("n0", 4),
		Say("c3", "n0", `{"type":"broadcast","message":9}`), Say("c3", "n0", `{"type":"topology","msg_id":5}`))
	out := r.Write(1100 * time.Millisecond)
	require.Len(t, out, 3)
	require.Contains(t, out[0], `{"type":"error","in_reply_to":5,"code":11,"text":"overloaded: queue intake of this node has been unhealthy for 1.1s; try again"`)
	require.Contains(t, out[1], `"in_reply_to":4,"code":11,"text":"overloaded: this node's intake is full`, "reads are refused by the queue alone")
	require.Contains(t, out[2], `topology_ok`)
	require.Equal(t, uint64(2), r.counters.refusedByGate.Load())

	require.Len(t, r.Settle(1150*time.Millisecond), 4)
	r.beat(1200*time.Millisecond, 1200*time.Millisecond)
	require.Contains(t, r.Ask(1200*time.Millisecond, broadcast)[0], "broadcast_ok", "healthy again")
	require.Equal(t, "[9]", r.Values(1200*time.Millisecond))
}

// Peers' messages is bounded in items and bytes.
func TestOverload_peerMessagesAreBounded(t *testing.T) {
	mail := func(i int) string { return Say("n1", "n0", fmt.Sprintf(`{"type":"gossip","e":5,"f":0,"b":%d}`, i)) }
	r := StartedRig(t, IDs(2), Tiny)
	r.AdmitLines(0, mail(1), mail(2), mail(3))
	require.Equal(t, uint64(1), r.counters.droppedPeerMsgs.Load())
	require.Equal(t, 2, r.gossipQueue.Depth())
	require.Empty(t, r.Write(0), "nobody is told")
	r.Work(0)
	require.Zero(t, r.gossipBytes.used.Load())

	r.gossipBytes.limit = int64(len(`{"type":"gossip","e":5,"f":0,"b":1}`))
	r.AdmitLines(0, mail(4), mail(5))
	require.Equal(t, uint64(2), r.counters.droppedPeerMsgs.Load())
	r.Work(0)
	require.Zero(t, r.gossipBytes.used.Load())
}

// Replies are dropped and counted only when the output is full.
func TestOverload_repliesAreDroppedWhenOutputIsFull(t *testing.T) {
	r := tinyRig(t)
	for i := range 20 {
		r.AdmitLines(0, Say("c1", "n0", fmt.Sprintf(`{"type":"echo","echo":%d,"msg_id":%d}`, i, i)))
	}
	require.Equal(t, uint64(4), r.counters.droppedReplies.Load())
	out := r.Write(0)
	require.Len(t, out, 16)
	for i, line := range out {
		require.Equal(t, Say("n0", "c1", fmt.Sprintf(`{"type":"echo_ok","in_reply_to":%d,"echo":%d}`, i, i)), line, "the first ones, in order")
	}
}

// What waited while the process was stopped is stored and not answered.
func TestOverload_stoppedProcessStoresAndDoesNotAnswer(t *testing.T) {
	r := tinyRig(t)
	r.Feed(time.Second, stdin.MaybeGone, BroadcastLine("n0", 1, "1"), Say("c1", "n0", `{"type":"broadcast","message":2}`))
	require.Empty(t, r.Settle(time.Second))
	require.Equal(t, uint64(2), r.counters.silenced.Load())

	r.Feed(time.Second, stdin.MaybeGone, ReadLine("n0", 2))
	require.Equal(t, []string{Say("n0", "c1", `{"type":"read_ok","in_reply_to":2,"messages":[1,2]}`)}, r.Settle(time.Second),
		"a late answer to a read does no harm")
	r.Feed(time.Second, stdin.Gone, ReadLine("n0", 3))
	require.Empty(t, r.Settle(time.Second), "unless it is so late that its client has given up another operation")
	require.Equal(t, uint64(3), r.counters.silenced.Load())

	// Neither is it answered where it cannot be stored.
	for i := range 6 {
		r.Feed(time.Second, stdin.MaybeGone, BroadcastLine("n0", i, fmt.Sprint(i)))
	}
	require.Empty(t, r.Settle(time.Second))
	require.Equal(t, uint64(2), r.intakeQueue.Figures(time.Second).Rejected)

	r.AdmitLines(time.Second, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3))
	r.beat(2*time.Second, 5*time.Second)
	r.Feed(5*time.Second, stdin.MaybeGone, BroadcastLine("n0", 9, "9"))
	require.Empty(t, r.Write(5*time.Second))
	require.Equal(t, uint64(1), r.counters.refusedByGate.Load())
}
