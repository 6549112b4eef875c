package process

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/session"
	"treecast/workload/all"
)

func init() { actAsBed = bedThatNeverEnds }

// bedThatNeverEnds runs nodes until it is killed. They do not notice that their
// stdin ends.
func bedThatNeverEnds() error {
	w, err := all.Named("echo")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	_, err = Run(context.Background(), Config{
		Session: session.Config{
			Workload: w, Nodes: session.NodeNames(2), RatePerSec: 10, TimeLimit: time.Hour, Seed: 1,
		},
		Bin: self, Args: []string{"node", "idler"}, LogStderr: os.Stdout, WorkDir: os.TempDir(),
	}, Observers{})
	return err
}

func TestNodesDieWithABedThatIsKilledHard(t *testing.T) {
	t.Parallel()
	bed := exec.Command(self(t), "bed")
	out, err := bed.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, bed.Start())
	lines := bufio.NewScanner(out)
	var nodes []int
	for len(nodes) < 2 && lines.Scan() {
		_, said, _ := strings.Cut(lines.Text(), ": ")
		var pid int
		if _, err := fmt.Sscanf(said, "pid %d", &pid); err == nil {
			nodes = append(nodes, pid)
			t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
		}
	}
	require.Len(t, nodes, 2)
	require.NoError(t, bed.Process.Kill())
	require.Error(t, bed.Wait())
	for _, node := range nodes {
		require.Eventually(t, func() bool { return gone(node) || zombie(node) }, patience, time.Millisecond)
	}
}

// A node's helper that leaves its group is nobody's, but has the run's name.
func TestStrays_areNamedAndKilled(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "echo", 1)
	echo := cfg.Bin
	cfg.Bin, cfg.RunID = program(t, "node", "#!/bin/sh\nsetsid sleep 4711 </dev/null >/dev/null 2>&1 &\nexec '"+echo+"'\n"), "strays@1"
	out, err := bounded(t, cfg, Observers{})
	require.NoError(t, err)
	require.Len(t, out.Remarks, 1)
	var pid int
	_, said, _ := strings.Cut(out.Remarks[0], "it was killed: ")
	_, err = fmt.Sscanf(said, "%d (sleep 4711)", &pid)
	require.NoError(t, err, out.Remarks[0])
	require.Eventually(t, func() bool { return gone(pid) || zombie(pid) }, patience, time.Millisecond)
}

func TestWrappers_areToldToExec(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "echo", 1)
	cfg.Bin = program(t, "node", "#!/bin/sh\nsleep 1000 &\necho started >&2\n")
	out, err := bounded(t, cfg, Observers{})
	require.ErrorContains(t, err, "a script has to exec the node, not start it in the background")
	require.Equal(t, []string{"started"}, out.Notes[0].Stderr)
}
