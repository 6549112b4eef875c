package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"

	"treecast/node/stdin"
)

// A stdout that is read at its own pace slows the client and loses nothing.
func TestStall_slowStdoutLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.Stalled(t)
		taken := r.Pour(node.InitLine(0, "n0", "n0") + "\n" + node.ManyBroadcasts(3000))
		s := r.Speech()
		s.Lines.Reset(node.Chunked{r.Stdout, 200, func() { <-time.After(time.Millisecond) }})
		require.Equal(t, "init_ok", s.Next(t).Body.Type)
		var replies []node.ReplyLine
		for range 3000 {
			replies = append(replies, s.Next(t))
		}
		node.Soon(t, taken)
		require.Len(t, node.RequireEachOnce(t, replies, 0, 3000), 3000)
		require.Zero(t, r.Counter("dropped_replies"))
		require.Empty(t, r.Finish(s))
	})
}

// A stdout that stands still holds the reader for a second only.
func TestStall_stuckStdoutHoldsReaderForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.Stalled(t)
		taken := r.Pour(node.InitLine(0, "n0", "n0") + "\n" + node.ManyBroadcasts(20_000))
		synctest.Wait()
		select {
		case <-taken:
			require.Fail(t, "the reader must wait for stdout")
		default:
		}
		require.Zero(t, r.Counter("dropped_replies"))
		require.LessOrEqual(t, r.Queue("output").Depth, r.Queue("output").Capacity)

		node.Soon(t, taken) // nobody waits any more
		synctest.Wait()
		require.NotZero(t, r.Counter("dropped_replies"))
		require.Equal(t, r.Queue("output").Capacity, r.Queue("output").Depth, "what waits is bounded")
		stored := r.Entries()
		require.Greater(t, stored, 1000)
		refused := r.Counter("refused_by_wait") + r.Counter("refused_by_gate") + r.Counter("refused_full")
		require.Equal(t, 20_000, stored+int(refused))

		// Stdout moves again, but by then most replies are late.
		node.Pass(stdin.ReplyDeadline + time.Second)
		s := r.Speech()
		require.Equal(t, "init_ok", s.Next(t).Body.Type)
		r.Send(node.ReadLine("n0", 20_000))
		var replies []node.ReplyLine
		last := s.Next(t)
		for ; last.Body.Type != "read_ok"; last = s.Next(t) {
			replies = append(replies, last)
		}
		require.Less(t, len(replies), 20_000)
		seen := map[int]bool{}
		for _, reply := range replies {
			require.False(t, seen[reply.To()], "a second answer to %d", reply.To())
			seen[reply.To()] = true
		}
		require.Len(t, last.Messages(), stored)
		require.GreaterOrEqual(t, r.Counter("late_replies"), uint64(r.Queue("output").Capacity))
		require.Empty(t, r.Finish(s))
	})
}

// A node that is cancelled while stdout stands still writes when it moves.
func TestStall_cancelledNodeWritesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.Stalled(t)
		r.Send(node.InitLine(0, "n0", "n0"))
		for i := range 3 {
			r.Send(node.BroadcastLine("n0", i, "1"))
		}
		synctest.Wait()
		r.Cancel()
		node.Pass(time.Second)
		replies, err := r.Rest(r.Speech())
		require.NoError(t, err)
		require.Len(t, replies, 4)
	})
}
