package codec

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What is found without decoding is what a decoder finds.
func TestValues_areThoseOfTheMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMessage.Draw(t, "message")
		var want []json.RawMessage
		for _, r := range m.Runs {
			for _, v := range r.Values {
				want = append(want, json.RawMessage(v))
			}
		}
		got, resent, ok := Values(nil, Append(nil, m))
		require.True(t, ok)
		require.Equal(t, m.Resent, resent)
		require.Equal(t, want, got)
	})
}

func TestValues_ofOtherMessagesAreNone(t *testing.T) {
	for _, body := range []string{``, `{}`, `{"runs":[{"v":[1]}]}`, `{"type":"broadcast","message":1}`, `{"type":7,"runs":[{"v":[1]}]}`,
		`{"type":"gossip","runs":[{"v":[1]}]}`, `{"type":"gossip","e":1,"f":"x"}`, `{"type":"gossip","e":1.5,"f":0}`, `{"type":"gossip","messages":[1],"e":3}`} {
		_, _, ok := Values(nil, []byte(body))
		require.False(t, ok, body)
	}
}
