package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSameSeedGivesTheSameOperations(t *testing.T) {
	t.Parallel()
	var waits []func() outcome
	var dirs []string
	for _, seed := range []string{"7", "7", "8"} { // side by side: it mostly waits
		dirs = append(dirs, t.TempDir())
		cmd, wait := start(t, dirs[len(dirs)-1], nil, program("treecast"), short("--seed", seed)...)
		require.NoError(t, cmd.Start())
		waits = append(waits, wait)
	}
	var seen [][]string
	for i, wait := range waits {
		got := wait()
		require.Equal(t, 0, got.code, got.stdout+got.stderr)
		seen = append(seen, operations(t, filepath.Join(dirs[i], "store", "latest")))
	}
	// How many there are is a matter of real time.
	length := min(len(seen[0]), len(seen[1]), len(seen[2]))
	require.Greater(t, length, 20)
	require.Equal(t, seen[0][:length], seen[1][:length])
	require.NotEqual(t, seen[0][:length], seen[2][:length])
}

// The command that a run shows is handed to a shell as it is, in an environment
// without the variables of the first run.
func TestTheCommandThatIsShownMakesTheRunAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, wait := start(t, dir, []string{"TREECAST_TEST_RATE=40", "TREECAST_TEST_COUNT=1", "TREECAST_TEST_SEED=5", "TREECAST_LOG_LEVEL=warn"},
		program("treecast"), "test", "--node-count=2", "--time-limit", "2.5", "--quiet-time", "4.5",
		"--store", "a store's place", "--test-count", "1", "--", "--sync-period=20ms", "--num-children", "1")
	require.NoError(t, cmd.Start())
	got := wait()
	require.Equal(t, 0, got.code, got.stdout+got.stderr)

	_, command, found := strings.Cut(got.stdout, "run it again           ")
	require.True(t, found)
	command, _, _ = strings.Cut(command, "\n")
	require.Contains(t, command, " --seed 5 -- --sync-period=20ms --num-children 1")
	store := filepath.Join(dir, "a store's place")
	first := runs(t, store)
	require.Len(t, first, 1)
	require.Equal(t, command, strings.Join(results(t, first[0]).Command, " "))

	cmd, wait = start(t, dir, []string{"PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH")}, "/bin/sh", "-c", command)
	require.NoError(t, cmd.Start())
	got = wait()
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	both := runs(t, store)
	require.Len(t, both, 2)
	require.Equal(t, results(t, both[0]).Settings, results(t, both[1]).Settings)
	require.Equal(t, results(t, both[0]).Command, results(t, both[1]).Command)
	a, b := operations(t, both[0]), operations(t, both[1])
	length := min(len(a), len(b))
	require.Greater(t, length, 15)
	require.Equal(t, a[:length], b[:length])
}
