package workload

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func source() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func TestWorkloadsAreFoundByName(t *testing.T) {
	require.Equal(t, []string{"broadcast", "echo"}, Names())
	for _, name := range Names() {
		w, err := New(name)
		require.NoError(t, err)
		require.Equal(t, name, w.Name())
	}
	_, err := New("lin-kv")
	require.ErrorContains(t, err, "broadcast, echo")
}

func TestBroadcastMixesCountedValuesWithReads(t *testing.T) {
	w, rng := new(broadcast), source()
	next, reads := 0, 0
	const ops = 4000
	for range ops {
		switch op := w.Next(rng); op.F {
		case "read":
			require.Nil(t, op.Value)
			reads++
		case "broadcast":
			var value int
			require.NoError(t, json.Unmarshal(op.Value, &value))
			require.Equal(t, next, value)
			next++
		default:
			t.Fatalf("no such operation: %s", op.F)
		}
	}
	require.InDelta(t, ops/2, reads, 150)
}

func TestRequestsAreSpeltAsMaelstromSpellsThem(t *testing.T) {
	for _, c := range []struct {
		workload string
		op       Op
		want     string
	}{
		{"broadcast", Op{F: "broadcast", Value: []byte("17")}, `{"type":"broadcast","message":17,"msg_id":3}`},
		{"broadcast", Op{F: "read"}, `{"type":"read","msg_id":3}`},
		{"broadcast", Op{F: "read", Final: true}, `{"type":"read","msg_id":3}`},
		{"echo", Op{F: "echo", Value: []byte(`"Please echo 5"`)}, `{"type":"echo","echo":"Please echo 5","msg_id":3}`},
	} {
		w, err := New(c.workload)
		require.NoError(t, err)
		require.Equal(t, c.want, string(w.AppendRequest(nil, c.op, 3)))
		require.Equal(t, c.op.F, w.RequestType(c.op))
	}
}

func TestRepliesCompleteOperationsAsMaelstromsClientDoes(t *testing.T) {
	add, read := Op{F: "broadcast", Value: []byte("17")}, Op{F: "read"}
	ping := Op{F: "echo", Value: []byte(`"Please echo 5"`)}
	for _, c := range []struct {
		op   Op
		body string
		want Completion
	}{
		{add, `{"type":"broadcast_ok","in_reply_to":1}`, Completion{Type: run.OK, Value: add.Value}},
		{add, `{"in_reply_to":1,"msg_id":4,"type":"broadcast_ok"}`, Completion{Type: run.OK, Value: add.Value}},
		{add, `{"in_reply_to":18446744073709551616,"msg_id":-1180591620717411303424,"type":"broadcast_ok"}`, Completion{Type: run.OK, Value: add.Value}},
		{read, `{"type":"read_ok","in_reply_to":1,"messages":null}`, Completion{Type: run.OK, Value: []byte("null")}}, // as nil is a list in Clojure
		{add, `{"type":"error","in_reply_to":1,"code":11,"text":"full"}`,
			Completion{run.Fail, add.Value, &run.OpError{Name: "temporarily-unavailable", Text: "full"}}},
		{add, `{"type":"error","in_reply_to":1,"code":13}`, Completion{run.Info, add.Value, &run.OpError{Name: "crash"}}},
		{add, `{"type":"error","in_reply_to":1,"code":0}`, Completion{run.Info, add.Value, &run.OpError{Name: "timeout"}}},
		{add, `{"type":"error","in_reply_to":1,"code":999,"text":"own"}`,
			Completion{run.Info, add.Value, &run.OpError{Name: "unknown", Text: "own"}}},
		{add, `{"type":"error","in_reply_to":1}`, Completion{run.Info, add.Value, &run.OpError{Name: "unknown"}}},
		{read, `{"type":"read_ok","in_reply_to":1,"messages":[3,"x"]}`, Completion{Type: run.OK, Value: []byte(`[3,"x"]`)}},
		{read, `{"type":"error","in_reply_to":1,"code":13,"text":"boom"}`,
			Completion{Type: run.Fail, Error: &run.OpError{Name: "crash", Text: "boom"}}},
		{ping, `{"type":"echo_ok","in_reply_to":1,"echo":"Please echo 5"}`,
			Completion{Type: run.OK, Value: []byte(`{"type":"echo_ok","in_reply_to":1,"echo":"Please echo 5"}`)}},
		{ping, `{"type":"error","in_reply_to":1,"code":13}`, Completion{run.Info, ping.Value, &run.OpError{Name: "crash"}}},
	} {
		w, err := New(map[string]string{"echo": "echo"}[c.op.F])
		if err != nil {
			w = new(broadcast)
		}
		require.Equal(t, c.want, w.Complete(c.op, []byte(c.body)), c.body)
	}
}

