package wire

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFields checks that walks over objects and lists, and the readers of single
// values, come to what encoding/json comes to.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[true,null]}`, ` { "a" : { } , "a" : "\u00e9\ud800" } `, `[1,[2],{"x":"]"}]`, `[]`, `{}`, `{"a":1,}`, `[1,]`, `[,1]`, `{"a"}`, `{"a":1}x`, `"\u0061\n"`, `"`,
		`-0`, `9223372036854775807`, `-9223372036854775808`, `9223372036854775808`, `1.0`, `1e3`, `01`, `"\x"`, "\"\xff\"", `null`, `{"\u0061":1}`, "[\x00]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		var object map[string]json.RawMessage
		isObject := json.Unmarshal(value, &object) == nil && object != nil
		seen := map[string]string{}
		ended := EachField(value, func(key []byte, raw json.RawMessage) bool {
			seen[string(key)] = string(raw)
			return true
		})
		require.Equal(t, isObject, ended)
		if isObject {
			require.Len(t, seen, len(object))
			for key, raw := range object {
				require.Equal(t, string(raw), seen[key])
				got, ok := Field(value, key)
				require.True(t, ok)
				require.Equal(t, string(raw), string(got))
			}
		}

		var list []json.RawMessage
		isList := json.Unmarshal(value, &list) == nil && list != nil
		var elements []string
		ended = EachElement(value, func(raw json.RawMessage) bool {
			elements = append(elements, string(raw))
			return true
		})
		require.Equal(t, isList, ended)
		if isList {
			require.Len(t, elements, len(list))
			for i := range list {
				require.Equal(t, string(list[i]), elements[i])
			}
		}

		var text string
		want := len(value) > 0 && value[0] == '"' && value[len(value)-1] == '"' && json.Unmarshal(value, &text) == nil
		got, ok := Text(value)
		require.Equal(t, want, ok)
		require.Equal(t, text, got)

		var n int64
		want = len(value) > 0 && (value[0] == '-' || isDigit(value[0])) && isDigit(value[len(value)-1]) && json.Unmarshal(value, &n) == nil
		if read, ok := Int(value); json.Valid(value) {
			require.Equal(t, want, ok)
			if ok {
				require.Equal(t, n, read)
			}
		}
	})
}
