package txns

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func TestAccepts(t *testing.T) {
	require.NoError(t, Lists.Accepts(workload.Options{}))
	require.NoError(t, Lists.Accepts(workload.Options{ConsistencyModel: []string{"serializable", "PL-2"}, KeyCount: 1, MaxWritesPerKey: 1, MaxTxnLength: 1}))
	require.ErrorContains(t, Lists.Accepts(workload.Options{ConsistencyModel: []string{"serialisable"}}), `--consistency-models: unknown consistency model "serialisable"; known are 1SR`)
	require.ErrorContains(t, Lists.Accepts(workload.Options{KeyCount: -1}), "--key-count")
	require.ErrorContains(t, Lists.Accepts(workload.Options{MaxTxnLength: -1}), "--max-txn-length")
}

func TestGenerator_asksForTransactions(t *testing.T) {
	for _, w := range []workload.Workload{Registers, Lists} {
		kind, write := txn.Registers, `"w"`
		if w.Name == Lists.Name {
			kind, write = txn.Lists, `"append"`
		}
		g := w.Generator(workload.Options{KeyCount: 3, MaxTxnLength: 2, MaxWritesPerKey: 4})
		workers := workloadtest.NewWorkers(4, 1)
		writes, longest := 0, 0
		for i := range 500 {
			worker, op := g.Next(0, workers, workers.Rng)
			require.Equal(t, i%4, worker)
			require.Equal(t, "txn", op.F)
			require.True(t, op.Micro)
			mops, err := txn.Parse(kind, op.Value)
			require.NoError(t, err)
			longest = max(longest, len(mops))
			writes += strings.Count(string(op.Value), write)
		}
		require.Equal(t, 2, longest)
		require.InDelta(t, 375, writes, 60)
		require.True(t, g.Final(0, 0, workers.Rng).Done)
	}
}

func TestClient_speaksAsMaelstromsDoes(t *testing.T) {
	asked := []byte(`[["r",3,null],["append",3,1]]`)
	for _, c := range []struct {
		reply string
		want  workload.Completion
	}{
		{`{"type":"txn_ok","txn":[["r",3,[7]],["append",3,1]],"in_reply_to":1}`, workload.Completion{Type: run.OK, Value: []byte(`[["r",3,[7]],["append",3,1]]`)}},
		{`{"type":"txn_ok","txn":[],"in_reply_to":1}`, workload.Completion{Type: run.OK, Value: []byte(`[]`)}},
		{`{"type":"error","code":30,"text":"conflict","in_reply_to":1}`, workload.Completion{Type: run.Fail, Value: asked, Error: &run.OpError{Name: "txn-conflict", Text: "conflict"}}},
		{`{"type":"error","code":13,"text":"crash","in_reply_to":1}`, workload.Completion{Type: run.Info, Value: asked, Error: &run.OpError{Name: "crash", Text: "crash"}}},
		{``, workload.Completion{Type: run.Info, Value: asked, Error: &run.OpError{Name: "net-timeout"}}},
	} {
		requests, done := workloadtest.Talk(Lists.Client(workload.Options{}), workload.Op{F: fTxn, Value: asked}, c.reply)
		require.Equal(t, []string{`{"type":"txn","txn":[["r",3,null],["append",3,1]],"msg_id":1}`}, requests)
		require.Equal(t, c.want, done)
	}
	_, done := workloadtest.Talk(Lists.Client(workload.Options{}), workload.Op{F: fTxn, Value: asked}, `{"type":"txn_ok","in_reply_to":1}`)
	require.Equal(t, run.Info, done.Type)
	require.Equal(t, "indeterminate", done.Error.Name)
}

// A node may refuse a transaction for a while; in the end it is asked again.
func TestClient_readAllIsAskedAgain(t *testing.T) {
	refusal := `{"type":"error","code":11,"text":"no leader","in_reply_to":1}`
	requests, done := workloadtest.Talk(Lists.Client(workload.Options{}), workload.Op{F: fReadAll, Value: []byte(`[["r",1,null]]`)},
		refusal, refusal, `{"type":"txn_ok","txn":[["r",1,[1]]],"in_reply_to":3}`)
	require.Len(t, requests, 3)
	require.Equal(t, run.OK, done.Type)
	refusals := make([]string, retries)
	for i := range refusals {
		refusals[i] = refusal
	}
	_, done = workloadtest.Talk(Lists.Client(workload.Options{}), workload.Op{F: fReadAll, Value: []byte(`[["r",1,null]]`)}, refusals...)
	require.Equal(t, run.Fail, done.Type)
}

func TestCheck_repliesThatAreNoTransactionsHaveNoVerdict(t *testing.T) {
	h := workloadtest.History(`
		0 invoke txn [["r",1,null]]
		0 ok txn [["read",1,null]]`)
	for _, w := range []workload.Workload{Registers, Lists} {
		v := w.Check(h, workload.Input{})
		require.Equal(t, run.Unknown, v.Maelstrom.Valid)
		require.Contains(t, v.Maelstrom.Figures.Get("error"), "operation 1: micro-operation 0: unknown function")
		require.Equal(t, run.FindingReply, v.Findings[0].Kind)
		require.Empty(t, w.Views(h, v, workload.Input{}))
	}
}

