package run

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"olympos.io/encoding/edn"
)

// FuzzReadHistory checks that no text panics, and that what could be read is
// read again, alike, after it was written.
func FuzzReadHistory(f *testing.F) {
	for _, line := range lines {
		f.Add([]byte(line.edn))
	}
	f.Add([]byte(`{:value (1 2.5M #{} #inst "2026" \a \, 1/2 ##Inf 7N), :error [:x nil]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ReadHistoryEDN(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, op := range h {
			if op.Value != nil {
				require.True(t, json.Valid(op.Value), "%s", op.Value)
			}
			if !isKeyword(op.F) { // only functions that are keywords can be spelt
				return
			}
		}
		var once, twice bytes.Buffer
		require.NoError(t, h.WriteEDN(&once))
		again, err := ReadHistoryEDN(bytes.NewReader(once.Bytes()))
		require.NoError(t, err)
		require.NoError(t, again.WriteEDN(&twice))
		require.Equal(t, once.String(), twice.String())
	})
}

// FuzzValue checks that any JSON value becomes EDN that the library reads and
// that comes back as the same JSON value, and that what is not JSON is refused.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`null`, `[1,-2.5e3,"a"]`, `{"a":{"b c":[]}}`, `"\u0000\ud83d\ude00\\"`, `"é"`, `123456789012345678901`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if value == nil {
			value = []byte{}
		}
		n, err := parseJSON(value)
		if !json.Valid(value) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		n.spellClient()
		text := n.appendEDN(nil)
		var known any
		require.NoError(t, edn.Unmarshal(text, &known), "the library reads it: %s", text)
		again, err := parseEDN(string(text), ednMaxDepth)
		require.NoError(t, err)
		back := again.appendJSON(nil)
		require.Equal(t, decodeJSON(t, value), decodeJSON(t, back))
	})
}

func decodeJSON(t testing.TB, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	return value
}
