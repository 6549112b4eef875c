package virtual

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/run"
	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/workload/all"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// config is a run of so many nodes for five seconds.
func config(t testing.TB, nodes int) Config {
	w, err := all.Named("broadcast")
	require.NoError(t, err)
	return Config{Node: NodeConfig{Rounds: gossip.Locked}, Session: session.Config{
		Workload: w, Nodes: session.NodeNames(nodes), RatePerSec: 100, TimeLimit: 5 * sec,
		Latency: network.Latency{Mean: 100 * ms}, Quiet: 5 * sec, Seed: 1,
	}}
}

// carryOut makes a run that nothing goes wrong in.
func carryOut(t testing.TB, cfg Config, obs Observers) Outcome {
	out, err := Run(t.Context(), cfg, obs)
	require.NoError(t, err)
	for _, n := range out.Notes {
		require.False(t, n.Bad(), n.String())
	}
	return out
}

// requireSpread holds the final reads of a history to all values that were
// acknowledged.
func requireSpread(t *testing.T, history []run.Op) {
	t.Helper()
	var want []string
	reads := 0
	for _, op := range history {
		switch {
		case op.F == "broadcast" && op.Type == run.OK:
			want = append(want, string(op.Value))
		case op.Final && op.Type == run.OK:
			var values []json.RawMessage
			require.NoError(t, json.Unmarshal(op.Value, &values))
			var got []string
			for _, v := range values {
				got = append(got, string(v))
			}
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got)
			reads++
		}
	}
	require.Positive(t, reads)
	require.NotEmpty(t, want)
}

// sorted is a list of values in order, with blanks between them.
func sorted(t *testing.T, list json.RawMessage) string {
	var values []json.RawMessage
	require.NoError(t, json.Unmarshal(list, &values))
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestEveryValueReachesEveryNode(t *testing.T) {
	for _, nodes := range []int{1, 2, 7, 25} {
		out := carryOut(t, config(t, nodes), Observers{})
		requireSpread(t, out.History)
		invoked, ok := 0, 0
		for _, op := range out.History {
			switch op.Type {
			case run.Invoke:
				invoked++
			case run.OK:
				ok++
			}
		}
		require.Equal(t, invoked, ok)
		require.InDelta(t, 500, invoked-nodes, 75)
		require.InDelta(t, 10.1, out.Ended.Seconds(), 0.2, "quiet and final reads included")
	}
}

func TestValuesArriveInTheTimeThatTheDesignSays(t *testing.T) {
	cfg := config(t, 25)
	cfg.Session.TimeLimit = 20 * sec
	cfg.Node.SyncPeriod = 470 * ms
	const settled = 2 * sec // until then the rounds find their phase
	type reached struct{ value, node string }
	sent, arrived := map[string]time.Duration{}, map[reached]bool{}
	var worst time.Duration
	carryOut(t, cfg, Observers{Network: &watching{
		sent: func(m run.Message) {
			if r, ok := cfg.Session.Workload.Carries(m.Body); ok && m.Type == "broadcast" {
				for _, v := range r.Values {
					sent[string(v)] = m.Sent
				}
			}
		},
		delivered: func(m run.Message) {
			if r, ok := cfg.Session.Workload.Carries(m.Body); ok && !network.IsClient(m.Src) && !network.IsClient(m.Dest) {
				for _, v := range r.Values {
					at := sent[string(v)]
					if first := (reached{string(v), m.Dest}); at > settled && !arrived[first] {
						arrived[first] = true
						worst = max(worst, m.Delivered-at)
					}
				}
			}
		},
	}})
	require.Greater(t, len(sent), 800)
	require.Greater(t, len(arrived), 800*24)
	require.Greater(t, worst, 600*ms)
	require.Less(t, worst, 470*ms+2*100*ms+30*ms, "P + 2dL + guard")
}

// watching is an observer made of functions.
type watching struct{ sent, delivered func(run.Message) }

func (w *watching) Sent(m run.Message)                 { w.sent(m) }
func (w *watching) Delivered(m run.Message)            { w.delivered(m) }
func (w *watching) Dropped(run.Message, time.Duration) {}

func TestAnEchoIsAnEcho(t *testing.T) {
	cfg := config(t, 2)
	var err error
	cfg.Session.Workload, err = all.Named("echo")
	require.NoError(t, err)
	out := carryOut(t, cfg, Observers{})
	require.Zero(t, out.ServerMessages)
	require.Greater(t, len(out.History), 800)
	for _, op := range out.History {
		require.Contains(t, []run.OpType{run.Invoke, run.OK}, op.Type)
	}
}

func TestObserversSeeTheRunAsItGoes(t *testing.T) {
	cfg := config(t, 3)
	cfg.PollHealth = true
	var seconds []time.Duration
	var last Progress
	var ops []run.Op
	asked := map[string]int{}
	out := carryOut(t, cfg, Observers{
		Op: func(op run.Op) { ops = append(ops, op) },
		Health: func(now time.Duration, node string, body json.RawMessage) {
			var h struct {
				Type   string `json:"type"`
				Queues []struct{ Name string }
			}
			require.NoError(t, json.Unmarshal(body, &h))
			require.Equal(t, "health_ok", h.Type)
			require.Len(t, h.Queues, 3)
			asked[node]++
		},
		Progress: func(p Progress) {
			last = p
			seconds = append(seconds, p.Now)
		},
	})
	require.Equal(t, ops, out.History)
	require.Equal(t, map[string]int{"n0": 10, "n1": 10, "n2": 10}, asked)
	require.Len(t, seconds, 11)
	for i, at := range seconds[:10] {
		require.Equal(t, time.Duration(i+1)*sec, at)
	}
	require.Equal(t, out.Ended, last.Now)
	require.Equal(t, session.Done, last.Phase)

	cfg = config(t, 1)
	carryOut(t, cfg, Observers{Health: func(time.Duration, string, json.RawMessage) { t.Error("nobody asked") }})
}

func TestAnInterruptedRunEndsAtOnceAndKeepsWhatWasDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(t, 3)
	cfg.Session.TimeLimit = 1000 * time.Hour
	done := 0
	out, err := Run(ctx, cfg, Observers{Op: func(op run.Op) {
		if op.Type == run.OK {
			if done++; done == 100 {
				cancel()
			}
		}
	}})
	require.NoError(t, err)
	require.True(t, out.Interrupted)
	require.GreaterOrEqual(t, done, 100)
	require.Less(t, done, 1000)
	require.Less(t, out.Ended, 20*sec)
}

