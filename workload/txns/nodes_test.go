package txns

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/testbed/harness"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

// bed is the least that a test bed can be: clients that each ask one node for
// one transaction at a time.
type bed struct {
	t       *testing.T
	w       workload.Workload
	node    *harness.Process
	history run.History
	msgID   int64
}

// start starts the node with a mistake.
func start(t *testing.T, w workload.Workload, bin, mistake string) *bed {
	p, err := harness.Start(harness.Options{Command: []string{bin, mistake}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop(harness.Patience)) })
	b := &bed{t: t, w: w, node: p}
	b.send("c0", json.RawMessage(`{"type":"init","msg_id":1,"node_id":"n0","node_ids":["n0"]}`))
	b.reply()
	return b
}

func (b *bed) send(from string, body json.RawMessage) {
	line, err := json.Marshal(map[string]any{"src": from, "dest": "n0", "body": body})
	require.NoError(b.t, err)
	b.node.Write(append(line, '\n'))
}

func (b *bed) reply() (to string, body json.RawMessage) {
	line, err := b.node.Next(b.t.Context())
	require.NoError(b.t, err, "the node ended")
	var m struct {
		Dest string
		Body json.RawMessage
	}
	require.NoError(b.t, json.Unmarshal([]byte(line), &m))
	return m.Dest, m.Body
}

func (b *bed) record(h *run.History, typ run.OpType, process int, op workload.Op, value json.RawMessage, err *run.OpError) {
	*h = append(*h, run.Op{
		Index: len(*h), Time: time.Duration(len(*h)) * time.Millisecond, Type: typ, Process: process,
		F: op.F, Value: value, Micro: op.Micro, Error: err,
	})
}

// ask begins an operation of a client.
func (b *bed) ask(h *run.History, c workload.Client, process int, op workload.Op) {
	b.record(h, run.Invoke, process, op, op.Value, nil)
	step := c.Begin(op)
	b.msgID++
	b.send(fmt.Sprint("c", process), step.Request.AppendBody(nil, b.msgID))
}

// run does so many operations with eight clients, and asks in the end.
func (b *bed) run(o workload.Options, count int) workload.Input {
	g := b.w.Generator(o)
	workers := workloadtest.NewWorkers(o.Concurrency, 7)
	rng := rand.New(rand.NewPCG(1, 2))
	clients := make([]workload.Client, o.Concurrency)
	ops := make([]workload.Op, o.Concurrency)
	busy := 0
	for begun := 0; begun < count || busy > 0; {
		for begun < count && busy < o.Concurrency {
			worker, op := g.Next(0, workers, rng)
			if clients[worker] == nil {
				clients[worker] = b.w.Client(o)
			}
			ops[worker] = op
			b.ask(&b.history, clients[worker], worker, op)
			workers.Busy[worker] = true
			begun++
			busy++
		}
		to, body := b.reply()
		var worker int
		_, err := fmt.Sscanf(to, "c%d", &worker)
		require.NoError(b.t, err)
		done := clients[worker].Reply(body).Completion
		b.record(&b.history, done.Type, worker, ops[worker], done.Value, done.Error)
		workers.Busy[worker] = false
		busy--
	}
	in := workload.Input{Options: o, Inquiry: run.History{}}
	for _, op := range b.w.Inquiry(b.history, o) {
		c := b.w.Client(o)
		b.ask(&in.Inquiry, c, 0, op)
		_, body := b.reply()
		done := c.Reply(body).Completion
		b.record(&in.Inquiry, done.Type, 0, op, done.Value, done.Error)
	}
	return in
}

func kindOf(w workload.Workload) txn.Kind {
	if w.Name == Registers.Name {
		return txn.Registers
	}
	return txn.Lists
}

