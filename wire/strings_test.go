package wire

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestStringsAreEscapedNoMoreThanTheyMust(t *testing.T) {
	for text, want := range map[string]string{
		"":                   `""`,
		"n0":                 `"n0"`,
		"a\"b\\c/d":          `"a\"b\\c/d"`,
		"\b\f\n\r\t\x00\x1f": `"\b\f\n\r\t\u0000\u001f"`,
		"<é&😀\u2028\x7f>":    "\"<é&😀\u2028\x7f>\"",
		"a\xffb\xc3":         "\"a\ufffdb\ufffd\"",
		"\ufffd":             "\"\ufffd\"",
	} {
		require.Equal(t, want, string(AppendString(nil, text)))
		require.Equal(t, "x"+want, string(appendQuoted([]byte("x"), []byte(text))))
	}
}

func TestStringsComeBackFromTheirSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		quoted := AppendString(nil, text)
		var got, want string
		require.NoError(t, json.Unmarshal(quoted, &got))
		require.NoError(t, json.Unmarshal([]byte(quoteModel(text)), &want))
		require.Equal(t, want, got)
		require.Equal(t, want, string(unquote(quoted)))
	})
}

func FuzzUnquote(f *testing.F) {
	for _, seed := range []string{`"\ud83d\ude00"`, `"\ud800"`, `"\ud800\ud800\udc00"`, `"\udc00\u0041"`, `"\ud800\n"`, `"\/\b\f\r\t\\\""`, "\"\xff\\u00e9\xc3\"", `"\ud800\u12"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, quoted []byte) {
		var want string
		isString := len(quoted) > 0 && quoted[0] == '"' && quoted[len(quoted)-1] == '"' && json.Unmarshal(quoted, &want) == nil
		got, ok := Text(quoted)
		require.Equal(t, isString, ok)
		require.Equal(t, want, got)
	})
}
