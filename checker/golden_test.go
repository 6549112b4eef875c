package checker

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"olympos.io/encoding/edn"

	"treecast/run"
)

// goldenRun is the recording of a run under real Maelstrom.
type goldenRun struct {
	name    string
	history run.History
	results []byte // results.edn as Maelstrom wrote it
}

func goldenRuns(t testing.TB) []goldenRun {
	t.Helper()
	paths, err := filepath.Glob("testdata/maelstrom/*/history.edn.gz")
	require.NoError(t, err)
	require.Len(t, paths, 3)
	var runs []goldenRun
	for _, path := range paths {
		file, err := os.Open(path)
		require.NoError(t, err)
		defer file.Close()
		unzipped, err := gzip.NewReader(file)
		require.NoError(t, err)
		h, err := run.ReadHistoryEDN(unzipped)
		require.NoError(t, err)
		dir := filepath.Dir(path)
		results, err := os.ReadFile(filepath.Join(dir, "results.edn"))
		require.NoError(t, err)
		runs = append(runs, goldenRun{filepath.Base(dir), h, results})
	}
	return runs
}

func TestRealHistoriesLeadToTheFiguresMaelstromFound(t *testing.T) {
	for _, golden := range goldenRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			results := Check(golden.history, Input{Settings: run.Settings{Workload: "broadcast"}})
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
	for _, golden := range goldenRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			results := Check(golden.history, Input{Settings: run.Settings{Workload: "broadcast"}})
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
	for _, golden := range goldenRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			theirs, err := run.ReadResultsEDN(bytes.NewReader(golden.results))
			require.NoError(t, err)
			operations := golden.history.Invocations()
			require.Equal(t, *theirs.Net.All.MsgsPerOp, divide(theirs.Net.All.MsgCount, operations))
			require.Equal(t, *theirs.Net.Servers.MsgsPerOp, divide(theirs.Net.Servers.MsgCount, operations))
		})
	}
}

func TestRealRunsGetTheStrictVerdictTheyDeserve(t *testing.T) {
	want := map[string]run.Verdict{
		"3d-valid": run.Valid, "3c-partition-valid": run.Valid, "partition-lossy-invalid": run.Invalid,
	}
	for _, golden := range goldenRuns(t) {
		t.Run(golden.name, func(t *testing.T) {
			require.Equal(t, want[golden.name], Strict(golden.history, StrictOptions{}).Valid)
		})
	}
}

func readEDN(t testing.TB, text []byte) map[any]any {
	t.Helper()
	var value map[any]any
	require.NoError(t, edn.Unmarshal(text, &value))
	return value
}
