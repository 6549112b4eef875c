package session

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/workload/all"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares lines with a file of testdata.
func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

var typeNames = map[run.OpType]string{run.Invoke: "invoke", run.OK: "ok", run.Fail: "fail", run.Info: "info"}

// tracing makes the cluster's trace show the history as it is written.
func tracing(t *testing.T, cfg Config, make func(string) program) *cluster {
	var c *cluster
	cfg.OnOp = func(op run.Op) {
		b, err := json.Marshal(op.Error)
		require.NoError(t, err)
		c.log("-- %d %s %s %s %s %s", op.Process, typeNames[op.Type], op.F, op.Value, b, map[bool]string{true: "final"}[op.Final])
	}
	c = newCluster(t, cfg, make)
	return c
}

func TestTheOrderOfABroadcastRun(t *testing.T) {
	cfg := config(3)
	cfg.RatePerSec, cfg.TimeLimit = 5, sec
	cfg.Latency = network.Latency{Mean: 40 * ms}
	cfg.Nemesis = nemesis.Config{Faults: []nemesis.Fault{nemesis.Partition}, Interval: sec / 2}
	c := tracing(t, cfg, naive)
	c.joinAt["n1"] = 3 * ms
	c.joinAt["n2"] = 5 * ms
	c.run()
	golden(t, "order-broadcast.txt", c.trace)
}

func TestTheOrderOfARunWithKillsAndPauses(t *testing.T) {
	cfg := config(3)
	cfg.RatePerSec, cfg.TimeLimit = 5, 2*sec
	cfg.Nemesis = nemesis.Config{Faults: []nemesis.Fault{nemesis.Kill, nemesis.Pause, nemesis.Loss}, Interval: sec / 4}
	c := tracing(t, cfg, naive)
	c.run()
	golden(t, "order-kill.txt", c.trace)
}

func TestTheOrderOfAnEchoRun(t *testing.T) {
	cfg := config(2)
	w, err := all.Named("echo")
	require.NoError(t, err)
	cfg.Workload, cfg.TimeLimit = w, sec
	c := tracing(t, cfg, naive)
	c.run()
	golden(t, "order-echo.txt", c.trace)
}

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	trace := func(seed uint64) []string {
		cfg := config(5)
		cfg.Seed = seed
		cfg.Latency = network.Latency{Mean: 30 * ms, Dist: network.Exponential}
		cfg.Nemesis = nemesis.Config{Faults: []nemesis.Fault{nemesis.Partition}, Interval: sec}
		c := tracing(t, cfg, naive)
		c.run()
		return c.trace
	}
	require.Equal(t, trace(7), trace(7))
	require.NotEqual(t, trace(7), trace(8))
}
