package broadcast

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/workload"
)

// FuzzCarries checks that the values that are found in a body stand in it, and that
// a body whose values are told says what they are.
func FuzzCarries(f *testing.F) {
	for _, seed := range []string{
		`{"type":"gossip","e":1,"f":0}`, `{"type":"gossip","re":true,"runs":[{"o":"n1","l":"x","c":1,"v":[1,"a"]},{"v":[]},{"v":7},8]}`,
		`{"runs":[{"v":[1]}],"type":"gossip"}`, `{"type":"x","message":{"a":[1]}}`, `{"messages":[1,[2],null]}`, `{"messages":{}}`, `{"message":1,"messages":[2]}`,
		`{"type":"gossip","type":"x","message":1}`, `{"type":"gossip_ok","in_reply_to":1}`, `{"type":"gossip","messages":[]}`, `{"type":"x_ok","y":1}`, `{}`, `[]`, `{"messages":[1,`, `{"message":}`, ``, ` { "message" : 1 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reading, ok := carries(body)
		if !ok {
			require.Equal(t, workload.Reading{Kind: workload.Other}, reading)
			return
		}
		if !json.Valid(body) {
			return // bodies are objects by then: see the session's ReadLine
		}
		require.Contains(t, []workload.Traffic{workload.Data, workload.Resend, workload.Ack}, reading.Kind)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &fields))
		for _, value := range reading.Values {
			require.True(t, json.Valid(value), "%s", value)
		}
		_, message := fields["message"]
		switch {
		case reading.Kind == workload.Ack:
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
