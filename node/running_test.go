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
type Running struct {
	*Node
	t      *testing.T
	Stdin  *io.PipeWriter
	Stdout *io.PipeReader
	Cancel context.CancelFunc
	Ended  chan error // Run's
}

// runNode starts a node, in a bubble; nobody reads its stdout yet.
func RunNode(t *testing.T, change ...func(*Config)) *Running {
	cfg := Config{App: "broadcast", Random: rand.New(rand.NewPCG(rand.Uint64(), 2)), Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	n, err := New(cfg, out)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r := &Running{Node: n, t: t, Stdin: stdin, Stdout: stdout, Cancel: cancel, Ended: make(chan error, 1)}
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
		r.Ended <- err
	}()
	return r
}

// silence is longer than any test takes, in its own time.
const silence = 30 * time.Minute

var errSilence = errors.New("the test takes too long; is the node silent?")

// soon receives from a channel, if that does not take too long.
func Soon[T any](t *testing.T, from <-chan T) (got T) {
	select {
	case got = <-from:
	case <-time.After(silence):
		require.Fail(t, "nothing happens")
	}
	return got
}

// write writes lines to the node's stdin, waiting until they are taken.
func (r *Running) Send(lines ...string) {
	_, err := io.WriteString(r.Stdin, strings.Join(lines, "\n")+"\n")
	require.NoError(r.t, err)
}

// next reads one line of the node's stdout.
func (s *Speech) Next(t *testing.T) ReplyLine {
	line, err := s.Lines.ReadString('\n')
	require.NoError(t, err, "the node must say one more line")
	return ParseReply(t, line)
}

// speech is the node's stdout as a test reads it.
type Speech struct{ Lines *bufio.Reader }

func (r *Running) Speech() *Speech { return &Speech{bufio.NewReader(r.Stdout)} }

// rest reads all that the node says until it ends, and returns Run's error.
func (r *Running) Rest(s *Speech) ([]ReplyLine, error) {
	var replies []ReplyLine
	for {
		line, err := s.Lines.ReadString('\n')
		if err == io.EOF {
			require.Empty(r.t, line, "whole lines only")
			return replies, Soon(r.t, r.Ended)
		}
		require.NoError(r.t, err)
		replies = append(replies, ParseReply(r.t, line))
	}
}

// finish ends stdin and returns what the node says from then on.
func (r *Running) Finish(s *Speech) []ReplyLine {
	require.NoError(r.t, r.Stdin.Close())
	replies, err := r.Rest(s)
	require.NoError(r.t, err)
	return replies
}

// reply is a line of a node's, taken apart.
type ReplyLine struct {
	Src, Dest string
	Body      struct {
		Type      string
		InReplyTo *int `json:"in_reply_to"`
		Code      int
		Messages  []json.RawMessage
	}
	Line string
}

func ParseReply(t *testing.T, line string) ReplyLine {
	r := ReplyLine{Line: line}
	require.NoError(t, json.Unmarshal([]byte(line), &r), "%.200s", line)
	return r
}

// to is the id of the request that is answered.
func (r *ReplyLine) To() int { return *r.Body.InReplyTo }

// messages is what a read_ok lists.
func (r *ReplyLine) Messages() []string {
	out := make([]string, len(r.Body.Messages))
	for i, m := range r.Body.Messages {
		out[i] = string(m)
	}
	return out
}

// requireEachOnce holds replies to answering the requests from..to-1, each
// exactly once, and returns which of them got an ok.
func RequireEachOnce(t *testing.T, replies []ReplyLine, from, to int) (ok []int) {
	t.Helper()
	seen := make([]bool, to-from)
	for _, r := range replies {
		require.GreaterOrEqual(t, r.To(), from)
		require.Less(t, r.To(), to)
		require.False(t, seen[r.To()-from], "a second answer to %d", r.To())
		seen[r.To()-from] = true
		if r.Body.Type != "error" {
			ok = append(ok, r.To())
		} else {
			require.Equal(t, 11, r.Body.Code)
		}
	}
	require.Len(t, replies, to-from, "every request is answered")
	return ok
}

