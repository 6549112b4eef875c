package wire

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// isValue reports whether data is one valid value by our walk.
func isValue(data []byte) bool {
	i := skipValue(data, skipSpace(data, 0), MaxDepth)
	return i >= 0 && skipSpace(data, i) == len(data)
}

func TestGrammarIsThatOfEncodingJSON(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "0": true, "-0": true, "-": false, "00": false, "-01": false, "1.": false, "1.5": true, ".5": false, "1e5": true, "1E-05": true,
		"1e": false, "1e+": false, "1.e1": false, "+1": false, "1_0": false, "0x1": false, "Infinity": false, "1a": false,
		`""`: true, `"`: false, `"\"`: false, `"\u12"`: false, `"\u12G4"`: false, `"\uD800"`: true, `"\a"`: false, "\"\t\"": false, "\"\x7f\xff\"": true, `'a'`: false,
		"true": true, "tru": false, "truee": false, "True": false, "null": true, "nul": false, "false": true, "fals3": false,
		"[]": true, "[": false, "]": false, "[1 2]": false, "[1,]": false, "[,1]": false, "[[]": false, "[1}": false, " [ 1 , 2 ] ": true,
		"{}": true, `{"a":1}`: true, `{"a":1,}`: false, `{"a"}`: false, `{"a":}`: false, `{1:1}`: false, `{"a":1 "b":2}`: false, `{"a" : {"b" : []}}`: true,
		"{": false, `{"a`: false, `{"a"`: false, `{"a":`: false, `{"a":1`: false, `{"a":1,`: false, `{"a":1]`: false,
		"\ufeff1": false, "\v1": false, "\u00a01": false, "1\x00": false, "/**/1": false, "\n\r\t 1": true,
	} {
		require.Equal(t, want, json.Valid([]byte(value)), "the table is wrong: %q", value)
		require.Equal(t, want, isValue([]byte(value)), "%q", value)
	}
}

func FuzzValid(f *testing.F) {
	for _, seed := range []string{broadcastLine, `[1.5e-3,"\u00e9",{"a":[null,true,false]}]`, "-0.0E+1", `"\ud83d\ude00"`, "[[[[]]]]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		require.Equal(t, json.Valid(data), isValue(data))
	})
}
