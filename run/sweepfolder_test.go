package run

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASweepIsReadBackFromItsFolder(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadSweepFolder(dir)
	require.ErrorIs(t, err, ErrNoRun)
	_, err = ReadSweepFolder(filepath.Join(dir, "nowhere"))
	require.ErrorIs(t, err, ErrNoRun)

	var runs, record bytes.Buffer
	row := Row{Spec: Spec{Workload: "broadcast"}, Seed: 7, Figures: map[string]float64{MsgsPerOp: 1.5}}
	require.NoError(t, WriteRunsCSV(&runs, true, row))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "runs.csv"), runs.Bytes(), 0o666))
	f, err := ReadSweepFolder(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"sweep.json is not there, so nobody knows what made this sweep"}, f.Missing)
	require.Equal(t, filepath.Base(f.Dir), f.Name())

	require.NoError(t, someSweep().WriteJSON(&record))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sweep.json"), record.Bytes(), 0o666))
	for _, path := range []string{dir, filepath.Join(dir, "runs.csv")} {
		f, err = ReadSweepFolder(path)
		require.NoError(t, err)
		require.Equal(t, []Row{row}, f.Rows)
		require.Equal(t, someSweep().Name, f.Name())
	}

	require.NoError(t, os.WriteFile(filepath.Join(dir, "runs.csv"), runs.Bytes()[:runs.Len()-3], 0o666))
	f, err = ReadSweepFolder(dir)
	require.NoError(t, err)
	require.Contains(t, f.Missing[0], "ends in the middle of a line")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "runs.csv"), []byte("a,b\n"), 0o666))
	_, err = ReadSweepFolder(dir)
	require.ErrorIs(t, err, ErrNoRuns)
	require.NotErrorIs(t, err, ErrNoRun)
}
