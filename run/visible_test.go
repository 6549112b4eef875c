package run

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestVisible_spellsWhatATerminalObeys(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"plain, tab\tand Umläute": "plain, tab\tand Umläute",
		"\x1b[2J\x1b]0;title\a":   `\x1b[2J\x1b]0;title\a`,
		"a\rb\nc\x00\x7f":         `a\rb\nc\x00\x7f`,
		"\u009b31m":               `\u009b31m`,
		"\u202eevil":              `\u202eevil`,
		"\xff\xfe bad":            `\xff\xfe bad`,
		`back\slash "quote"`:      `back\slash "quote"`,
	} {
		require.Equal(t, want, Visible(text))
	}
}

func TestVisibleLines_keepsLines(t *testing.T) {
	require.Equal(t, "a\\x1b\nb\\r\n", VisibleLines("a\x1b\nb\r\n"))
}

func TestVisible_isAlwaysPrintable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		shown := Visible(text)
		for _, r := range shown {
			require.True(t, r == '\t' || strconv.IsPrint(r), "%q", shown)
		}
		require.Equal(t, shown, Visible(shown))
	})
}
