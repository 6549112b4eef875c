package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// virtually is the command line of a run of the challenge 3d in virtual time.
func virtually(more ...string) []string {
	return append([]string{"test", "--virtual", "--node-count", "25", "--rate", "100", "--time-limit", "20", "--latency", "100"}, more...)
}

func TestAVirtualRunIsOneLikeAnyOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, virtually("--seed", "3")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "valid?                 true")
	require.Contains(t, got.stdout, "strict?                true")
	require.Contains(t, got.stdout, "3d                     PASS")
	require.Contains(t, got.stdout, "run it again           treecast test --virtual --node-count 25 --rate 100 --time-limit 20 --latency 100 --seed 3\n")
	require.Contains(t, got.stderr, "  done ")
	r := results(t, runs(t, filepath.Join(dir, "store"))[0])
	require.Equal(t, "virtual", r.Settings.Driver)
	require.Len(t, r.Tables[0].Rows, 25, "treecast is asked for its health")
}

func TestTheCommandOfAVirtualRunMakesTheSameHistory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, virtually("--nemesis", "partition", "--nemesis-interval", "4", "--", "--num-children", "4", "--sync-period", "300ms")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	_, command, found := strings.Cut(got.stdout, "run it again           ")
	require.True(t, found)
	command, _, _ = strings.Cut(command, "\n")
	cmd, wait := start(t, dir, []string{"PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH"), "GOMAXPROCS=1"}, "/bin/sh", "-c", command)
	require.NoError(t, cmd.Start())
	got = wait()
	require.Equal(t, 0, got.code, got.stdout+got.stderr)

	both := runs(t, filepath.Join(dir, "store"))
	require.Len(t, both, 2)
	var histories []string
	for _, d := range both {
		text, err := os.ReadFile(filepath.Join(d, "history.edn"))
		require.NoError(t, err)
		histories = append(histories, string(text))
	}
	require.Contains(t, histories[0], ":start-partition")
	require.True(t, histories[0] == histories[1], "byte by byte")
	require.Equal(t, results(t, both[0]).Settings, results(t, both[1]).Settings)
	require.Equal(t, results(t, both[0]).Net, results(t, both[1]).Net)
}

func TestNodesInVirtualTimeHaveTheFlagsAndVariablesOfAnyNode(t *testing.T) {
	t.Parallel()
	perOp := func(env []string, args ...string) float64 {
		cmd, wait := start(t, t.TempDir(), env, program("treecast"), append(virtually("--json", "--seed", "1", "--"), args...)...)
		require.NoError(t, cmd.Start())
		got := wait()
		require.Equal(t, 0, got.code, got.stdout+got.stderr)
		r := onlyJSON(t, got.stdout)
		require.Equal(t, run.Valid, r.Strict.Valid)
		return float64(*r.Net.Servers.MsgsPerOp)
	}
	byDefault := perOp(nil)
	long := perOp(nil, "--sync-period", "1740ms")
	require.Less(t, long, byDefault/2)
	require.Equal(t, long, perOp([]string{"TREECAST_SYNC_PERIOD=1740ms"}))
	require.Equal(t, byDefault, perOp([]string{"TREECAST_SYNC_PERIOD=1740ms"}, "--sync-period=450ms"), "flags win")
}

func TestBadArgumentsOfAVirtualRunAreExplainedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"cannot run --bin " + program("echo") + ": leave one of them out":        {"--bin", program("echo")},
		`the nodes' arguments: unknown flag --num-childern`:                      {"--", "--num-childern", "4"},
		`the nodes' arguments: --rounds must be one of`:                          {"--", "--rounds", "square"},
		`the nodes' arguments: --num-children must be auto or at least 1, not 0`: {"--", "--num-children", "0"},
		`the nodes' arguments: permits: total -5`:                                {"--", "--permits=-5"},
		`the nodes' arguments: "test" is no node`:                                {"--", "test"},
		`the nodes' arguments: --help and --version show something`:              {"--", "--help"},
		"time limit is 0s; give more than 0":                                     {"--time-limit", "0"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := treecast(t, dir, append([]string{"test", "--virtual"}, args...)...)
			require.Equal(t, 254, got.code, got.stdout+got.stderr)
			require.Contains(t, got.stderr, want)
			require.Empty(t, got.stdout)
			require.NoDirExists(t, filepath.Join(dir, "store"))
		})
	}
}

func TestLogsOfAVirtualRunAreShownWhenAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, "test", "--virtual", "--node-count", "2", "--time-limit", "1", "--rate", "50", "--log-stderr", "--log-net-send", "--json")
	require.Equal(t, 0, got.code, got.stderr)
	r := onlyJSON(t, got.stdout)
	require.Contains(t, got.stderr, "n1: time=1970-01-01T00:00:00.0")
	require.Equal(t, int(r.Net.All.SendCount), strings.Count(got.stderr, ` send {"id":`))
	text, err := os.ReadFile(filepath.Join(dir, "store", "latest", "node-logs", "n1.log"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		require.Contains(t, got.stderr, "n1: "+line)
	}

	got = treecast(t, t.TempDir(), "test", "--virtual", "--node-count", "2", "--time-limit", "1", "--rate", "50", "--log-stderr", "--", "--log-level", "warn")
	require.Equal(t, 0, got.code, got.stderr)
	require.NotContains(t, got.stderr, "n1: ")
}
