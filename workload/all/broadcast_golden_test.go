package all

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"olympos.io/encoding/edn"

	"treecast/run"
	"treecast/workload"
)

// broadcastRuns are recordings whose results.edn must come out to the byte.
func broadcastRuns(t testing.TB) []goldenRun {
	t.Helper()
	paths, err := filepath.Glob("../../checker/testdata/maelstrom/*/history.edn.gz")
	require.NoError(t, err)
	require.Len(t, paths, 3)
	var runs []goldenRun
	for _, path := range paths {
		h, err := run.ReadHistoryEDN(bytes.NewReader(unzip(t, path)))
		require.NoError(t, err)
		dir := filepath.Dir(path)
		results, err := os.ReadFile(filepath.Join(dir, "results.edn"))
		require.NoError(t, err)
		runs = append(runs, goldenRun{name: filepath.Base(dir), workload: "broadcast", history: h, results: results})
	}
	return runs
}

func TestRealHistoriesLeadToTheFiguresMaelstromFound(t *testing.T) {
	for _, golden := range broadcastRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			w, err := Named(golden.workload)
			require.NoError(t, err)
			results := w.Judge(golden.history, workload.Record{})
			var written bytes.Buffer
			require.NoError(t, results.WriteEDN(&written))

			want, got := readEDN(t, golden.results), readEDN(t, written.Bytes())
			for _, key := range []edn.Keyword{"workload", "stats", "availability", "valid?"} {
				require.Contains(t, want, key)
				require.Equal(t, want[key], got[key], "%s", key)
			}
		})
	}
}

func TestResultsOfARealRunAreWrittenAsMaelstromWroteThem(t *testing.T) {
	for _, golden := range broadcastRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			w, err := Named(golden.workload)
			require.NoError(t, err)
			results := w.Judge(golden.history, workload.Record{})
			// The messages were not recorded, only what Maelstrom counted.
			theirs, err := run.ReadResultsEDN(bytes.NewReader(golden.results))
			require.NoError(t, err)
			results.Net = theirs.Net
			var written bytes.Buffer
			require.NoError(t, results.WriteEDN(&written))
			require.Equal(t, string(golden.results), written.String())
		})
	}
}

func TestMessagesPerOperationOfRealRunsAreDividedAsMaelstromDivides(t *testing.T) {
	for _, golden := range broadcastRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			theirs, err := run.ReadResultsEDN(bytes.NewReader(golden.results))
			require.NoError(t, err)
			operations := golden.history.Invocations()
			require.Equal(t, *theirs.Net.All.MsgsPerOp, float32(float64(theirs.Net.All.MsgCount)/float64(operations)))
			require.Equal(t, *theirs.Net.Servers.MsgsPerOp, float32(float64(theirs.Net.Servers.MsgCount)/float64(operations)))
		})
	}
}

func TestRealRunsGetTheStrictVerdictTheyDeserve(t *testing.T) {
	want := map[string]run.Verdict{
		"3d-valid": run.Valid, "3c-partition-valid": run.Valid, "partition-lossy-invalid": run.Invalid,
	}
	for _, golden := range broadcastRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			w, err := Named(golden.workload)
			require.NoError(t, err)
			require.Equal(t, want[golden.name], w.Judge(golden.history, workload.Record{}).Strict.Valid)
		})
	}
}