func TestFigures_validRuns(t *testing.T) {
	h := workloadtest.History(`
		0 invoke txn [["w",1,1]]
		0 ok txn [["w",1,1]]
		0 invoke txn [["r",1,null]]
		0 ok txn [["r",1,1]]`)
	v := Registers.Check(h, workload.Input{})
	require.Equal(t, run.Figures{{Key: "valid?", Value: run.Valid}, {Key: "anomaly-types", Value: run.List{}}, {Key: "anomalies", Value: nil}}, v.Maelstrom.Figures)
	h = workloadtest.History(strings.ReplaceAll(strings.ReplaceAll(`
		0 invoke txn [["w",1,1]]
		0 ok txn [["w",1,1]]
		0 invoke txn [["r",1,null]]
		0 ok txn [["r",1,[1]]]`, `"w"`, `"append"`), "\t", ""))
	v = Lists.Check(h, workload.Input{})
	require.Equal(t, run.Figures{{Key: "valid?", Value: run.Valid}}, v.Maelstrom.Figures)
	require.Equal(t, "what each node holds in the end was not asked", v.Unasked)
}

// kinds are the kinds of findings and the nodes they are about.
func kinds(findings []run.Finding) (all []string) {
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s %s %d", f.Kind, f.Node, f.Count))
	}
	return all
}

func TestStrict_whatEachNodeHasInTheEnd(t *testing.T) {
	lists := workloadtest.History(`
		0 invoke txn [["append",1,1],["append",2,1]]
		0 ok txn [["append",1,1],["append",2,1]]
		1 invoke txn [["append",1,2]]
		1 ok txn [["append",1,2]]
		0 invoke txn [["append",1,3]]
		0 fail txn [["append",1,3]] error=txn-conflict
		1 invoke txn [["append",1,4]]
		1 info txn [["append",1,4]] error=net-timeout`)
	in := workload.Input{Options: workload.Options{Nodes: []string{"n0", "n1"}, Concurrency: 2, ConsistencyModel: []string{"read-committed"}}}
	ops := Lists.Inquiry(lists, in.Options)
	require.Len(t, ops, 1)
	require.Equal(t, `[["r",1,null],["r",2,null]]`, string(ops[0].Value))

	ask := func(n0, n1 string) []string {
		in.Inquiry = workloadtest.History("0 invoke read-all\n0 " + n0 + "\n1 invoke read-all\n1 " + n1)
		v := Lists.Check(lists, in)
		require.Empty(t, v.Unasked)
		return kinds(v.Findings)
	}
	require.Empty(t, ask(`ok read-all [["r",1,[1,2]],["r",2,[1]]]`, `ok read-all [["r",1,[1,2]],["r",2,[1]]]`))
	require.Empty(t, ask(`ok read-all [["r",1,[1,4,2]],["r",2,[1]]]`, `ok read-all [["r",1,[1,4,2]],["r",2,[1]]]`), "the unknown one may have happened")
	require.Equal(t, []string{"unreplicated n1 2", "differ n1 2"}, ask(`ok read-all [["r",1,[1,2]],["r",2,[1]]]`, `ok read-all [["r",1,[2]],["r",2,null]]`))
	require.Equal(t, []string{"differ n1 1"}, ask(`ok read-all [["r",1,[1,2]],["r",2,[1]]]`, `ok read-all [["r",1,[2,1]],["r",2,[1]]]`))
	require.Equal(t, []string{"refused n0 1", "differ n1 1"}, ask(`ok read-all [["r",1,[1,2,3]],["r",2,[1]]]`, `ok read-all [["r",1,[1,2]],["r",2,[1]]]`))
	require.Equal(t, []string{"duplicate n0 1", "unsent n0 1", "differ n1 1"}, ask(`ok read-all [["r",1,[1,2,2,9]],["r",2,[1]]]`, `ok read-all [["r",1,[1,2]],["r",2,[1]]]`))
	require.Equal(t, []string{"deaf n1 1"}, ask(`ok read-all [["r",1,[1,2]],["r",2,[1]]]`, `info read-all null error=net-timeout`))
	require.Equal(t, []string{"reply n1 1"}, ask(`ok read-all [["r",1,[1,2]],["r",2,[1]]]`, `ok read-all [["r",1]]`))

	registers := workloadtest.History(`
		0 invoke txn [["w",1,1]]
		0 ok txn [["w",1,1]]
		1 invoke txn [["w",1,2]]
		1 ok txn [["w",1,2]]`)
	in.Inquiry = workloadtest.History(`
		0 invoke read-all
		0 ok read-all [["r",1,2]]
		1 invoke read-all
		1 ok read-all [["r",1,null]]`)
	require.Equal(t, []string{"unreplicated n1 1", "differ n1 1"}, kinds(Registers.Check(registers, in).Findings))
}

func TestInquiry_manyKeysAreAskedInTurns(t *testing.T) {
	var text strings.Builder
	for k := range 2*keysAtOnce + 1 {
		fmt.Fprintf(&text, "0 invoke txn [[\"w\",%d,1],[\"r\",7777,null]]\n0 ok txn [[\"w\",%d,1],[\"r\",7777,null]]\n", k, k)
	}
	ops := Registers.Inquiry(workloadtest.History(text.String()), workload.Options{})
	require.Len(t, ops, 3)
	asked := 0
	for _, op := range ops {
		mops, err := txn.Parse(txn.Registers, op.Value)
		require.NoError(t, err)
		asked += len(mops)
		require.Equal(t, fReadAll, op.F)
	}
	require.Equal(t, 2*keysAtOnce+1, asked)
	require.Nil(t, Registers.Inquiry(nil, workload.Options{}))
}
