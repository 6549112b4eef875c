package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload/all"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// message is what the nodes of these tests understand of a line.
type message struct {
	Src, Dest string
	Body      struct {
		Type      string              `json:"type"`
		MsgID     int                 `json:"msg_id"`
		InReplyTo int                 `json:"in_reply_to"`
		NodeID    string              `json:"node_id"`
		NodeIDs   []string            `json:"node_ids"`
		Topology  map[string][]string `json:"topology"`
		Message   json.RawMessage     `json:"message"`
		Echo      json.RawMessage     `json:"echo"`
	}
}

// program is a node: it is handed a message and returns the lines it prints.
type program func(m message) []string

// line writes a message of a node's.
func line(src, dest, body string, args ...any) string {
	return fmt.Sprintf(`{"src":%q,"dest":%q,"body":%s}`, src, dest, fmt.Sprintf(body, args...))
}

// naive is a broadcast node that tells every other node of each new value once.
// With others set it speaks to nobody until it is asked to broadcast.
func naive(string) program {
	var others []string
	seen := map[string]bool{}
	values := []string{}
	return func(m message) (out []string) {
		reply := func(body string, args ...any) {
			body = fmt.Sprintf(body, args...)
			out = append(out, line(m.Dest, m.Src, `{"in_reply_to":%d,%s}`, m.Body.MsgID, body))
		}
		switch m.Body.Type {
		case "init":
			for _, id := range m.Body.NodeIDs {
				if id != m.Body.NodeID {
					others = append(others, id)
				}
			}
			reply(`"type":"init_ok"`)
		case "topology":
			reply(`"type":"topology_ok"`)
		case "echo":
			reply(`"type":"echo_ok","echo":%s`, m.Body.Echo)
		case "read":
			reply(`"type":"read_ok","messages":[%s]`, strings.Join(values, ","))
		case "broadcast", "tell":
			if value := string(m.Body.Message); !seen[value] {
				seen[value] = true
				values = append(values, value)
				if m.Body.Type == "broadcast" {
					for _, other := range others {
						out = append(out, line(m.Dest, other, `{"type":"tell","message":%s}`, value))
					}
				}
			}
			if m.Body.Type == "broadcast" {
				reply(`"type":"broadcast_ok"`)
			}
		}
		return out
	}
}

// only answers the requests named, and ignores all others.
func only(p program, types ...string) program {
	return func(m message) []string {
		for _, t := range types {
			if m.Body.Type == t {
				return p(m)
			}
		}
		return nil
	}
}

// cluster drives a session in virtual time. Nodes answer at once.
type cluster struct {
	t        testing.TB
	s        *Session
	now      time.Duration
	make     func(name string) program
	programs map[string]program
	joinAt   map[string]time.Duration // when a started node joins; at once if missing
	pending  []event
	trace    []string
	stopped  map[string][]message // what paused nodes have not read
	ended    []string
	over     bool
}

type event struct {
	at time.Duration
	do func(now time.Duration) []Output
}

func config(nodes int) Config {
	w, err := all.Named("broadcast")
	if err != nil {
		panic(err)
	}
	return Config{
		Workload: w, Nodes: NodeNames(nodes), RatePerSec: 10, TimeLimit: 2 * sec, Quiet: sec, Seed: 1,
	}
}

func newCluster(t testing.TB, cfg Config, make func(name string) program) *cluster {
	if cfg.OnOp == nil {
		cfg.OnOp = func(run.Op) {}
	}
	s, err := New(cfg)
	require.NoError(t, err)
	return &cluster{t: t, s: s, make: make, programs: map[string]program{}, stopped: map[string][]message{}, joinAt: map[string]time.Duration{}}
}

// at plans something to happen to the session.
func (c *cluster) at(at time.Duration, do func(now time.Duration) []Output) {
	c.pending = append(c.pending, event{at, do})
}

func (c *cluster) log(format string, args ...any) {
	c.trace = append(c.trace, fmt.Sprintf("%9.3f ", c.now.Seconds())+fmt.Sprintf(format, args...))
}

// obey does what the session says.
func (c *cluster) obey(outputs []Output) {
	type printed struct {
		node  string
		lines []string
	}
	var started []string
	var answers []printed
	for _, o := range outputs {
		switch o.Action {
		case StartNode:
			c.log("start %s", o.Node)
			c.programs[o.Node] = c.make(o.Node)
			started = append(started, o.Node)
		case ToNode:
			c.log("%s < %s", o.Node, strings.TrimSuffix(string(o.AppendLine(nil)), "\n"))
			require.True(c.t, strings.HasSuffix(string(o.AppendLine(nil)), "\n"))
			var m message
			var wrong *json.UnmarshalTypeError // of a field that a node made up
			if err := json.Unmarshal(o.AppendLine(nil), &m); !errors.As(err, &wrong) {
				require.NoError(c.t, err)
			}
			require.Contains(c.t, c.programs, o.Node, "a line for a node that is down")
			if waiting, paused := c.stopped[o.Node]; paused {
				c.stopped[o.Node] = append(waiting, m)
				continue
			}
			answers = append(answers, printed{o.Node, c.programs[o.Node](m)})
		case KillNode:
			c.log("kill %s", o.Node)
			delete(c.programs, o.Node)
			delete(c.stopped, o.Node)
		case PauseNode:
			c.log("pause %s", o.Node)
			c.stopped[o.Node] = []message{}
		case ResumeNode:
			c.log("resume %s", o.Node)
			for _, m := range c.stopped[o.Node] {
				answers = append(answers, printed{o.Node, c.programs[o.Node](m)})
			}
			delete(c.stopped, o.Node)
		case SetClock:
			c.log("clock of %s: %+v", o.Node, *o.Clock)
		case StopNode:
			c.log("stop %s", o.Node)
			c.ended = append(c.ended, o.Node)
		case Finish:
			c.log("done")
			c.over = true
		}
	}
	for _, node := range started {
		if at, later := c.joinAt[node]; later {
			c.at(at, func(now time.Duration) []Output { return c.s.NodeStarted(now, node) })
		} else {
			c.obey(c.s.NodeStarted(c.now, node))
		}
	}
	for _, a := range answers {
		for _, l := range a.lines {
			c.log("%s > %s", a.node, l)
			c.obey(c.s.FromNode(c.now, a.node, []byte(l)))
		}
	}
}

// run drives the session to its end.
func (c *cluster) run() Result {
	c.obey(c.s.Begin(0))
	for steps := 0; !c.over; steps++ {
		require.Less(c.t, steps, 1_000_000, "the run does not end; it is %s", c.s.Status().Phase)
		at, ok := c.s.Next()
		first := -1
		for i, e := range c.pending {
			if !ok || e.at < at || first < 0 && e.at == at {
				first, at, ok = i, e.at, true
			}
		}
		require.True(c.t, ok, "nothing will ever happen again; the run is %s", c.s.Status().Phase)
		c.now = max(c.now, at)
		if first < 0 {
			c.obey(c.s.Advance(c.now))
			continue
		}
		do := c.pending[first].do
		c.pending = append(c.pending[:first], c.pending[first+1:]...)
		c.obey(do(c.now))
	}
	_, more := c.s.Next()
	require.False(c.t, more)
	return c.s.Result()
}
