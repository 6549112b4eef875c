package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded is the directory of a recorded run of real Maelstrom.
func recorded(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "workload", "all", "testdata", "maelstrom", name))
	require.NoError(t, err)
	require.DirExists(t, path)
	return path
}

func TestAnalyze_judgesRecordedRunsAsMaelstromDid(t *testing.T) {
	for name, code := range map[string]int{
		"kafka-valid": 0, "kafka-skip": 1, "lin-kv-stale": 1, "unique-ids-mixed": 2, "unique-ids-errors": 1, "pn-counter-errors": 0, "g-set-lose": 1,
	} {
		got := treecast(t, t.TempDir(), "analyze", recorded(t, name))
		require.Equal(t, code, got.code, got.stderr)
		require.Contains(t, got.stdout, "The same as in "+recorded(t, name))
		require.Contains(t, got.stdout, "Not asked: ")
		require.Empty(t, got.stderr)
	}
}

func TestAnalyze_printsMaelstromsResultsAndNothingElse(t *testing.T) {
	got := treecast(t, t.TempDir(), "analyze", "--edn", recorded(t, "unique-ids-valid"))
	require.Equal(t, 0, got.code)
	require.True(t, strings.HasPrefix(got.stdout, "{:perf "))
	require.Contains(t, got.stdout, `:range ["n0-1" "n2-99"]},`)
	require.Contains(t, got.stdout, ":msgs-per-op 2.0136673")
}

func TestAnalyze_flagsGoBeforeFiles(t *testing.T) {
	got := treecast(t, t.TempDir(), "analyze", "--availability", "total", recorded(t, "kafka-valid"))
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stdout, "Differs from")
	require.Contains(t, got.stdout, "valid?: stored true, now false")
}

func TestAnalyze_whatCannotBeUsedIsSaid(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("history.edn", "{:index 0, :time 1, :type :ok, :process 0, :f :read, :value [1}")
	write("no.gz", "{}")
	for args, want := range map[string]string{
		dir:                          "line 1",
		filepath.Join(dir, "no.gz"):  "unexpected EOF",
		filepath.Join(dir, "absent"): "no such file",
		os.DevNull:                   "a device",
	} {
		got := treecast(t, dir, "analyze", "-w", "echo", args)
		require.Equal(t, 254, got.code, args)
		require.Contains(t, got.stderr, want)
	}
	empty := t.TempDir()
	require.Contains(t, treecast(t, dir, "analyze", empty).stderr, "no history.edn")
	write("history.edn", "")
	require.Contains(t, treecast(t, dir, "analyze", dir).stderr, "name it with -w, one of broadcast")
	require.Contains(t, treecast(t, dir, "analyze", "-w", "dance", dir).stderr, "no workload is called")
	got := treecast(t, dir, "analyze", "-w", "echo", dir)
	require.Equal(t, 0, got.code)
	require.Contains(t, got.stdout, "no results beside the history")
}
