package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/node/stdin"
	"treecast/wire"
)

func TestRepliesThatAreLateAreNotWrittenButReadsAreForLonger(t *testing.T) {
	r := startedRig(t, ids(1))
	requests := []string{
		broadcastLine("n0", 1, "1"),
		say("c1", "n0", `{"type":"broadcast","msg_id":2}`),
		say("c1", "n0", `{"type":"what","msg_id":3}`),
		readLine("n0", 4),
	}
	const asked = time.Second
	for _, c := range []struct {
		at   time.Duration
		want int
	}{{asked, 4}, {asked + stdin.ReplyDeadline, 4}, {asked + stdin.ReplyDeadline + 1, 1}, {asked + stdin.ReadDeadline, 1}, {asked + stdin.ReadDeadline + 1, 0}} {
		r.admit(asked, requests...)
		r.work(asked)
		out := r.write(c.at)
		require.Len(t, out, c.want, "written at %v", c.at)
		if c.want == 0 {
			continue
		}
		require.Contains(t, out[len(out)-1], `{"type":"read_ok","in_reply_to":4,"messages":[1]}`)
	}
	require.Equal(t, uint64(10), r.counters.lateReplies.Load())
}

func TestWhatIsLateCountsFromWhenItsLineWasRead(t *testing.T) {
	r := startedRig(t, ids(1))
	r.admit(10*time.Second, broadcastLine("n0", 1, "1"))
	r.work(13 * time.Second) // the store was slow
	require.Len(t, r.write(14*time.Second), 1)
}

func TestGossipIsNeverLate(t *testing.T) {
	r := startedRig(t, ids(2))
	r.outbox.send(0, "n1", []byte(`{"type":"gossip","e":1,"f":0}`))
	require.Equal(t, []string{say("n0", "n1", `{"type":"gossip","e":1,"f":0}`)}, r.write(time.Hour))
	require.Zero(t, r.outbox.gossip.used.Load())
}

func TestAReadShowsWhatWasKnownWhenItWasServed(t *testing.T) {
	r := startedRig(t, ids(1))
	var want []string
	for i := range 15_000 { // several chunks
		r.admit(0, broadcastLine("n0", i, fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	r.workRecord(0)
	r.write(0)
	r.admit(0, readLine("n0", 1))
	r.workRecord(0)
	r.admit(0, broadcastLine("n0", 2, "99999"))
	r.workRecord(0)
	out := r.write(0)
	require.Equal(t, say("n0", "c1", `{"type":"read_ok","in_reply_to":1,"messages":[`+strings.Join(want, ",")+`]}`), out[0])
	require.Equal(t, "["+strings.Join(want, ",")+",99999]", r.values(0))
}

func TestOneMessageIsOneLineWhateverAValueHolds(t *testing.T) {
	r := startedRig(t, ids(1))
	require.Len(t, r.ask(0, say("c\n1", "n0", "{\"type\":\"broadcast\",\"message\":[1,\r2],\"msg_id\":1}")), 1)
	require.Equal(t, "[[1, 2]]", r.values(0), "Maelstrom takes a carriage return for the end of a line")
	require.Len(t, r.ask(0, say("c1", "n0", "{\"type\":\"echo\",\"echo\":{\r},\"msg_id\":1}")), 1)
}

func TestNamesAreEscaped(t *testing.T) {
	r := startedRig(t, ids(1))
	require.Equal(t, []string{`{"src":"n0","dest":"c\"\\\u0001","body":{"type":"topology_ok","in_reply_to":1}}`},
		r.ask(0, `{"src":"c\"\\\u0001","dest":"n0","body":{"type":"topology","msg_id":1}}`))
}

// broken is a stdout that takes nothing any more.
type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestAnErrorOfStdoutIsToldToTheRuntime(t *testing.T) {
	r := startedRig(t, ids(1))
	r.output.writer = wire.NewWriter(broken{})
	item := outgoing{kind: replyBody, to: replyTo{client: "c1"}, body: []byte(`{}`)}
	err := r.output.handle(0, &item)
	if err == nil {
		err = r.output.writer.Flush()
	}
	require.ErrorIs(t, err, errBroken)
}

func TestALineWaitsForOthersOnlyForAMoment(t *testing.T) {
	r := startedRig(t, ids(1))
	write := func(now time.Duration) {
		require.NoError(t, r.output.handle(now, &outgoing{kind: replyBroadcastOK, to: replyTo{client: "c1", wantsReply: true, arrived: now}}))
	}
	write(time.Second)
	write(time.Second + flushAfter - 1)
	require.Zero(t, r.stdout.Len(), "more may come")
	write(time.Second + flushAfter)
	require.Equal(t, 3, strings.Count(r.stdout.String(), "\n"))
	r.stdout.Reset()
	write(time.Second + 2*flushAfter)
	require.Zero(t, r.stdout.Len(), "the next one is the first of its own")
}
