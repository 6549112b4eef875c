package node

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/node/stdin"
)

// smallOutput has room for few replies, and for plenty of everything else. With
// so little room the store waits for stdout too, which is not to be taken for
// slowness of its own.
func smallOutput(c *Config) {
	c.Queues = map[string]QueueSizes{"output": {Preferred: 64, Capacity: 128}}
	c.MaxWait = Never
}

// pour writes to a node's stdin in a goroutine of its own, which says when the
// node has taken all of it.
func (r *running) pour(text string) (taken chan struct{}) {
	taken = make(chan struct{})
	go func() {
		_, _ = io.WriteString(r.stdin, text)
		close(taken)
	}()
	return taken
}

// stalled starts a node in a bubble and lets it come to rest, so that its
// clock has begun to tick.
func stalled(t *testing.T) *running {
	r := runNode(t, smallOutput)
	pass(time.Second)
	return r
}

func TestAStdoutThatIsReadAtItsOwnPaceSlowsTheClientAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stalled(t)
		taken := r.pour(initLine(0, "n0", "n0") + "\n" + manyBroadcasts(3000))
		s := r.speech()
		s.lines.Reset(chunked{r.stdout, 200, func() { <-time.After(time.Millisecond) }})
		require.Equal(t, "init_ok", s.next(t).Body.Type)
		var replies []reply
		for range 3000 {
			replies = append(replies, s.next(t))
		}
		soon(t, taken)
		require.Len(t, requireEachOnce(t, replies, 0, 3000), 3000)
		require.Zero(t, r.counters.droppedReplies.Load())
		require.Empty(t, r.finish(s))
	})
}

func TestAStdoutThatStandsStillHoldsTheReaderForASecondOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stalled(t)
		taken := r.pour(initLine(0, "n0", "n0") + "\n" + manyBroadcasts(20_000))
		synctest.Wait()
		select {
		case <-taken:
			require.Fail(t, "the reader must wait for stdout")
		default:
		}
		require.Zero(t, r.counters.droppedReplies.Load())
		require.LessOrEqual(t, r.outputQueue.Depth(), r.outputQueue.Capacity())

		soon(t, taken) // nobody waits any more
		synctest.Wait()
		require.NotZero(t, r.counters.droppedReplies.Load())
		require.Equal(t, r.outputQueue.Capacity(), r.outputQueue.Depth(), "what waits is bounded")
		stored := r.state.log.Len()
		require.Greater(t, stored, 1000)
		refused := r.counters.refusedByWait.Load() + r.counters.refusedByGate.Load() + r.counters.refusedFull.Load()
		require.Equal(t, 20_000, stored+int(refused))

		// Stdout moves again, but by then most replies are late.
		pass(stdin.ReplyDeadline + time.Second)
		s := r.speech()
		require.Equal(t, "init_ok", s.next(t).Body.Type)
		r.write(readLine("n0", 20_000))
		var replies []reply
		last := s.next(t)
		for ; last.Body.Type != "read_ok"; last = s.next(t) {
			replies = append(replies, last)
		}
		require.Less(t, len(replies), 20_000)
		seen := map[int]bool{}
		for _, reply := range replies {
			require.False(t, seen[reply.to()], "a second answer to %d", reply.to())
			seen[reply.to()] = true
		}
		require.Len(t, last.messages(), stored)
		require.GreaterOrEqual(t, r.counters.lateReplies.Load(), uint64(r.outputQueue.Capacity()))
		require.Empty(t, r.finish(s))
	})
}

func TestANodeThatIsCancelledWhileStdoutStandsStillWritesWhenItMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stalled(t)
		r.write(initLine(0, "n0", "n0"))
		for i := range 3 {
			r.write(broadcastLine("n0", i, "1"))
		}
		synctest.Wait()
		r.cancel()
		pass(time.Second)
		replies, err := r.rest(r.speech())
		require.NoError(t, err)
		require.Len(t, replies, 4)
	})
}
