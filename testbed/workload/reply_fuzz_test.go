package workload

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// FuzzRead checks that the values that are found in a body stand in it, and that
// a body whose values are told says what they are.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"type":"gossip","e":1,"f":0}`, `{"type":"gossip","re":true,"runs":[{"o":"n1","l":"x","c":1,"v":[1,"a"]},{"v":[]},{"v":7},8]}`,
		`{"runs":[{"v":[1]}],"type":"gossip"}`, `{"type":"x","message":{"a":[1]}}`, `{"messages":[1,[2],null]}`, `{"messages":{}}`, `{"message":1,"messages":[2]}`,
		`{"type":"gossip","type":"x","message":1}`, `{"type":"gossip_ok","in_reply_to":1}`, `{"type":"gossip","messages":[]}`, `{"type":"x_ok","y":1}`, `{}`, `[]`, `{"messages":[1,`, `{"message":}`, ``, ` { "message" : 1 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reading, ok := Read(body)
		if !ok {
			require.Equal(t, Reading{Kind: Other}, reading)
			return
		}
		if !json.Valid(body) {
			return // bodies are objects by then: see the session's ReadLine
		}
		require.Contains(t, []Kind{Data, Resend, Ack}, reading.Kind)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &fields))
		for _, value := range reading.Values {
			require.True(t, json.Valid(value), "%s", value)
		}
		_, message := fields["message"]
		switch {
		case reading.Kind == Ack:
			require.Empty(t, reading.Values)
		case string(fields["type"]) == `"gossip"` && fields["e"] != nil && fields["f"] != nil: // ours, perhaps
		case message:
			require.Equal(t, []json.RawMessage{fields["message"]}, reading.Values)
		default:
			var list []json.RawMessage
			require.NoError(t, json.Unmarshal(fields["messages"], &list))
			require.Len(t, reading.Values, len(list))
			for i := range list {
				require.JSONEq(t, string(list[i]), string(reading.Values[i]))
			}
		}
	})
}

// FuzzComplete checks that every reply completes an operation in one of the ways
// that Maelstrom knows: what went well has the value that was asked for, and
// what did not says why, in words that a history keeps.
func FuzzComplete(f *testing.F) {
	for _, seed := range []string{
		`{"type":"read_ok","messages":[1,2],"in_reply_to":3}`, `{"type":"broadcast_ok","in_reply_to":3,"msg_id":4}`, `{"type":"echo_ok","echo":"a","in_reply_to":1}`,
		`{"type":"error","code":11,"text":"busy","in_reply_to":3}`, `{"type":"error","code":1e9}`, `{"type":"error","code":99999999999,"text":7}`, `{"type":"error"}`,
		`{"type":"read_ok","messages":7,"in_reply_to":3}`, `{"type":"read_ok","messages":[],"in_reply_to":3,"x":1}`, `{"type":7}`, `{}`, `{"type":"init_ok"}`, `{"type":"topology_ok","in_reply_to":1}`,
		`{"type":"error","text":"\u0000\ud800 \n]"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil || fields == nil {
			return // a line without an object for its body is no message
		}
		for _, ask := range []struct {
			workload string
			op       Op
			field    string
		}{
			{"broadcast", Op{F: "read"}, "messages"}, {"broadcast", Op{F: "broadcast", Value: []byte(`7`)}, ""}, {"echo", Op{F: "echo", Value: []byte(`"a"`)}, ""},
		} {
			w, err := New(ask.workload)
			require.NoError(t, err)
			c := w.Complete(ask.op, body)
			switch c.Type {
			case run.OK:
				require.Nil(t, c.Error)
				require.True(t, c.Value == nil || json.Valid(c.Value), "%s", c.Value)
				if ask.field != "" {
					require.JSONEq(t, string(fields[ask.field]), string(c.Value))
				}
			case run.Fail, run.Info:
				require.NotNil(t, c.Error)
				require.NotEmpty(t, c.Error.Name)
			default:
				t.Fatalf("%s completes as %v", body, c.Type)
			}
			op := run.Op{Type: c.Type, F: ask.op.F, Value: c.Value, Error: c.Error}
			_, err = run.AppendOpEDN(nil, op)
			require.NoError(t, err)
		}
		require.False(t, CheckInit(body) == nil && CheckTopology(body) == nil, "it cannot be both")
	})
}