// manyBroadcasts is requests 0..count-1 to broadcast their own numbers.
func ManyBroadcasts(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `{"src":"c1","dest":"n0","body":{"type":"broadcast","message":%d,"msg_id":%d}}`+"\n", i, i)
	}
	return b.String()
}

// numbers spells numbers.
func Numbers(n []int) []string {
	out := make([]string, len(n))
	for i := range n {
		out[i] = strconv.Itoa(n[i])
	}
	return out
}

// pass lets time pass in a synctest bubble until everybody waits again.
func Pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// sink collects a node's replies as they come.
type Sink struct {
	mu      sync.Mutex
	replies []ReplyLine
	Done    chan struct{}
}

// collect reads a node's stdout in a goroutine of its own.
func (r *Running) Collect() *Sink {
	s := &Sink{Done: make(chan struct{})}
	speech := r.Speech()
	go func() {
		defer close(s.Done)
		for {
			line, err := speech.Lines.ReadString('\n')
			if err != nil {
				return
			}
			s.mu.Lock()
			s.replies = append(s.replies, ParseReply(r.t, line))
			s.mu.Unlock()
		}
	}()
	return s
}

// take returns what has been collected since the last call.
func (s *Sink) Take() []ReplyLine {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.replies
	s.replies = nil
	return out
}

// yield lets other goroutines run.
func Yield() {
	for range 10 {
		runtime.Gosched()
	}
}

// health asks a node in a bubble how it is.
func (r *Running) AskHealth(t *testing.T, s *Sink) (h health) {
	s.Take()
	r.Send(Say("c1", "n0", `{"type":"health","msg_id":1}`))
	synctest.Wait()
	for _, reply := range s.Take() {
		if reply.Body.Type == "health_ok" {
			var line struct{ Body *health }
			line.Body = &h
			require.NoError(t, json.Unmarshal([]byte(reply.Line), &line))
			return h
		}
	}
	require.Fail(t, "no answer")
	return h
}

// Injected gives a node faults.
func Injected(t *testing.T, texts ...string) func(*Config) {
	return func(c *Config) {
		for _, text := range texts {
			f, err := ParseFault(text)
			require.NoError(t, err)
			c.Faults = append(c.Faults, f)
		}
	}
}

// Ask returns the types of what a running node answers to a line at once.
func (r *Running) Ask(said *Sink, line string) (types []string) {
	said.Take()
	r.Send(line)
	synctest.Wait()
	for _, reply := range said.Take() {
		types = append(types, reply.Body.Type)
	}
	return types
}

// Pour writes to a node's stdin in a goroutine of its own, which says when the
// node has taken all of it.
func (r *Running) Pour(text string) (taken chan struct{}) {
	taken = make(chan struct{})
	go func() {
		_, _ = io.WriteString(r.Stdin, text)
		close(taken)
	}()
	return taken
}

// Stalled starts a node in a bubble and lets it come to rest, so that its
// clock has begun to tick.
func Stalled(t *testing.T) *Running {
	r := RunNode(t, SmallOutput)
	Pass(time.Second)
	return r
}

// SmallOutput has room for few replies, and for plenty of everything else. With
// so little room the store waits for stdout too, which is not to be taken for
// slowness of its own.
func SmallOutput(c *Config) {
	c.Queues = map[string]QueueSizes{"output": {Preferred: 64, Capacity: 128}}
	c.MaxWait = Never
}

// Chunked reads so many bytes at a time at most, with a call before each.
type Chunked struct {
	io.Reader
	Bytes  int
	Before func()
}

func (c Chunked) Read(p []byte) (int, error) {
	c.Before()
	return c.Reader.Read(p[:min(len(p), c.Bytes)])
}
