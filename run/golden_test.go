package run

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"olympos.io/encoding/edn"
)

// goldenRuns are recordings of real Maelstrom runs.
var goldenRuns = []string{"3c-partition-valid", "3d-valid", "partition-lossy-invalid"}

func goldenFile(t testing.TB, elem ...string) []byte {
	t.Helper()
	path := filepath.Join(append([]string{"..", "checker", "testdata", "maelstrom"}, elem...)...)
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var r io.Reader = file
	if filepath.Ext(path) == ".gz" {
		r, err = gzip.NewReader(file)
		require.NoError(t, err)
	}
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return data
}

func TestHistoriesOfMaelstromSurviveReadingAndWriting(t *testing.T) {
	for _, name := range goldenRuns {
		t.Run(name, func(t *testing.T) {
			want := goldenFile(t, name, "history.edn.gz")
			h, err := ReadHistoryEDN(bytes.NewReader(want))
			require.NoError(t, err)
			for i, op := range h {
				require.Equal(t, i, op.Index)
			}
			var got bytes.Buffer
			require.NoError(t, h.WriteEDN(&got))
			require.True(t, bytes.Equal(want, got.Bytes()), "the bytes differ")
		})
	}
}

func TestResultsOfMaelstromSurviveReadingAndWriting(t *testing.T) {
	for _, name := range goldenRuns {
		t.Run(name, func(t *testing.T) {
			want := goldenFile(t, name, "results.edn")
			results, err := ReadResultsEDN(bytes.NewReader(want))
			require.NoError(t, err)
			var got bytes.Buffer
			require.NoError(t, results.WriteEDN(&got))
			require.True(t, reflect.DeepEqual(decodeEDN(t, want), decodeEDN(t, got.Bytes())), "the content differs")
			require.Equal(t, string(want), got.String(), "the layout differs")
		})
	}
}

// decodeEDN reads EDN with the library, independently of our own reader.
func decodeEDN(t testing.TB, text []byte) any {
	t.Helper()
	var value any
	require.NoError(t, edn.Unmarshal(text, &value))
	return value
}