func TestAReplyOfTheWrongShapeIsIndeterminate(t *testing.T) {
	for _, c := range []struct {
		op        Op
		body, why string
	}{
		{Op{F: "broadcast"}, `{"type":"broadcast_ok","in_reply_to":1,"extra":0}`, `no key "extra"`},
		{Op{F: "broadcast"}, `{"type":"broadcast_ok","in_reply_to":1,"":0}`, `no key ""`},
		{Op{F: "broadcast"}, `{"type":"read_ok","in_reply_to":1}`, `not "broadcast_ok"`},
		{Op{F: "broadcast"}, `{"type":7,"in_reply_to":1}`, `type is 7`},
		{Op{F: "broadcast"}, `{"in_reply_to":1}`, `no type`},
		{Op{F: "broadcast"}, `{"type":"broadcast_ok"}`, `in_reply_to is missing`},
		{Op{F: "broadcast"}, `{"type":"broadcast_ok","in_reply_to":1,"msg_id":"4"}`, `msg_id is "4"`},
		{Op{F: "read"}, `{"type":"read_ok","in_reply_to":1}`, `needs the key "messages"`},
		{Op{F: "read"}, `{"type":"read_ok","in_reply_to":1,"messages":{"a":1}}`, `messages is no list`},
	} {
		got := new(broadcast).Complete(c.op, []byte(c.body))
		require.Equal(t, run.Info, got.Type, "even a read: Maelstrom's worker crashes on it")
		require.Equal(t, "indeterminate", got.Error.Name)
		require.Contains(t, got.Error.Text, c.why)
	}
}

func TestAnUnansweredReadFailsAndAnUnansweredBroadcastIsOpen(t *testing.T) {
	e := &run.OpError{Name: "net-timeout"}
	require.Equal(t, Completion{run.Info, []byte("1"), e}, new(broadcast).Timeout(Op{F: "broadcast", Value: []byte("1")}))
	require.Equal(t, Completion{run.Fail, nil, e}, new(broadcast).Timeout(Op{F: "read"}))
	require.Equal(t, Completion{run.Info, []byte("1"), e}, echo{}.Timeout(Op{F: "echo", Value: []byte("1")}))
}

func TestOnlyBroadcastReadsOnceMore(t *testing.T) {
	op, ok := new(broadcast).Final()
	require.True(t, ok)
	require.Equal(t, Op{F: "read", Final: true}, op)
	_, ok = echo{}.Final()
	require.False(t, ok)
	require.True(t, new(broadcast).NeedsTopology())
	require.False(t, echo{}.NeedsTopology())
}

func TestAnswersToInitAndTopology(t *testing.T) {
	require.NoError(t, CheckInit([]byte(`{"type":"init_ok","in_reply_to":1,"own":true}`)))
	require.ErrorContains(t, CheckInit([]byte(`{"type":"echo_ok"}`)), "echo_ok")
	require.ErrorContains(t, CheckInit([]byte(`{"type":"error","code":10,"text":"no"}`)), "it answered init with error 10 (not-supported): no")
	require.NoError(t, CheckTopology([]byte(`{"type":"topology_ok","in_reply_to":1}`)))
	require.ErrorContains(t, CheckTopology([]byte(`{"type":"topology_ok","in_reply_to":1,"own":1}`)), `no key "own"`)
	require.ErrorContains(t, CheckTopology([]byte(`{"type":"error","code":10,"text":"no"}`)), "it answered topology with error 10 (not-supported): no")
}

func TestReadersFindTheValuesOfABody(t *testing.T) {
	for _, c := range []struct {
		body   string
		kind   Kind
		values []string
	}{
		{`{"type":"broadcast","message":{"a":[1]},"msg_id":1}`, Data, []string{`{"a":[1]}`}},
		{`{"type":"sync","messages":[1, "two",[3]]}`, Data, []string{"1", `"two"`, "[3]"}},
		{`{"type":"sync","messages":[]}`, Data, nil},
		{`{"type":"gossip","e":1,"f":0,"runs":[{"o":"n0","l":1,"c":1,"v":[1,2]},{"o":"n1","l":1,"c":9,"v":["x"]}]}`, Data, []string{"1", "2", `"x"`}},
		{`{"type":"gossip","e":1,"f":0,"re":true,"runs":[{"o":"n0","l":1,"c":1,"v":[1]}]}`, Resend, []string{"1"}},
		{`{"type":"gossip","e":1,"f":0,"re":false,"runs":[{"v":[1]}]}`, Data, []string{"1"}},
		{`{"type":"gossip","e":1,"f":0,"acks":[1]}`, Ack, nil},
		{`{"type":"gossip","e":1,"f":0,"runs":[]}`, Ack, nil},
	} {
		r, ok := Read([]byte(c.body))
		require.True(t, ok, c.body)
		require.Equal(t, c.kind, r.Kind, c.body)
		var values []string
		for _, v := range r.Values {
			values = append(values, string(v))
		}
		require.Equal(t, c.values, values, c.body)
	}
	for _, body := range []string{`{"type":"ping"}`, `{"type":"sync","messages":7}`, `{}`, `[]`, ``, `{"message":`} {
		r, ok := Read([]byte(body))
		require.False(t, ok, body)
		require.Equal(t, Other, r.Kind)
	}
}
