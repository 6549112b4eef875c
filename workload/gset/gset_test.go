package gset

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func TestGenerator_countsAndReads(t *testing.T) {
	g, workers := Workload.Generator(workload.Options{}), workloadtest.NewWorkers(2, 1)
	counts := map[string]int{}
	for range 2000 {
		_, op := g.Next(0, workers, workers.Rng)
		counts[op.F]++
	}
	require.InDelta(t, 1000, counts[fAdd], 100)
	require.Equal(t, workload.FinalStep{Op: workload.Op{F: fRead}}, g.Final(0, 1, nil), "it has no mark")
	require.True(t, g.Final(0, 1, nil).Done)
}

func TestClient_mapsNoErrors(t *testing.T) {
	add, read := workload.Op{F: fAdd, Value: []byte("17")}, workload.Op{F: fRead}
	requests, done := workloadtest.Talk(Workload.Client(workload.Options{}), add, `{"type":"add_ok","in_reply_to":1}`)
	require.Equal(t, []string{`{"type":"add","element":17,"msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: add.Value}, done)
	_, done = workloadtest.Talk(Workload.Client(workload.Options{}), read, `{"type":"read_ok","in_reply_to":1,"value":[1,"x"]}`)
	require.Equal(t, workload.Completion{Type: run.OK, Value: []byte(`[1,"x"]`)}, done)
	for _, reply := range []string{``, `{"type":"error","code":11,"in_reply_to":1}`, `{"type":"read_ok","in_reply_to":1,"messages":[]}`} {
		for _, op := range []workload.Op{add, read} {
			_, done := workloadtest.Talk(Workload.Client(workload.Options{}), op, reply)
			require.Equal(t, run.Info, done.Type)
			require.Equal(t, "indeterminate", done.Error.Name)
		}
	}
}

func TestStrict_findsFinalReadsWithoutAMark(t *testing.T) {
	in := workload.Input{Options: workload.Options{Nodes: []string{"n0", "n1"}, Concurrency: 2}}
	load := `
		0 invoke add 1
		0 ok add 1
		1 invoke read
		1 ok read []`
	require.Equal(t, "no final read was asked for", check(workloadtest.History(load+`
		0 invoke add 2
		0 ok add 2`), in).Unasked)
	v := check(workloadtest.History(load+`
		0 invoke read
		1 invoke read
		0 ok read [1]
		1 ok read []`), in)
	require.Len(t, v.Findings, 1)
	require.Equal(t, run.FindingMissing, v.Findings[0].Kind)
	require.Equal(t, "n1", v.Findings[0].Node)
	v = check(workloadtest.History(load+`
		1 invoke read
		0 invoke read
		0 ok read [1]
		1 ok read [1]`), in)
	require.Empty(t, v.Findings)
	require.Empty(t, v.Unasked)
}

func TestCarries_valuesAndGossip(t *testing.T) {
	r, ok := carries([]byte(`{"type":"add","element":[1],"msg_id":1}`))
	require.True(t, ok)
	require.Equal(t, "[1]", string(r.Values[0]))
	_, ok = carries([]byte(`{"type":"read","msg_id":1}`))
	require.False(t, ok)
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("{:type :ok, :f :add, :value 1}\n{:type :ok, :f :read, :value [1 1 {}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := run.ReadHistoryEDN(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		v := check(h, workload.Input{})
		require.NotNil(t, v.Maelstrom.SetFull)
	})
}
