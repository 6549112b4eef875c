package cli

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// loaded is a line of progress in a run's load, and how many operations were ok.
var loaded = regexp.MustCompile(` load .* \((\d+) ok\)`)

// Signals go to the bed alone, as they do when something other than a terminal
// sends them; what a terminal sends reaches the bed alone too, for nodes are in
// groups of their own.
func TestASignalEndsARunAndLeavesNoOrphan(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			node := script(t, "echo pid $$ >&2\nexec '"+program("treecast")+"' \"$@\"\n")
			cmd, wait := start(t, dir, nil, program("treecast"), "test", "--bin", node, "--log-stderr",
				"--node-count", "3", "--rate", "100", "--time-limit", "3600", "--seed", "1")
			cmd.Stderr = nil
			stderr, err := cmd.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())

			var nodes []int
			lines := bufio.NewScanner(stderr)
			for lines.Scan() {
				var n, pid int
				if _, err := fmt.Sscanf(lines.Text(), "n%d: pid %d", &n, &pid); err == nil {
					nodes = append(nodes, pid)
				}
				if ok := loaded.FindStringSubmatch(lines.Text()); ok != nil && len(ok[1]) >= 2 { // ten
					break
				}
			}
			require.Len(t, nodes, 3)
			for _, pid := range nodes {
				require.NoError(t, syscall.Kill(pid, 0))
			}
			require.NoError(t, cmd.Process.Signal(signal))
			rest, err := io.ReadAll(stderr)
			require.NoError(t, err)
			got := wait()
			require.Equal(t, ExitInterrupted, got.code, string(rest))
			for _, pid := range nodes {
				require.Equal(t, syscall.ESRCH, syscall.Kill(pid, 0), "the bed waits for its nodes")
			}

			require.Contains(t, got.stdout, "The run was interrupted; the figures cover what was done.")
			require.Contains(t, got.stdout, "valid?                 unknown")
			kept := filepath.Join(dir, "store", "latest")
			r := results(t, kept)
			require.True(t, r.Interrupted)
			require.Equal(t, run.Unknown, r.Valid)
			require.GreaterOrEqual(t, r.Stats.OKCount, 10)
			require.Len(t, operations(t, kept), r.Stats.Count)
		})
	}
}
