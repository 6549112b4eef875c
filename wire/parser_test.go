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
