package broadcast

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func TestGenerator_mixesCountedValuesWithReads(t *testing.T) {
	g, workers := Workload.Generator(workload.Options{}), workloadtest.NewWorkers(2, 1)
	next, reads := 0, 0
	const ops = 4000
	for range ops {
		switch _, op := g.Next(0, workers, workers.Rng); op.F {
		case fRead:
			require.Nil(t, op.Value)
			reads++
		case fBroadcast:
			var value int
			require.NoError(t, json.Unmarshal(op.Value, &value))
			require.Equal(t, next, value)
			next++
		default:
			t.Fatalf("no such operation: %s", op.F)
		}
	}
	require.InDelta(t, ops/2, reads, 150)
	require.Equal(t, workload.FinalStep{Op: workload.Op{F: fRead, Final: true}}, g.Final(0, 1, nil))
	require.True(t, g.Final(0, 1, nil).Done)
}

func TestClient_speaksAsMaelstromsDoes(t *testing.T) {
	add, read := workload.Op{F: fBroadcast, Value: []byte("17")}, workload.Op{F: fRead}
	for _, c := range []struct {
		op             workload.Op
		request, reply string
		want           workload.Completion
	}{
		{add, `{"type":"broadcast","message":17,"msg_id":1}`, `{"type":"broadcast_ok","in_reply_to":1}`, workload.Completion{Type: run.OK, Value: add.Value}},
		{add, `{"type":"broadcast","message":17,"msg_id":1}`, `{"in_reply_to":18446744073709551616,"msg_id":-1180591620717411303424,"type":"broadcast_ok"}`,
			workload.Completion{Type: run.OK, Value: add.Value}},
		{read, `{"type":"read","msg_id":1}`, `{"type":"read_ok","in_reply_to":1,"messages":[3,"x"]}`, workload.Completion{Type: run.OK, Value: []byte(`[3,"x"]`)}},
		{read, `{"type":"read","msg_id":1}`, `{"type":"read_ok","in_reply_to":1,"messages":null}`, workload.Completion{Type: run.OK, Value: []byte("null")}},
		{add, `{"type":"broadcast","message":17,"msg_id":1}`, ``, workload.Completion{Type: run.Info, Value: add.Value, Error: &run.OpError{Name: "net-timeout"}}},
		{read, `{"type":"read","msg_id":1}`, ``, workload.Completion{Type: run.Fail, Error: &run.OpError{Name: "net-timeout"}}},
		{read, `{"type":"read","msg_id":1}`, `{"type":"error","in_reply_to":1,"code":13,"text":"boom"}`,
			workload.Completion{Type: run.Fail, Error: &run.OpError{Name: "crash", Text: "boom"}}},
	} {
		requests, done := workloadtest.Talk(Workload.Client(workload.Options{}), c.op, c.reply)
		require.Equal(t, []string{c.request}, requests)
		require.Equal(t, c.want, done, c.reply)
	}
	for body, why := range map[string]string{
		`{"type":"read_ok","in_reply_to":1}`:                    `needs the key "messages"`,
		`{"type":"read_ok","in_reply_to":1,"messages":{"a":1}}`: `messages is no list`,
	} {
		_, done := workloadtest.Talk(Workload.Client(workload.Options{}), read, body)
		require.Equal(t, run.Info, done.Type, "even a read: Maelstrom's worker crashes on it")
		require.Equal(t, why, done.Error.Text[len(done.Error.Text)-len(why):])
	}
}

func TestCarries_findsTheValuesOfABody(t *testing.T) {
	for _, c := range []struct {
		body   string
		kind   workload.Traffic
		values []string
	}{
		{`{"type":"broadcast","message":{"a":[1]},"msg_id":1}`, workload.Data, []string{`{"a":[1]}`}},
		{`{"type":"sync","messages":[1, "two",[3]]}`, workload.Data, []string{"1", `"two"`, "[3]"}},
		{`{"type":"sync","messages":[]}`, workload.Data, nil},
		{`{"type":"gossip","e":1,"f":0,"runs":[{"o":"n0","l":1,"c":1,"v":[1,2]},{"o":"n1","l":1,"c":9,"v":["x"]}]}`, workload.Data, []string{"1", "2", `"x"`}},
		{`{"type":"gossip","e":1,"f":0,"re":true,"runs":[{"o":"n0","l":1,"c":1,"v":[1]}]}`, workload.Resend, []string{"1"}},
		{`{"type":"gossip","e":1,"f":0,"re":false,"runs":[{"v":[1]}]}`, workload.Data, []string{"1"}},
		{`{"type":"gossip","e":1,"f":0,"acks":[1]}`, workload.Ack, nil},
		{`{"type":"gossip","e":1,"f":0,"runs":[]}`, workload.Ack, nil},
	} {
		r, ok := carries([]byte(c.body))
		require.True(t, ok, c.body)
		require.Equal(t, c.kind, r.Kind, c.body)
		var values []string
		for _, v := range r.Values {
			values = append(values, string(v))
		}
		require.Equal(t, c.values, values, c.body)
	}
	for _, body := range []string{`{"type":"ping"}`, `{"type":"sync","messages":7}`, `{}`, `[]`, ``, `{"message":`} {
		r, ok := carries([]byte(body))
		require.False(t, ok, body)
		require.Equal(t, workload.Other, r.Kind)
	}
}