func TestWhatCannotBeRunIsAnError(t *testing.T) {
	cfg := config(t, 0)
	cfg.Session.RatePerSec = -1
	_, err := Run(t.Context(), cfg, Observers{})
	require.ErrorContains(t, err, "rate is -1")

	cfg = config(t, 2)
	cfg.Node.NumChildren = -1
	out, err := Run(t.Context(), cfg, Observers{})
	require.ErrorContains(t, err, "could not be set up")
	require.Contains(t, out.Notes[0].Status, "it could not be started: node: the number of children")
	require.True(t, out.Notes[0].Exited)
}

// fragile is a log that panics, once, when a node complains.
type fragile struct {
	bytes.Buffer
	broken bool
}

func (f *fragile) Write(p []byte) (int, error) {
	if !f.broken && bytes.Contains(p, []byte("is no message")) {
		f.broken = true
		panic("enough")
	}
	return f.Buffer.Write(p)
}

func TestANodeThatPanicsIsGoneAndItsNoteSaysWhy(t *testing.T) {
	cfg := config(t, 3)
	stderr := &fragile{}
	cfg.LogStderr = stderr
	b, err := prepare(cfg, Observers{})
	require.NoError(t, err)
	b.obs.Progress = func(p Progress) {
		if p.Now == 2*sec {
			b.hosts[1].stdin.put(p.Now, session.Output{Packet: network.Packet{Body: []byte("garbage")}})
			b.plan(&b.hosts[1])
		}
	}
	out, err := b.run(t.Context())
	require.NoError(t, err)
	require.True(t, stderr.broken)
	note := out.Notes[1]
	require.True(t, note.Exited)
	require.InDelta(t, 2, note.At.Seconds(), 0.01)
	require.Equal(t, "panic: enough", note.Status)
	require.Contains(t, strings.Join(note.Stderr, "\n"), "run_test.go")
	require.Contains(t, stderr.String(), "n1: panic: enough\n")
	require.False(t, out.Notes[0].Exited)
	require.Equal(t, session.Done, b.session.Status().Phase, "the others go on to the end")
	require.Greater(t, out.Ended, 10*sec)
}

func TestNodesLogInVirtualTime(t *testing.T) {
	cfg := config(t, 2)
	var stderr bytes.Buffer
	cfg.LogStderr = &stderr
	out := carryOut(t, cfg, Observers{})
	for i, want := range []string{
		"time=1970-01-01T00:00:00.002Z level=INFO msg=initialised node=n0 nodes=2\n" +
			"time=1970-01-01T00:00:00.006Z level=INFO msg=\"this node's workload is known\" app=broadcast\n",
		"time=1970-01-01T00:00:00.005Z level=INFO msg=initialised node=n1 nodes=2\n" +
			"time=1970-01-01T00:00:00.006Z level=INFO msg=\"this node's workload is known\" app=broadcast\n",
	} {
		require.Equal(t, want, string(out.Nodes[i].Log))
		for line := range strings.Lines(want) {
			require.Contains(t, stderr.String(), out.Nodes[i].Node+": "+line)
		}
	}
	cfg = config(t, 2)
	cfg.LogLevel = 4
	require.Empty(t, carryOut(t, cfg, Observers{}).Nodes[0].Log)
}
