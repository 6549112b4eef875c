package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// running is a node in the time of a synctest bubble, with pipes at both ends. In
// real time it would take a machine that stands still for a stop of its own.
type running struct {
	*Node
	t      *testing.T
	stdin  *io.PipeWriter
	stdout *io.PipeReader
	cancel context.CancelFunc
	ended  chan error // Run's
}

// runNode starts a node, in a bubble; nobody reads its stdout yet.
func runNode(t *testing.T, change ...func(*Config)) *running {
	cfg := Config{Random: rand.New(rand.NewPCG(rand.Uint64(), 2)), Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	n, err := New(cfg, out)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Node: n, t: t, stdin: stdin, stdout: stdout, cancel: cancel, ended: make(chan error, 1)}
	// A node that says nothing would keep the test waiting for ever: its monitor
	// goes on ticking.
	guard := time.AfterFunc(silence, func() { _ = stdout.CloseWithError(errSilence) })
	t.Cleanup(func() { // where the test has failed half-way
		guard.Stop()
		cancel()
		_ = stdin.Close()
		_ = stdout.Close()
	})
	go func() {
		err := n.Run(ctx, in)
		_ = out.Close()
		_ = in.Close() // a reader that still waits goes on
		r.ended <- err
	}()
	return r
}

// silence is longer than any test takes, in its own time.
const silence = 30 * time.Minute

var errSilence = errors.New("the test takes too long; is the node silent?")

// soon receives from a channel, if that does not take too long.
func soon[T any](t *testing.T, from <-chan T) (got T) {
	select {
	case got = <-from:
	case <-time.After(silence):
		require.Fail(t, "nothing happens")
	}
	return got
}

// write writes lines to the node's stdin, waiting until they are taken.
func (r *running) write(lines ...string) {
	_, err := io.WriteString(r.stdin, strings.Join(lines, "\n")+"\n")
	require.NoError(r.t, err)
}

// next reads one line of the node's stdout.
func (s *speech) next(t *testing.T) reply {
	line, err := s.lines.ReadString('\n')
	require.NoError(t, err, "the node must say one more line")
	return parseReply(t, line)
}

// speech is the node's stdout as a test reads it.
type speech struct{ lines *bufio.Reader }

func (r *running) speech() *speech { return &speech{bufio.NewReader(r.stdout)} }

// rest reads all that the node says until it ends, and returns Run's error.
func (r *running) rest(s *speech) ([]reply, error) {
	var replies []reply
	for {
		line, err := s.lines.ReadString('\n')
		if err == io.EOF {
			require.Empty(r.t, line, "whole lines only")
			return replies, soon(r.t, r.ended)
		}
		require.NoError(r.t, err)
		replies = append(replies, parseReply(r.t, line))
	}
}

// finish ends stdin and returns what the node says from then on.
func (r *running) finish(s *speech) []reply {
	require.NoError(r.t, r.stdin.Close())
	replies, err := r.rest(s)
	require.NoError(r.t, err)
	return replies
}

// reply is a line of a node's, taken apart.
type reply struct {
	Src, Dest string
	Body      struct {
		Type      string
		InReplyTo *int `json:"in_reply_to"`
		Code      int
		Messages  []json.RawMessage
	}
	line string
}

func parseReply(t *testing.T, line string) reply {
	r := reply{line: line}
	require.NoError(t, json.Unmarshal([]byte(line), &r), "%.200s", line)
	return r
}

// to is the id of the request that is answered.
func (r *reply) to() int { return *r.Body.InReplyTo }

// messages is what a read_ok lists.
func (r *reply) messages() []string {
	out := make([]string, len(r.Body.Messages))
	for i, m := range r.Body.Messages {
		out[i] = string(m)
	}
	return out
}

// requireEachOnce holds replies to answering the requests from..to-1, each
// exactly once, and returns which of them got an ok.
func requireEachOnce(t *testing.T, replies []reply, from, to int) (ok []int) {
	t.Helper()
	seen := make([]bool, to-from)
	for _, r := range replies {
		require.GreaterOrEqual(t, r.to(), from)
		require.Less(t, r.to(), to)
		require.False(t, seen[r.to()-from], "a second answer to %d", r.to())
		seen[r.to()-from] = true
		if r.Body.Type != "error" {
			ok = append(ok, r.to())
		} else {
			require.Equal(t, 11, r.Body.Code)
		}
	}
	require.Len(t, replies, to-from, "every request is answered")
	return ok
}

// manyBroadcasts is requests 0..count-1 to broadcast their own numbers.
func manyBroadcasts(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `{"src":"c1","dest":"n0","body":{"type":"broadcast","message":%d,"msg_id":%d}}`+"\n", i, i)
	}
	return b.String()
}

// numbers spells numbers.
func numbers(n []int) []string {
	out := make([]string, len(n))
	for i := range n {
		out[i] = strconv.Itoa(n[i])
	}
	return out
}

// pass lets time pass in a synctest bubble until everybody waits again.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// sink collects a node's replies as they come.
type sink struct {
	mu      sync.Mutex
	replies []reply
	done    chan struct{}
}

// collect reads a node's stdout in a goroutine of its own.
func (r *running) collect() *sink {
	s := &sink{done: make(chan struct{})}
	speech := r.speech()
	go func() {
		defer close(s.done)
		for {
			line, err := speech.lines.ReadString('\n')
			if err != nil {
				return
			}
			s.mu.Lock()
			s.replies = append(s.replies, parseReply(r.t, line))
			s.mu.Unlock()
		}
	}()
	return s
}

// take returns what has been collected since the last call.
func (s *sink) take() []reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.replies
	s.replies = nil
	return out
}

// yield lets other goroutines run.
func yield() {
	for range 10 {
		runtime.Gosched()
	}
}

// health asks a node in a bubble how it is.
func (r *running) health(t *testing.T, s *sink) (h health) {
	s.take()
	r.write(say("c1", "n0", `{"type":"health","msg_id":1}`))
	synctest.Wait()
	for _, reply := range s.take() {
		if reply.Body.Type == "health_ok" {
			var line struct{ Body *health }
			line.Body = &h
			require.NoError(t, json.Unmarshal([]byte(reply.line), &line))
			return h
		}
	}
	require.Fail(t, "no answer")
	return h
}
