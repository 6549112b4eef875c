package workload

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestRequest_isSpeltAsMaelstromSpellsIt(t *testing.T) {
	for want, r := range map[string]Request{
		`{"type":"read","msg_id":3}`:             {Type: "read"},
		`{"type":"add","element":17,"msg_id":3}`: {Type: "add", Fields: []byte(`"element":17`)},
	} {
		require.Equal(t, want, string(r.AppendBody(nil, 3)))
	}
}

func TestRefused_mapsErrorsAsMaelstromsClientDoes(t *testing.T) {
	value := json.RawMessage("17")
	for _, c := range []struct {
		body       string
		idempotent bool
		want       Completion
	}{
		{`{"type":"error","code":11,"text":"full"}`, false, Completion{run.Fail, value, &run.OpError{Name: "temporarily-unavailable", Text: "full"}}},
		{`{"type":"error","code":13}`, false, Completion{run.Info, value, &run.OpError{Name: "crash"}}},
		{`{"type":"error","code":13}`, true, Completion{run.Fail, value, &run.OpError{Name: "crash"}}},
		{`{"type":"error","code":999,"text":"own"}`, false, Completion{run.Info, value, &run.OpError{Name: "unknown", Text: "own"}}},
		{`{"type":"error","code":99999999999}`, false, Completion{run.Info, value, &run.OpError{Name: "unknown"}}},
		{`{"type":"error"}`, false, Completion{run.Info, value, &run.OpError{Name: "unknown"}}},
	} {
		got, is := Refused([]byte(c.body), value, c.idempotent)
		require.True(t, is)
		require.Equal(t, c.want, got.Completion, c.body)
	}
	_, is := Refused([]byte(`{"type":"read_ok"}`), value, false)
	require.False(t, is)
	require.Equal(t, run.Fail, Unanswered(value, true).Completion.Type)
	require.Equal(t, &run.OpError{Name: "net-timeout"}, Unanswered(value, false).Completion.Error)
}

func TestThrew_leavesEveryErrorOpen(t *testing.T) {
	for _, body := range []string{`{"type":"error","code":11,"text":"busy"}`, ``} {
		step, is := Threw([]byte(body)[:len(body):len(body)], []byte("1"))
		if body == "" {
			step, is = Threw(nil, []byte("1"))
		}
		require.True(t, is)
		require.Equal(t, run.Info, step.Completion.Type)
		require.Equal(t, "indeterminate", step.Completion.Error.Name)
	}
	_, is := Threw([]byte(`{"type":"add_ok"}`), nil)
	require.False(t, is)
}

func TestShape_readsWhatMaelstromsSchemasAllow(t *testing.T) {
	read := Shape{Type: "read_ok", Field: "value", Kind: Int}
	for _, c := range []struct {
		shape     Shape
		body, why string
	}{
		{read, `{"type":"read_ok","in_reply_to":1,"value":7,"msg_id":2}`, ``},
		{read, `{"type":"read_ok","in_reply_to":1,"value":-70000000000000000000000}`, ``},
		{read, `{"type":"read_ok","in_reply_to":1,"value":7.0}`, `not an integer`},
		{read, `{"type":"read_ok","in_reply_to":1,"value":null}`, `not an integer`},
		{read, `{"type":"read_ok","in_reply_to":1}`, `needs the key "value"`},
		{Shape{"read_ok", "value", List}, `{"type":"read_ok","in_reply_to":1,"value":null}`, ``},
		{Shape{"read_ok", "value", List}, `{"type":"read_ok","in_reply_to":1,"value":{}}`, `no list`},
		{Shape{"poll_ok", "msgs", Map}, `{"type":"poll_ok","in_reply_to":1,"msgs":null}`, ``},
		{Shape{"poll_ok", "msgs", Map}, `{"type":"poll_ok","in_reply_to":1,"msgs":[]}`, `no object`},
		{Shape{Type: "add_ok"}, `{"type":"add_ok","in_reply_to":1,"extra":0}`, `no key "extra"`},
		{Shape{Type: "add_ok"}, `{"type":"add_ok","in_reply_to":1,"":0}`, `no key ""`},
		{Shape{"read_ok", "value", List}, `{"type":"read_ok","in_reply_to":1,"messages":[]}`, `no key "messages"; it needs the key "value"`},
		{Shape{Type: "add_ok"}, `{"type":"read_ok","in_reply_to":1}`, `not "add_ok"`},
		{Shape{Type: "add_ok"}, `{"in_reply_to":1}`, `no type`},
		{Shape{Type: "add_ok"}, `{"type":"add_ok"}`, `in_reply_to is missing`},
		{Shape{Type: "add_ok"}, `{"type":"add_ok","in_reply_to":1,"msg_id":"4"}`, `msg_id is "4"`},
	} {
		_, err := c.shape.Read([]byte(c.body))
		if c.why == "" {
			require.NoError(t, err, c.body)
		} else {
			require.ErrorContains(t, err, c.why, c.body)
		}
	}
}

func TestInput_knowsWhomAProcessTalksTo(t *testing.T) {
	in := Input{Options: Options{Nodes: []string{"a", "b"}, Concurrency: 3}}
	require.Equal(t, []string{"a", "b", "a", "a"}, []string{in.NodeOf(0), in.NodeOf(1), in.NodeOf(2), in.NodeOf(3)})
	require.Empty(t, in.NodeOf(-1))
	require.Empty(t, (&Input{}).NodeOf(3))
}
