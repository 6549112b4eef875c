package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// This file is encoding/json's view of what the package does by itself, and
// generators for it.

// parseModel is Parse by way of encoding/json: the message if the line is one,
// else ErrNotJSON or ErrShape.
func parseModel(line []byte) (Message, error) {
	if !json.Valid(line) {
		return Message{}, ErrNotJSON
	}
	var envelope, body map[string]json.RawMessage
	if json.Unmarshal(line, &envelope) != nil || envelope == nil {
		return Message{}, ErrShape
	}
	if json.Unmarshal(envelope["body"], &body) != nil || body == nil {
		return Message{}, ErrShape
	}
	var m Message
	for _, field := range []struct {
		raw  json.RawMessage
		into *string
	}{{envelope["src"], &m.Src}, {envelope["dest"], &m.Dest}, {body["type"], &m.Type}} {
		if len(field.raw) == 0 || field.raw[0] != '"' || json.Unmarshal(field.raw, field.into) != nil {
			return Message{}, ErrShape
		}
	}
	for _, field := range []struct {
		raw  json.RawMessage
		into *ID
		has  *bool
	}{
		{body["msg_id"], &m.MsgID, &m.HasMsgID},
		{body["in_reply_to"], &m.InReplyTo, &m.HasInReplyTo},
	} {
		if field.raw == nil || string(field.raw) == "null" {
			continue
		}
		n, ok := new(big.Int).SetString(string(field.raw), 10)
		if !ok {
			return Message{}, ErrShape
		}
		if *field.has = true; n.IsInt64() {
			*field.into = IntID(n.Int64())
		} else {
			*field.into = ID{long: n.String()}
		}
	}
	if n, err := strconv.ParseInt(string(envelope["id"]), 10, 64); err == nil {
		m.ID, m.HasID = n, true
	}
	m.Body = json.RawMessage(string([]rune(string(envelope["body"])))) // runes: invalid bytes become U+FFFD
	return m, nil
}

// requireSameAsModel compares Parse with parseModel on any line.
func requireSameAsModel(t require.TestingT, line []byte) {
	want, wantErr := parseModel(line)
	got, err := Parse(line)
	if wantErr == nil {
		require.NoError(t, err, "%q", line)
		require.Equal(t, want, got, "%q", line)
		return
	}
	require.ErrorIs(t, err, wantErr, "%q", line)
	require.NotEmpty(t, err.Error())
	require.Nil(t, got.Body, "%q", line)
	other := ErrNotJSON
	if errors.Is(wantErr, ErrNotJSON) {
		other = ErrShape
	}
	require.False(t, errors.Is(err, other), "%q: %v", line, err)
}

// canonicalModel spells a valid value such that equal values are spelt alike:
// through encoding/json, and with exact rationals for numbers. It reports
// false for exponents that no rational should be made of.
func canonicalModel(value []byte) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return err.Error(), false
	}
	var out strings.Builder
	ok := spell(&out, decoded)
	return out.String(), ok
}

func spell(out *strings.Builder, decoded any) (ok bool) {
	switch value := decoded.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		out.WriteString(strconv.FormatBool(value))
	case string:
		out.WriteString(strconv.Quote(value))
	case json.Number:
		return spellNumber(out, string(value))
	case []any:
		out.WriteString("[")
		for _, element := range value {
			if !spell(out, element) {
				return false
			}
			out.WriteString(",")
		}
		out.WriteString("]")
	case map[string]any:
		keys := make([]string, 0, len(value))
		for key := range value {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		out.WriteString("{")
		for _, key := range keys {
			out.WriteString(strconv.Quote(key) + ":")
			if !spell(out, value[key]) {
				return false
			}
			out.WriteString(",")
		}
		out.WriteString("}")
	}
	return true
}

func spellNumber(out *strings.Builder, number string) bool {
	if !strings.ContainsAny(number, ".eE") {
		n, ok := new(big.Int).SetString(number, 10)
		out.WriteString(n.String())
		return ok
	}
	if _, exponent, found := cutAny([]byte(number), "eE"); found {
		if n, err := strconv.Atoi(string(exponent)); err != nil || n > 1000 || n < -1000 {
			return false
		}
	}
	n, ok := new(big.Rat).SetString(number)
	if !ok {
		return false
	}
	out.WriteString("rational " + n.String())
	return true
}

// depthOf is the nesting of a valid value.
func depthOf(value []byte) int {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}

// anyText draws strings with much that must be escaped, beyond the basic
// plane, or no UTF-8 at all.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(0, 12, -1),
		rapid.StringOfN(rapid.SampledFrom([]rune{'a', '"', '\\', '/', '\n', '\r', '\t', 0, 0x1f, 0x7f, 'é', '\u2028', 0xfffd, '😀'}), 0, 12, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
	)
}

// anyJSON draws values as JSON text in many spellings.
func anyJSON(depth int) *rapid.Generator[string] {
	scalars := rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "0", "-0", "1", "1.0", "1.00", "1e0", "10e-1", "-1.50E+2", "9007199254740993",
			"9223372036854775808", "-9223372036854775808", strings.Repeat("9", 100), "0.0", "-0.0e5", "1e400", `"\u0061"`, `"\ud83d\ude00"`, `"\ud800"`}),
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.Map(rapid.Float64(), func(f float64) string { return strconv.FormatFloat(f, 'e', -1, 64) }),
		rapid.Map(anyText(), quoteModel),
	)
	if depth == 0 {
		return scalars
	}
	inner := anyJSON(depth - 1)
	space := rapid.SampledFrom([]string{"", "", "", " ", "\t", " \r\n "})
	list := func(opening, closing string, item *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			items := rapid.SliceOfN(item, 0, 4).Draw(t, "items")
			gap := space.Draw(t, "gap")
			return opening + gap + strings.Join(items, gap+","+gap) + gap + closing
		})
	}
	member := rapid.Custom(func(t *rapid.T) string {
		key := rapid.OneOf(rapid.SampledFrom([]string{`"a"`, `"b"`, `"\u0061"`, `"ab"`, `""`, `"type"`}), rapid.Map(anyText(), quoteModel))
		return key.Draw(t, "key") + space.Draw(t, "gap") + ":" + inner.Draw(t, "value")
	})
	return rapid.OneOf(scalars, list("[", "]", inner), list("{", "}", member))
}

// quoteModel is encoding/json's spelling of a string, which differs from ours.
func quoteModel(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

func TestModelKnowsWhatIsEqual(t *testing.T) {
	a, ok := canonicalModel([]byte(`{"b":[1.50],"a":"\u0041"}`))
	require.True(t, ok)
	b, ok := canonicalModel([]byte(`{"a":"A", "b":[15e-1]}`))
	require.True(t, ok)
	require.Equal(t, a, b)
	require.Equal(t, 3, depthOf([]byte(`{"[[":[{}]}`)))
}
