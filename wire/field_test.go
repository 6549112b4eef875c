package wire

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFieldIsRaw(t *testing.T) {
	body := []byte(` {"type":"broadcast", "message": {"b": 1.00,"a":"\u0061"} ,"m\u0065ssage2":9007199254740993,"x":1,"x":2,"n":null} `)
	for name, want := range map[string]string{
		"message": `{"b": 1.00,"a":"\u0061"}`, "message2": "9007199254740993", "x": "2", "n": "null", "type": `"broadcast"`,
	} {
		value, ok := Field(body, name)
		require.True(t, ok, name)
		require.Equal(t, want, string(value))
	}
	for _, name := range []string{"a", "Type", "", "m\\u0065ssage2"} {
		_, ok := Field(body, name)
		require.False(t, ok, name)
	}
}

func TestFieldOfWhatIsNoObjectIsNotThere(t *testing.T) {
	for _, body := range []string{"", " ", "null", `["a"]`, `{"a":1`, `{"a":1}x`, `{"a":1,}`, `{"a":01}`, `{"a"1}`, `{a:1}`, `"a"`} {
		_, ok := Field([]byte(body), "a")
		require.False(t, ok, body)
	}
}

func TestFieldAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := anyJSON(2).Draw(t, "value")
		var fields map[string]json.RawMessage
		isObject := json.Unmarshal([]byte(value), &fields) == nil && fields != nil
		require.Equal(t, isObject, EachField([]byte(value), func(key []byte, raw json.RawMessage) bool {
			require.Contains(t, fields, string(key))
			return true
		}))
		for name, want := range fields {
			got, ok := Field([]byte(value), name)
			require.True(t, ok, "%q in %s", name, value)
			require.Equal(t, string(want), string(got))
		}

		var elements, got []json.RawMessage
		isArray := value[0] == '[' && json.Unmarshal([]byte(value), &elements) == nil
		require.Equal(t, isArray, EachElement([]byte(value), func(raw json.RawMessage) bool {
			got = append(got, raw)
			return true
		}))
		require.Len(t, got, len(elements))
		for i := range elements {
			require.Equal(t, string(elements[i]), string(got[i]))
		}
	})
}

func TestWalksStopWhenTold(t *testing.T) {
	visits := 0
	require.False(t, EachField([]byte(`{"a":1,"b":2}`), func([]byte, json.RawMessage) bool { visits++; return false }))
	require.False(t, EachElement([]byte(`[1,2]`), func(json.RawMessage) bool { visits++; return false }))
	require.Equal(t, 2, visits)
	for _, array := range []string{"", "{}", "[1", "[1,]", "[1]]", "[01]", "[,]"} {
		require.False(t, EachElement([]byte(array), func(json.RawMessage) bool { return true }), array)
	}
}

func TestScalarsAreReadExactly(t *testing.T) {
	for value, want := range map[string]int64{
		"0": 0, "-0": 0, "7": 7, "-7": -7, "9007199254740993": 9007199254740993,
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		got, ok := Int([]byte(value))
		require.True(t, ok, value)
		require.Equal(t, want, got)
	}
	for _, value := range []string{"", "-", "1.0", "1e3", "null", `"1"`, "[1]", "true", "9223372036854775808", "-9223372036854775809",
		"9223372036854775810", "100000000000000000000", "18446744073709551616"} {
		got, ok := Int([]byte(value))
		require.False(t, ok, value)
		require.Zero(t, got)
	}
	text, ok := Text([]byte(`"a\u0062\n"`))
	require.True(t, ok)
	require.Equal(t, "ab\n", text)
	for _, value := range []string{"", "1", `"a`, `"a"b"`, `"a" `, `"\x"`} {
		_, ok := Text([]byte(value))
		require.False(t, ok, value)
	}
}
