package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// lives reads from a node's log which processes it has been, and the ids of
// the init messages that they got.
func lives(t *testing.T, dir, name string) (pids, inits []int) {
	log, err := os.ReadFile(filepath.Join(dir, name+".log"))
	require.NoError(t, err)
	for line := range strings.Lines(string(log)) {
		var pid, id int
		_, err := fmt.Sscanf(line, "pid %d init %d", &pid, &id)
		require.NoError(t, err, line)
		pids, inits = append(pids, pid), append(inits, id)
	}
	return pids, inits
}

func TestKilledNodesComeBackAsNewProcessesOfTheSameName(t *testing.T) {
	cfg := settings(t, "echo", "lives", 3)
	cfg.Session.Nemesis = nemesis.Config{
		Faults: []nemesis.Fault{nemesis.Kill, nemesis.Pause}, Interval: 20 * time.Millisecond,
	}
	files := openFiles()
	kills := map[string]int{}
	out := untilOp(t, cfg, func(op run.Op) bool {
		if op.F == "kill" {
			for _, name := range cfg.Session.Nodes {
				if bytes.Contains(op.Value, fmt.Appendf(nil, `%q:"killed"`, name)) {
					kills[name]++
				}
			}
		}
		return min(kills["n0"], kills["n1"], kills["n2"]) > 3
	})
	require.LessOrEqual(t, openFiles(), files+5, "no file handle is left behind")
	for _, op := range out.History {
		if op.F == "start" && op.Value[0] == '{' {
			require.NotContains(t, string(op.Value), "init", "every node that was started answered")
		}
	}
	for i, name := range cfg.Session.Nodes {
		require.Empty(t, out.Notes[i].String(), "to be killed is no crash")
		require.Positive(t, out.Usage[i].CPU)
		pids, inits := lives(t, cfg.LogDir, name)
		// One that was killed before it had read its init has left no line.
		require.LessOrEqual(t, len(pids), kills[name]+1)
		require.Greater(t, len(pids), kills[name]/2)
		for k, pid := range pids {
			require.True(t, gone(pid))
			require.True(t, k == 0 || inits[k] > inits[k-1], "messages are counted on")
			require.Equal(t, k > 0, inits[k] >= 6, "the first inits are the first messages")
		}
	}
}

// openFiles is how many files this process has open, as far as that can be told.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestAPausedNodeSaysNothing(t *testing.T) {
	cfg := settings(t, "echo", "still", 1)
	cfg.Session.OpTimeout = 500 * time.Millisecond
	cfg.Session.Nemesis = nemesis.Config{
		Faults: []nemesis.Fault{nemesis.Pause}, Interval: time.Hour, Targets: []nemesis.Target{nemesis.AllNodes},
	}
	out := untilOp(t, cfg, func(op run.Op) bool { return op.Error != nil && op.Error.Name == "net-timeout" })
	require.LessOrEqual(t, tally(out.History)["ok echo"], 1, "it may have answered before it was stopped")
	require.False(t, out.Notes[0].Bad())
	pids, _ := lives(t, cfg.LogDir, "n0")
	require.True(t, gone(pids[0]), "a stopped process is killed like any other")
}

func TestClocksOfProcessesAreLeftAlone(t *testing.T) {
	cfg := settings(t, "echo", "echo", 1)
	cfg.Session.Nemesis = nemesis.Config{Faults: []nemesis.Fault{nemesis.Clock}, Interval: time.Second}
	_, err := bounded(t, cfg, Observers{})
	require.ErrorContains(t, err, "clock faults need virtual time")
}

func TestStall_endsByItselfAndLosesNothing(t *testing.T) {
	cfg := settings(t, "echo", "lives", 3)
	cfg.Session.Nemesis = nemesis.Config{Faults: []nemesis.Fault{nemesis.Stall}, Interval: 20 * time.Millisecond}
	stalls := 0
	since := map[int]int{} // answers of each worker since the tenth stall
	out := untilOp(t, cfg, func(op run.Op) bool {
		switch {
		case op.F == "stall":
			stalls++
		case stalls > 10 && op.Type == run.OK:
			since[op.Process]++
		}
		return min(since[0], since[1], since[2]) > 2
	})
	for i := range cfg.Session.Nodes {
		require.Empty(t, out.Notes[i].String())
	}
}
