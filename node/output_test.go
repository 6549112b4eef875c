package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/app"
	"treecast/node/stdin"
	"treecast/wire"
)

// Replies that are late are not written but reads are for longer.
func TestOutput_dropsLateReplies(t *testing.T) {
	r := StartedRig(t, IDs(1))
	requests := []string{
		BroadcastLine("n0", 1, "1"),
		Say("c1", "n0", `{"type":"broadcast","msg_id":2}`),
		Say("c1", "n0", `{"type":"what","msg_id":3}`),
		ReadLine("n0", 4),
	}
	const asked = time.Second
	for _, c := range []struct {
		at   time.Duration
		want int
	}{{asked, 4}, {asked + stdin.ReplyDeadline, 4}, {asked + stdin.ReplyDeadline + 1, 1}, {asked + stdin.ReadDeadline, 1}, {asked + stdin.ReadDeadline + 1, 0}} {
		r.AdmitLines(asked, requests...)
		r.Work(asked)
		out := r.Write(c.at)
		require.Len(t, out, c.want, "written at %v", c.at)
		if c.want == 0 {
			continue
		}
		require.Contains(t, out[len(out)-1], `{"type":"read_ok","in_reply_to":4,"messages":[1]}`)
	}
	require.Equal(t, uint64(10), r.counters.lateReplies.Load())
}

// What is late counts from when its line was read.
func TestOutput_latenessCountsFromArrival(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.AdmitLines(10*time.Second, BroadcastLine("n0", 1, "1"))
	r.Work(13 * time.Second) // the store was slow
	require.Len(t, r.Write(14*time.Second), 1)
}

func TestOutput_gossipIsNeverLate(t *testing.T) {
	r := StartedRig(t, IDs(2))
	r.outbox.send(0, "n1", []byte(`{"type":"gossip","e":1,"f":0}`))
	require.Equal(t, []string{Say("n0", "n1", `{"type":"gossip","e":1,"f":0}`)}, r.Write(time.Hour))
	require.Zero(t, r.outbox.gossip.used.Load())
}

// A read shows what was known when it was served.
func TestOutput_readShowsItsOwnTime(t *testing.T) {
	r := StartedRig(t, IDs(1))
	var want []string
	for i := range 15_000 { // several chunks
		r.AdmitLines(0, BroadcastLine("n0", i, fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	r.WorkStore(0)
	r.Write(0)
	r.AdmitLines(0, ReadLine("n0", 1))
	r.WorkStore(0)
	r.AdmitLines(0, BroadcastLine("n0", 2, "99999"))
	r.WorkStore(0)
	out := r.Write(0)
	require.Equal(t, Say("n0", "c1", `{"type":"read_ok","in_reply_to":1,"messages":[`+strings.Join(want, ",")+`]}`), out[0])
	require.Equal(t, "["+strings.Join(want, ",")+",99999]", r.Values(0))
}

// One message is one line whatever a value holds.
func TestOutput_oneLinePerMessage(t *testing.T) {
	r := StartedRig(t, IDs(1))
	require.Len(t, r.Ask(0, Say("c\n1", "n0", "{\"type\":\"broadcast\",\"message\":[1,\r2],\"msg_id\":1}")), 1)
	require.Equal(t, "[[1, 2]]", r.Values(0), "Maelstrom takes a carriage return for the end of a line")
	require.Len(t, r.Ask(0, Say("c1", "n0", "{\"type\":\"echo\",\"echo\":{\r},\"msg_id\":1}")), 1)
}

func TestOutput_escapesNames(t *testing.T) {
	r := StartedRig(t, IDs(1))
	require.Equal(t, []string{`{"src":"n0","dest":"c\"\\\u0001","body":{"type":"topology_ok","in_reply_to":1}}`},
		r.Ask(0, `{"src":"c\"\\\u0001","dest":"n0","body":{"type":"topology","msg_id":1}}`))
}

// broken is a stdout that takes nothing any more.
type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// An error of stdout is passed to the runtime.
func TestOutput_returnsStdoutsError(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.output.writer = wire.NewWriter(broken{})
	item := outgoing{kind: replyBody, to: replyTo{client: "c1"}, body: []byte(`{}`)}
	err := r.output.handle(0, &item)
	if err == nil {
		err = r.output.writer.Flush()
	}
	require.ErrorIs(t, err, errBroken)
}

// A line waits for others only for a moment.
func TestOutput_flushesInTime(t *testing.T) {
	r := StartedRig(t, IDs(1))
	write := func(now time.Duration) {
		require.NoError(t, r.output.handle(now, &outgoing{kind: replyApp, reply: &app.Reply{Type: "broadcast_ok"}, to: replyTo{client: "c1", wantsReply: true, arrived: now}}))
	}
	write(time.Second)
	write(time.Second + flushAfter - 1)
	require.Zero(t, r.Stdout.Len(), "more may come")
	write(time.Second + flushAfter)
	require.Equal(t, 3, strings.Count(r.Stdout.String(), "\n"))
	r.Stdout.Reset()
	write(time.Second + 2*flushAfter)
	require.Zero(t, r.Stdout.Len(), "the next one is the first of its own")
}