func TestCheck_wrongNodes(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, harness.Build(dir, "treecast/testbed/testdata/nodes/transactor"))
	bin := filepath.Join(dir, "transactor")
	none := []run.FindingKind{}
	for _, c := range []struct {
		w        workload.Workload
		mistake  string
		model    string
		valid    run.Verdict
		types    []string          // among others
		findings []run.FindingKind // among others; none means none, and nil is not looked at
	}{
		{Lists, "", "strict-serializable", run.Valid, nil, none},
		{Registers, "", "strict-serializable", run.Valid, nil, none},
		{Lists, "aborted", "read-committed", run.Invalid, []string{"G1a", "dirty-update"}, []run.FindingKind{run.FindingRefused}},
		{Registers, "aborted", "read-committed", run.Invalid, []string{"G1a"}, []run.FindingKind{run.FindingRefused}},
		{Lists, "between", "read-committed", run.Invalid, []string{"G0", "G1b"}, []run.FindingKind{findInternal}},
		{Registers, "between", "read-committed", run.Invalid, []string{"G1b"}, []run.FindingKind{findInternal}},
		{Lists, "skew", "repeatable-read", run.Invalid, []string{"lost-update"}, nil},
		{Registers, "skew", "repeatable-read", run.Invalid, []string{"lost-update"}, nil},
		{Lists, "write-skew", "serializable", run.Invalid, []string{"G2-item"}, none},
		{Registers, "write-skew", "serializable", run.Invalid, []string{"G2-item"}, none},
		{Lists, "write-skew", "snapshot-isolation", run.Valid, nil, none},
		{Registers, "write-skew", "snapshot-isolation", run.Valid, nil, none},
		{Lists, "fork", "snapshot-isolation", run.Invalid, []string{"G-nonadjacent-item"}, nil},
		{Lists, "fork", "parallel-snapshot-isolation", run.Valid, nil, nil},
		{Lists, "stale", "strict-serializable", run.Invalid, []string{"G-single-item-realtime"}, nil},
		{Registers, "stale", "strict-serializable", run.Invalid, []string{"G-single-item-realtime"}, nil},
		{Lists, "stale", "serializable", run.Valid, nil, nil},
		{Lists, "stale", "strong-session-serializable", run.Invalid, []string{"G-single-item-process"}, nil},
		{Lists, "backdated", "strict-serializable", run.Invalid, []string{"G0-realtime"}, nil},
		{Lists, "backdated", "strong-session-read-uncommitted", run.Invalid, []string{"G0-process"}, nil},
		{Lists, "circular", "read-committed", run.Invalid, []string{"G1c"}, nil},
		{Registers, "circular", "read-committed", run.Invalid, []string{"G1c", "cyclic-versions"}, nil},
		{Lists, "swapped", "read-uncommitted", run.Invalid, []string{"G0"}, []run.FindingKind{findInternal}},
		{Lists, "forgetful", "read-atomic", run.Invalid, []string{"internal"}, []run.FindingKind{findInternal}},
		{Registers, "forgetful", "read-atomic", run.Invalid, []string{"internal"}, []run.FindingKind{findInternal}},
		{Registers, "forgetful", "read-committed", run.Valid, nil, []run.FindingKind{findInternal}},
		{Lists, "foreseeing", "read-committed", run.Invalid, []string{"future-read"}, []run.FindingKind{findInternal}},
		{Lists, "twice", "read-uncommitted", run.Invalid, []string{"duplicate-elements"}, []run.FindingKind{run.FindingDuplicate}},
		{Lists, "local", "read-committed", run.Invalid, []string{"incompatible-order"}, []run.FindingKind{findUnreplicated}},
		{Registers, "local", "read-committed", run.Valid, nil, []run.FindingKind{findUnreplicated}},
		{Lists, "invents", "serializable", run.Unknown, nil, []run.FindingKind{run.FindingUnsent}},
		{Registers, "invents", "read-committed", run.Valid, nil, []run.FindingKind{run.FindingUnsent}},
		{Registers, "shortens", "read-committed", run.Valid, nil, []run.FindingKind{run.FindingReply}},
		{Lists, "null", "read-committed", run.Valid, nil, []run.FindingKind{findUnreplicated, findInternal}},
		{Registers, "null", "read-committed", run.Valid, nil, []run.FindingKind{findUnreplicated, findInternal}},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s", c.w.Name, c.mistake, c.model), func(t *testing.T) {
			o := workload.Options{Nodes: []string{"n0"}, Concurrency: 8, ConsistencyModel: []string{c.model}, MaxWritesPerKey: 8}
			b := start(t, c.w, bin, c.mistake)
			in := b.run(o, 1200)
			v := c.w.Check(b.history, in)
			require.Equal(t, c.valid, v.Maelstrom.Valid, v.Why)
			checked := read(kindOf(c.w), b.history)
			checked.judge(o.ConsistencyModel)
			for _, name := range c.types {
				require.Contains(t, checked.result.Types, name)
			}
			for _, kind := range c.findings {
				require.True(t, slices.ContainsFunc(v.Findings, func(f run.Finding) bool { return f.Kind == kind }), "%s is not among %v", kind, kinds(v.Findings))
			}
			if c.findings != nil && len(c.findings) == 0 {
				require.Empty(t, v.Findings)
			}
			require.Empty(t, v.Unasked)
			require.Equal(t, len(c.types) > 0, len(c.w.Views(b.history, v, in)) > 0 && v.Maelstrom.Valid == run.Invalid)
		})
	}
}
