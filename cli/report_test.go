package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARunLeavesAPageAndReportDrawsItAgain(t *testing.T) {
	store := t.TempDir()
	got := runHere(t, "test", "--virtual", "--node-count", "3", "--time-limit", "2", "--rate", "20", "--latency", "10", "--quiet-time", "1", "--seed", "7", "--store", store)
	require.Equal(t, ExitOK, got.code, got.stderr)
	latest, err := filepath.EvalSymlinks(filepath.Join(store, "latest"))
	require.NoError(t, err)
	left, err := os.ReadFile(filepath.Join(latest, reportFile))
	require.NoError(t, err)
	require.Contains(t, string(left), "Valid, by Maelstrom")

	out := filepath.Join(t.TempDir(), "page.html")
	for _, args := range [][]string{{filepath.Join(store, "latest")}, {latest, "--out", out}, {filepath.Join(latest, "results.json"), "-o", "-"}} {
		got := runHere(t, append([]string{"report"}, args...)...)
		require.Equal(t, ExitOK, got.code, got.stderr)
		if strings.HasPrefix(got.stdout, "<!doctype") {
			require.True(t, string(left) == got.stdout, "the same page")
			continue
		}
		again, err := os.ReadFile(strings.TrimSpace(got.stdout))
		require.NoError(t, err)
		require.True(t, string(left) == string(again), "the same page, %v", args)
	}

	got = runHere(t, "test", "--virtual", "--node-count", "1", "--time-limit", "1", "--rate", "50", "--quiet-time", "0", "--store", store, "--no-report")
	require.Equal(t, ExitOK, got.code, got.stderr)
	require.NoFileExists(t, filepath.Join(store, "latest", reportFile))
}

func TestReportDrawsASweepToo(t *testing.T) {
	got := runHere(t, "report", "../results/fanout", "-o", "-")
	require.Equal(t, ExitOK, got.code, got.stderr)
	require.Contains(t, got.stdout, `<section id="pareto"`)
}

func TestReportTellsWhatIsNoRun(t *testing.T) {
	for args, want := range map[string]string{
		"":                "expected \"<run>\"",
		"/nowhere/at/all": "name the directory of a run, such as store/latest",
		t.TempDir():       "holds no results.json",
	} {
		got := runHere(t, append([]string{"report"}, strings.Fields(args)...)...)
		require.Equal(t, ExitBadArgs, got.code)
		require.Contains(t, got.stderr, want)
		require.Contains(t, got.stderr, "treecast report --help")
	}
}

func TestReport_goesWhereItIsToldAndNowhereElse(t *testing.T) {
	store := t.TempDir()
	got := runHere(t, "test", "--virtual", "--node-count", "2", "--time-limit", "1", "--rate", "20", "--quiet-time", "1", "--seed", "7", "--store", store, "--no-report")
	require.Equal(t, ExitOK, got.code, got.stderr)
	latest := filepath.Join(store, "latest")
	before := text(t, latest, "results.json")
	for _, name := range []string{"results.json", "history.edn", "node-logs/n0.log"} {
		got := runHere(t, "report", latest, "-o", filepath.Join(latest, name))
		require.Equal(t, ExitBadArgs, got.code)
		require.Contains(t, got.stderr, "a part of the run's own record")
	}
	require.Equal(t, before, text(t, latest, "results.json"))

	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	read := make(chan string)
	go func() {
		page, _ := os.ReadFile(pipe)
		read <- string(page)
	}()
	require.Equal(t, ExitOK, runHere(t, "report", latest, "-o", pipe).code)
	require.Contains(t, <-read, "<!doctype")
	require.Equal(t, ExitOK, runHere(t, "report", latest, "-o", os.DevNull).code)
}

func TestFiles_thatAreNoneAreNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "results.json")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	runs := filepath.Join(t.TempDir(), "runs.csv")
	require.NoError(t, syscall.Mkfifo(runs, 0o600))
	for _, args := range [][]string{
		{"summary", pipe}, {"summary", dir}, {"compare", pipe}, {"compare", dir}, {"report", dir}, {"compare", runs}, {"report", filepath.Dir(runs)}, {"summary", "/dev/zero"}, {"compare", "/dev/zero"},
	} {
		got := runHere(t, args...)
		require.Equal(t, ExitBadArgs, got.code, args)
		require.Contains(t, got.stderr, "not read: give a regular file", args)
	}
	large := filepath.Join(t.TempDir(), "results.json")
	require.NoError(t, os.WriteFile(large, []byte("{"), 0o600))
	require.NoError(t, os.Truncate(large, 1<<40))
	for _, args := range [][]string{{"summary", large}, {"compare", large}, {"report", large}} {
		got := runHere(t, args...)
		require.Equal(t, ExitBadArgs, got.code, args)
		require.Contains(t, got.stderr, "has 1024.0 GiB and is not read: more than 256.0 MiB")
	}
}
