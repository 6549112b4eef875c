package wire

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A parser and a reader make the same of every line.
func TestAParserReadsLinesAsAReaderDoes(t *testing.T) {
	pieces := []string{
		`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1}}`, `{"src":"n0","dest":"n1","id":7,"body":{}}`,
		`{"src":"c1","body":`, `garbage`, `"`, `{}`, `[1,2]`, "\xff", `,"x":[[[`, ` `,
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, 8, 60, 100}).Draw(t, "limit")
		parser := Parser{MaxLineBytes: limit}
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			var line []byte
			for _, piece := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 4).Draw(t, "pieces") {
				line = append(line, piece...)
			}
			if isBlank(line) {
				continue // a reader skips it
			}
			reader := NewReader(bytes.NewReader(append(bytes.Clone(line), '\n')), limit)
			want, err := reader.Next()
			require.NoError(t, err)
			require.Equal(t, want, parser.Item(line))
			_, err = reader.Next()
			require.ErrorIs(t, err, io.EOF)
		}
	})
}

// An item's Field is the body's, whatever else is in it.
func TestItem_fieldIsThatOfTheBody(t *testing.T) {
	for _, body := range []string{
		`{"type":"broadcast","message":1}`, `{"message":[1,{"message":2}],"type":"broadcast","msg_id":3}`, `{"type":"x"}`,
		`{"type":"x","message":1,"message":2}`, `{"type":"x","mess\u0061ge":1}`, `{"type":"x","mess\\u0061ge":1}`, `{"type":"x","other":1,"message":2}`,
		"{\"type\":\"x\",\"message\":\"\xff\"}", "{\"type\":\"\xff\",\"message\":7}", `{ "type" : "x" , "message" : { } }`,
	} {
		item := new(Parser).Item([]byte(`{"src":"c1","dest":"n1","body":` + body + `,"id":9}`))
		require.NoError(t, item.Err)
		for _, name := range []string{"message", "type", "other", "mess\\u0061ge", ""} {
			want, has := Field(item.Message.Body, name)
			got, ok := item.Field(name)
			require.Equal(t, has, ok, "%s in %s", name, body)
			require.Equal(t, string(want), string(got), "%s in %s", name, body)
		}
	}
	item := new(Parser).Item([]byte(`{"src":"c1","dest":"n1","body":[],"body":{"a":1,"type":"x"},"body":{"type":"y","b":2}}`))
	require.NoError(t, item.Err)
	value, ok := item.Field("b")
	require.True(t, ok)
	require.Equal(t, "2", string(value), "the last body counts")
	_, ok = item.Field("a")
	require.False(t, ok)
}
