package node_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"

	"treecast/node/stdin"
)

// What a request has waited on stdin behind others counts for its answer's being
// too late.
func TestWaited_onStdinCountsAsWaiting(t *testing.T) {
	const asked = 20 * time.Second
	answered := func(onStdin, inQueues time.Duration, request string) bool {
		r := node.StartedRig(t, node.IDs(2))
		for now := time.Duration(0); now <= asked; now = r.NextTick() {
			r.Tick(now)
		}
		r.Admit(asked, node.Item(t, node.BroadcastLine("n0", 1, "1")))
		node.StepAll(t, r, asked)
		require.True(t, r.Looks(asked))
		r.Unread(asked, 1) // what is admitted next
		for now := asked; now <= asked+onStdin; now = r.NextTick() {
			r.Tick(now)
		}
		r.Admit(asked+onStdin, node.Item(t, request))
		said := node.StepAll(t, r, asked+onStdin+inQueues)
		require.Equal(t, strings.Contains(request, "broadcast"), r.Entries() == 2, "it is stored whether or not it is answered")
		return strings.Contains(said, `"in_reply_to":2`)
	}
	broadcast, read := node.BroadcastLine("n0", 2, "2"), node.ReadLine("n0", 2)
	for _, c := range []struct {
		request  string
		deadline time.Duration
	}{{broadcast, stdin.ReplyDeadline}, {read, stdin.ReadDeadline}, {node.Say("c1", "n0", `{"type":"topology","msg_id":2}`), stdin.ReplyDeadline}} {
		for _, onStdin := range []time.Duration{0, 500 * time.Millisecond, 2 * time.Second, stdin.ReplyDeadline} {
			require.True(t, answered(onStdin, c.deadline-onStdin, c.request), "%s, %v on stdin", c.request, onStdin)
			require.False(t, answered(onStdin, c.deadline-onStdin+1, c.request), "%s, %v on stdin", c.request, onStdin)
		}
		require.False(t, answered(c.deadline+1, 0, c.request))
	}
	require.True(t, answered(time.Minute, 0, node.Say("c1", "n0", `{"type":"health","msg_id":2}`)), "its client stays the same")
}

// A client too many keeps stdin from ever running dry; each line is read soon all
// the same.
func TestWaited_busyReaderAnswersAll(t *testing.T) {
	r := node.StartedRig(t, node.IDs(2))
	answered := 0
	for i := range 1500 {
		now := time.Duration(i) * 20 * time.Millisecond
		if now >= r.NextTick() {
			r.Tick(now)
		}
		if r.Looks(now) {
			r.Unread(now, 3) // this one, and two more
		}
		r.Admit(now, node.Item(t, node.BroadcastLine("n0", i, fmt.Sprint(i))))
		answered += strings.Count(node.StepAll(t, r, now), "broadcast_ok")
	}
	require.Equal(t, 1500, answered)
}

// shelf is a stdin on which everything lies that a client has written, as in a
// pipe.
type shelf struct {
	text  []byte
	ended chan struct{} // closed when nothing more will come
}

func (s *shelf) Unread() int64 { return int64(len(s.text)) }

func (s *shelf) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		<-s.ended
		return 0, io.EOF
	}
	n := copy(p, s.text)
	s.text = s.text[n:]
	return n, nil
}

// Far more is asked than a slow stdout can answer in time. What is answered is
// answered in time, and all that is taken is stored.
func TestWaited_behindASlowOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests, each = 1000, 19 * time.Millisecond
		cfg := node.Config{App: "broadcast", Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler), ClientThreshold: node.Never}
		node.Injected(t, fmt.Sprintf("output:slow=%v@0s+10m", each))(&cfg)
		node.SmallOutput(&cfg)
		said := &timed{begin: time.Now()}
		n, err := node.New(cfg, said)
		require.NoError(t, err)
		in := &shelf{text: []byte(node.InitLine(0, "n0", "n0") + "\n" + node.ManyBroadcasts(requests)), ended: make(chan struct{})}
		ended := make(chan error, 1)
		go func() { ended <- n.Run(context.Background(), in) }()
		node.Pass(2 * time.Minute)
		close(in.ended)
		require.NoError(t, node.Soon(t, ended))
		require.Equal(t, requests, n.Entries())
		require.Greater(t, len(said.lines), int(stdin.ReplyDeadline/each)/2)
		for i, at := range said.at {
			require.LessOrEqual(t, at, stdin.ReplyDeadline+each+100*time.Millisecond, said.lines[i])
		}
		require.EqualValues(t, requests+1, uint64(len(said.lines))+n.Counter("silenced_requests")+n.Counter("late_replies"))
	})
}

// timed is a stdout that notes when lines come.
type timed struct {
	begin time.Time
	lines []string
	at    []time.Duration
}

func (s *timed) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		s.lines, s.at = append(s.lines, line), append(s.at, time.Since(s.begin))
	}
	return len(p), nil
}
