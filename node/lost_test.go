package node

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/app"
	"treecast/node/stdin"
	"treecast/wire"
)

// codeOf returns the code of the error that a running node answers a line with.
func codeOf(t *testing.T, r *Running, said *Sink, line string) int {
	said.Take()
	r.Send(line)
	synctest.Wait()
	replies := said.Take()
	require.Len(t, replies, 1)
	require.Equal(t, "error", replies[0].Body.Type, replies[0].Line)
	return replies[0].Body.Code
}

// crashing starts a node in a bubble of which a service crashes on one item, and
// initialises it.
func crashing(t *testing.T, fault string) (*Running, *Sink) {
	r := RunNode(t, Injected(t, fault))
	said := r.Collect()
	r.Send(InitLine(0, "n0", "n0"))
	synctest.Wait()
	return r, said
}

// A broadcast that crashes the store is aborted.
func TestLost_broadcastIsAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, said := crashing(t, "store:panic@2") // the first is the init
		require.Equal(t, 14, codeOf(t, r, said, BroadcastLine("n0", 1, "1")))
		require.Equal(t, []string{"broadcast_ok"}, r.Ask(said, BroadcastLine("n0", 2, "1")), "it is not seen again")
		require.Zero(t, r.intakeBytes.used.Load())
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
	})
}

// A read that crashes a service is aborted.
func TestLost_readIsAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, service := range []string{"store", "output", "intake"} {
			r, said := crashing(t, service+":panic@2")
			require.Equal(t, 14, codeOf(t, r, said, ReadLine("n0", 1)), service)
			require.Equal(t, []string{"read_ok"}, r.Ask(said, ReadLine("n0", 2)))
			require.NoError(t, r.Stdin.Close())
			require.NoError(t, Soon(t, r.Ended))
		}
	})
}

// A reply that crashes the output is uncertain.
func TestLost_replyIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, said := crashing(t, "output:panic@2")
		require.Equal(t, 13, codeOf(t, r, said, BroadcastLine("n0", 1, "1")))
		require.Equal(t, []string{"read_ok"}, r.Ask(said, ReadLine("n0", 2)))
		require.Zero(t, r.outbox.replies.used.Load())
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
	})
}

// A line that may have been written is not answered twice.
func TestLost_writtenLineIsNotRepeated(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.output.begun = true
	r.outbox.offer(0, outgoing{kind: replyApp, reply: &app.Reply{Type: "broadcast_ok"}, to: replyTo{client: "c1", msgID: wire.IntID(1), wantsReply: true}})
	_, ok := r.outputInbox.TryNext()
	require.True(t, ok)
	require.Equal(t, 1, r.output.Crashed(0))
	require.Empty(t, r.Write(0))
	require.False(t, r.output.begun)
}

// A line that the reader had begun with may have been handed on.
func TestLost_begunLineIsUncertain(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for begun, code := range map[bool]string{true: `"code":13`, false: `"code":14`} {
		lose := func(line string, came time.Duration, client stdin.Client) string {
			r.reading.take(came, Item(t, line), came, client)
			r.reading.begun = begun
			require.Equal(t, 1, r.reading.crashed(10*time.Second))
			return strings.Join(r.Write(10*time.Second), "")
		}
		require.Contains(t, lose(BroadcastLine("n0", 1, "1"), 10*time.Second-stdin.ReplyDeadline, stdin.Waiting), code)
		require.Empty(t, lose(BroadcastLine("n0", 1, "1"), 10*time.Second-stdin.ReplyDeadline-1, stdin.Waiting), "its client may be gone")
		require.Empty(t, lose(BroadcastLine("n0", 1, "1"), 10*time.Second, stdin.MaybeGone), "and this one's")
		require.Empty(t, lose(Say("n1", "n0", `{"type":"gossip","msg_id":1}`), 10*time.Second, stdin.Waiting), "peers are not answered")
	}
}

// The init is the first item of every service. What it says outlives a crash.
func TestLost_initIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, service := range []string{"store", "gossip"} {
			r := RunNode(t, Injected(t, service+":panic@1"))
			said := r.Collect()
			r.Send(InitLine(0, "n0", "n0", "n1"), BroadcastLine("n0", 1, "1"))
			Pass(5 * time.Second)
			require.Equal(t, uint64(1), r.supervisor.Crashes())
			var toPeer *ReplyLine
			for _, reply := range said.Take() {
				// Later ones are probes, as n1 says nothing.
				if reply.Dest == "n1" && len(GossipOf(t, reply.Line).Runs) > 0 {
					toPeer = &reply
				}
			}
			require.NotNil(t, toPeer, service)
			runs := GossipOf(t, toPeer.Line).Runs
			require.Len(t, runs, 1, service)
			require.Equal(t, "n0", runs[0].Origin.Value().Node)
			require.NoError(t, r.Stdin.Close())
			require.NoError(t, Soon(t, r.Ended))
		}
	})
}
