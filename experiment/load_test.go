package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// keep writes results as a run's folder has them.
func keep(t *testing.T, dir, version string, seed uint64) {
	t.Helper()
	r := &run.Results{Version: version, Settings: run.Spec{Workload: "broadcast", Seed: seed}}
	require.NoError(t, run.WriteFile(filepath.Join(dir, "results.json"), r.WriteJSON))
	require.NoError(t, run.WriteFile(filepath.Join(dir, "results.edn"), r.WriteEDN))
}

func TestAFolderOfRunsIsItsRunsEachOnce(t *testing.T) {
	dir := t.TempDir()
	keep(t, filepath.Join(dir, "20261120T1"), "v1", 1)
	keep(t, filepath.Join(dir, "20261120T2"), "v1", 2)
	require.NoError(t, os.Symlink("20261120T2", filepath.Join(dir, "latest")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "under-way"), 0o777))
	e, err := Load(dir)
	require.NoError(t, err)
	require.Len(t, e.Rows, 2)
	require.Equal(t, uint64(2), e.Rows[1].Seed)
	require.Equal(t, "v1", e.Version)
	require.Empty(t, e.Note)

	e, err = Load(filepath.Join(dir, "latest"))
	require.NoError(t, err)
	require.Len(t, e.Rows, 1)

	keep(t, filepath.Join(dir, "20261120T3"), "v2", 3)
	e, err = Load(dir)
	require.NoError(t, err)
	require.Equal(t, "v1 and v2", e.Version, "who compares is told")
}

func TestASweepThatIsNotCompleteIsLoadedWithANote(t *testing.T) {
	p := small(t.TempDir())
	rows, _, err := Sweep(t.Context(), p)
	require.NoError(t, err)
	for _, path := range []string{p.Dir, filepath.Join(p.Dir, run.RunsFile), filepath.Join(p.Dir, run.SweepFile)} {
		e, err := Load(path)
		require.NoError(t, err)
		require.Equal(t, rows, e.Rows)
		require.Equal(t, "v1", e.Version)
		require.Empty(t, e.Note)
	}
	text := read(t, p.Dir, run.RunsFile)
	lines := strings.SplitAfter(text, "\n")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte(strings.Join(lines[:5], "")), 0o666))
	e, err := Load(p.Dir)
	require.NoError(t, err)
	require.Equal(t, "the sweep is not complete, 4 of 6 runs; go on with it by --resume", e.Note)

	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte(text[:len(text)-9]), 0o666))
	_, err = Load(p.Dir)
	require.ErrorContains(t, err, "'treecast sweep ... --resume' with the sweep's own command makes it whole")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte(lines[0]), 0o666))
	_, err = Load(p.Dir)
	require.ErrorContains(t, err, "has no run yet")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte(text), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.SweepFile), []byte(`{"schema": 7}`), 0o666))
	_, err = Load(p.Dir)
	require.ErrorContains(t, err, "make the sweep again with this version")
	require.NoError(t, os.Remove(filepath.Join(p.Dir, run.SweepFile)))
	e, err = Load(p.Dir)
	require.NoError(t, err)
	require.Contains(t, e.Note, "sweep.json is not there")
}

func TestJSONIsToldFromEDN(t *testing.T) {
	for text, want := range map[string]bool{`{"a": 1}`: true, " {\n \"a\"": true, "{": true, "{:a 1}": false, "(1)": false, "": false, "hello": false} {
		require.Equal(t, want, isJSON([]byte(text)), text)
	}
}
