package all

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"olympos.io/encoding/edn"

	"treecast/checker"
	"treecast/run"
	"treecast/workload"
)

// goldenRun is the recording of a run under real Maelstrom.
type goldenRun struct {
	name, workload string
	availability   string // the goal
	history        run.History
	results        []byte // results.edn as Maelstrom wrote it
}

func unzip(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	text, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return text
}

func goldenRuns(t testing.TB) []goldenRun {
	t.Helper()
	dirs, err := filepath.Glob("testdata/maelstrom/*")
	require.NoError(t, err)
	var runs []goldenRun
	for _, dir := range dirs {
		command, err := os.ReadFile(filepath.Join(dir, "command"))
		require.NoError(t, err)
		golden := goldenRun{name: filepath.Base(dir), results: unzip(t, filepath.Join(dir, "results.edn.gz"))}
		words := strings.Fields(string(command))
		golden.workload = words[2]
		require.Equal(t, "-w", words[1])
		if at := slices.Index(words, "--availability"); at >= 0 {
			golden.availability = words[at+1]
		}
		golden.history, err = run.ReadHistoryEDN(bytes.NewReader(unzip(t, filepath.Join(dir, "history.edn.gz"))))
		require.NoError(t, err)
		runs = append(runs, golden)
	}
	require.NotEmpty(t, runs)
	return runs
}

func TestCheck_recordedRunsLeadToTheFiguresMaelstromFound(t *testing.T) {
	for _, golden := range goldenRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			w, err := Named(golden.workload)
			require.NoError(t, err)
			goal, err := checker.ParseAvailability(golden.availability)
			require.NoError(t, err)
			results := w.Judge(golden.history, workload.Record{Goal: goal})
			var written bytes.Buffer
			require.NoError(t, results.WriteEDN(&written))
			want, got := readEDN(t, golden.results), readEDN(t, written.Bytes())
			for _, part := range []edn.Keyword{"stats", "availability", "valid?"} {
				require.Empty(t, differences(string(part), want[part], got[part]))
			}
			require.Empty(t, differences("workload", evidenceAside(want[edn.Keyword("workload")]), evidenceAside(got[edn.Keyword("workload")])))
		})
	}
}

func readEDN(t testing.TB, text []byte) map[any]any {
	t.Helper()
	var value map[any]any
	require.NoError(t, edn.Unmarshal(text, &value))
	return value
}

// evidenceAside leaves out what Maelstrom shows as evidence and may be shown
// otherwise: exceptions, and what
// Knossos says beside the operation that does not fit.
func evidenceAside(figures any) any {
	record := figures.(map[any]any)
	if record[edn.Keyword("error")] != nil {
		record[edn.Keyword("error")] = "said"
	}
	if results, ok := record[edn.Keyword("results")].(map[any]any); ok { // of single keys
		for _, result := range results {
			linearizable := result.(map[any]any)[edn.Keyword("linearizable")].(map[any]any)
			for _, key := range []edn.Keyword{"configs", "final-paths", "model", "last-op"} {
				delete(linearizable, key)
			}
		}
	}
	return record
}

// differences says where two values differ, in few words: a kafka run's evidence
// is the whole of its final polls.
func differences(path string, want, got any) []string {
	switch w := want.(type) {
	case edn.Tag:
		if g, ok := got.(edn.Tag); ok && g.Tagname == w.Tagname {
			return differences(path, w.Value, g.Value)
		}
	case map[any]any:
		if g, ok := got.(map[any]any); ok {
			var out []string
			for key := range w {
				out = append(out, differences(path+"/"+fmt.Sprint(key), w[key], g[key])...)
			}
			for key := range g {
				if _, has := w[key]; !has {
					out = append(out, fmt.Sprintf("%s/%v: is too much", path, key))
				}
			}
			return out
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			var out []string
			for i := range w {
				out = append(out, differences(path+"/"+fmt.Sprint(i), w[i], g[i])...)
			}
			return out
		}
	default:
		if reflect.DeepEqual(want, got) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: want %.200v, got %.200v", path, want, got)}
}
