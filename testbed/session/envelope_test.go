package session

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/testbed/network"
)

func FuzzReadLine(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"src":"n0","dest":"n1","body":{"type":"t","in_reply_to":1}}`,
		`{"id":3,"src":"n0","dest":"c1","body":{"type":"x"}} `, `{"src":"n\u0030","dest":"n1","body":{}}`,
		`{"src":"n0","dest":"n1","body":{},"src":7}`, `{"src":"n0","dest":"n1","body":{},"x":1}`,
		`{"src":"n0","dest":"n1","body":[]}`, `{"src":"n0","dest":"n1","body":{}`, `{"src":"n0","dest":"n1","body":{}}{"x":1}`, "{\"src\":\"n0\",\"dest\":\"n1\",\"body\":{\"a\":\"\t\x01\"}} x\t",
		`{"id":18446744073709551616,"src":"n0","dest":"n1","body":{}}`, "{\"src\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		p, err := readLine(line)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		var fields map[string]json.RawMessage
		first := json.NewDecoder(bytes.NewReader(escapeControls(line)))
		require.NoError(t, first.Decode(&fields), "what is accepted begins with an object")
		if p.control {
			require.True(t, bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' }), "%q", line)
		} else {
			var any json.RawMessage
			require.NoError(t, json.NewDecoder(bytes.NewReader(line)).Decode(&any), "%q", line)
		}
		for key := range fields {
			require.Contains(t, []string{"src", "dest", "body", "id"}, key)
		}
		var src, dest string
		require.NoError(t, json.Unmarshal(fields["src"], &src))
		require.NoError(t, json.Unmarshal(fields["dest"], &dest))
		require.Equal(t, src, p.Src)
		require.Equal(t, dest, p.Dest)
		var body map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(p.Body, &body))
		require.NotNil(t, body)

		again, err := readLine((&Output{Packet: p.Packet, ID: 7}).AppendLine(nil))
		require.NoError(t, err, "what is accepted can be handed to a node")
		require.Equal(t, p.Packet, again.Packet)
		require.False(t, again.control)
		require.Empty(t, again.ignored)
	})
}

func TestALineForANodeIsOneLine(t *testing.T) {
	o := Output{Packet: network.Packet{Src: "n\"\n", Dest: "é", Body: []byte(`{"a":1}`)}, ID: 12}
	require.Equal(t, `x{"id":12,"src":"n\"\n","dest":"é","body":{"a":1}}`+"\n", string(o.AppendLine([]byte("x"))))
	o.ID = -1
	require.Equal(t, `{"src":"n\"\n","dest":"é","body":{"a":1}}`+"\n", string(o.AppendLine(nil)))
}
