package process

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/session"
)

func TestAnEchoNodePasses(t *testing.T) {
	t.Parallel()
	out := longEnough(t, func() Config { return settings(t, "echo", "echo", 3) }, func(out Outcome) bool {
		return len(out.History) > 100
	})
	counts := tally(out.History)
	require.Len(t, counts, 1)
	require.Greater(t, counts["ok echo"], 50)
	require.False(t, out.Interrupted)
	require.Len(t, out.Notes, 3)
	for i, note := range out.Notes {
		require.Empty(t, note.String())
		require.Positive(t, out.Usage[i].CPU)
		require.Greater(t, out.Usage[i].MaxRSSBytes, int64(1<<20))
	}
}

func TestProgressIsToldAtTheEndToo(t *testing.T) {
	t.Parallel()
	var last Progress
	cfg := settings(t, "echo", "echo", 2)
	cfg.Session.TimeLimit = 100 * time.Millisecond
	out, err := bounded(t, cfg, Observers{Progress: func(p Progress) { last = p }})
	require.NoError(t, err)
	require.Equal(t, session.Done, last.Phase)
	require.Equal(t, tally(out.History)["ok echo"], last.OK)
	require.Equal(t, out.Ended, last.Now)
}

func TestALossyNodeLosesNothingOnAWholeNetwork(t *testing.T) {
	t.Parallel()
	out := longEnough(t, func() Config {
		cfg := settings(t, "broadcast", "lossy", 5)
		cfg.Session.Latency = network.Latency{Mean: 20 * time.Millisecond}
		cfg.Session.Quiet = 5 * time.Second // the last value has a few hops to go
		return cfg
	}, acknowledged)
	values, finals := lost(t, out.History)
	require.Zero(t, values)
	require.Equal(t, 5, finals)
	require.Positive(t, out.ServerMessages)
	require.NotContains(t, strings.Join(keys(tally(out.History)), ","), "fail")
}

// acknowledged says whether a run has come to a value that must be there.
func acknowledged(out Outcome) bool { return tally(out.History)["ok broadcast"] > 0 }

func TestALossyNodeLosesValuesUnderPartitions(t *testing.T) {
	t.Parallel()
	out := longEnough(t, func() Config {
		cfg := settings(t, "broadcast", "lossy", 5)
		cfg.Session.TimeLimit = 2 * time.Second
		cfg.Session.Nemesis = nemesis.Config{
			Faults: []nemesis.Fault{nemesis.Partition}, Interval: 500 * time.Millisecond, Kinds: []nemesis.Kind{nemesis.Majority},
		}
		return cfg
	}, func(out Outcome) bool {
		if !acknowledged(out) {
			return false
		}
		values, _ := lost(t, out.History)
		return values > 0
	})
	_, finals := lost(t, out.History)
	require.Equal(t, 5, finals, "clients are never cut off")
}

func TestACrashIsNamedWithItsStatusAndLastWords(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "broadcast", "crasher", 1)
	out := cutShort(t, cfg)
	note := out.Notes[0]
	require.True(t, note.Exited)
	require.Equal(t, "exit status 3", note.Status)
	require.Contains(t, note.Stderr[len(note.Stderr)-1], "giving up after 5 broadcasts")
	log, err := os.ReadFile(filepath.Join(cfg.LogDir, "n0.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "giving up after 5 broadcasts")
	require.Equal(t, 5, tally(out.History)["ok broadcast"], "what it said before it died was heard")
}

func TestGarbageAndStrangersAreNamedWithTheLine(t *testing.T) {
	t.Parallel()
	for node, want := range map[string]string{"garbage": "not JSON", "stranger": `"nobody" is not in the network`} {
		t.Run(node, func(t *testing.T) {
			t.Parallel()
			out := cutShort(t, settings(t, "broadcast", node, 1))
			note := out.Notes[0]
			require.True(t, note.Deaf)
			require.Contains(t, note.Why, want)
			require.NotEmpty(t, note.Line)
			for _, op := range out.History {
				require.False(t, op.Type == run.OK && op.Time > note.DeafAt, "it is not heard any more")
			}
		})
	}
}

func TestAnInterruptedRunStopsAtOnceAndKeepsWhatThereIs(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "broadcast", "lossy", 3)
	cfg.Session.TimeLimit = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := 0
	out, err := Run(ctx, cfg, Observers{Op: func(op run.Op) {
		if count++; count == 20 {
			cancel()
		}
	}})
	require.NoError(t, err)
	require.True(t, out.Interrupted)
	require.GreaterOrEqual(t, len(out.History), 20)
	require.Less(t, out.Ended, cfg.Session.TimeLimit)
	for _, note := range out.Notes {
		require.False(t, note.Bad())
	}
}

func TestARunThatIsInterruptedBeforeItBeginsLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		out, err := Run(ctx, settings(t, "echo", "echo", 5), Observers{})
		require.NoError(t, err)
		require.True(t, out.Interrupted)
	}
}

func TestWhatANodeHasStartedDiesWithIt(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "forker", 2)
	cfg.Session.TimeLimit = 300 * time.Millisecond
	out, err := bounded(t, cfg, Observers{})
	require.NoError(t, err)
	require.Empty(t, out.Notes[0].String())
	for _, name := range []string{"n0", "n1"} {
		log, err := os.ReadFile(filepath.Join(cfg.LogDir, name+".log"))
		require.NoError(t, err)
		var pid int
		_, err = fmt.Sscanf(string(log), "child %d", &pid)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return gone(pid) || zombie(pid) }, patience, time.Millisecond)
	}
}

// zombie says whether a process has been killed and only waits to be reaped, as
// orphans do where there is no proper init.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

func TestANodeThatEndsIsFoundOutAlthoughItsChildHoldsThePipe(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "forker", 1)
	cfg.Session.TimeLimit = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pids := make(chan int, 1)
	cfg.LogStderr = writer(func(p []byte) {
		var child, node int
		if _, err := fmt.Sscanf(string(p), "n0: child %d of %d", &child, &node); err == nil {
			pids <- node
		}
	})
	var bad []session.Note
	out, err := Run(ctx, cfg, Observers{
		Op: func(run.Op) {
			select {
			case pid := <-pids:
				require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
			default:
			}
		},
		Progress: func(p Progress) {
			if bad = p.Bad; len(bad) > 0 {
				cancel()
			}
		},
	})
	require.NoError(t, err)
	require.Equal(t, "signal: killed", bad[0].Status)
	require.True(t, out.Notes[0].Exited)
}

type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestAnExitWithStatusZeroIsAnExitToo(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "leaver", 1)
	cfg.Session.OpTimeout = time.Second
	out := cutShort(t, cfg)
	require.Equal(t, "exit status 0", out.Notes[0].Status)
	require.Zero(t, tally(out.History)["ok echo"])
}

func TestANodeThatDiesBeforeInitEndsTheRunWithItsLastWords(t *testing.T) {
	t.Parallel()
	out, err := bounded(t, settings(t, "echo", "chatty", 1), Observers{})
	require.ErrorContains(t, err, "node n0 could not be set up")
	require.ErrorContains(t, err, "exit status 0")
	require.Len(t, out.Notes[0].Stderr, 20)
	require.Equal(t, "line 81", out.Notes[0].Stderr[0])
	require.Equal(t, "last words", out.Notes[0].Stderr[19])
}

func TestANodeThatDoesNotReadHoldsUpNobody(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "idler", 1)
	cfg.Session.Concurrency, cfg.Session.RatePerSec = 4000, 1e6 // more than its pipe holds
	cfg.Session.OpTimeout = 300 * time.Millisecond
	unanswered := 0
	out := untilOp(t, cfg, func(op run.Op) bool {
		if op.Type == run.Info {
			unanswered++
		}
		return unanswered == 4000
	})
	for of := range tally(out.History) {
		require.Contains(t, []string{"info echo net-timeout", "info echo interrupted"}, of)
	}
	require.False(t, out.Notes[0].Bad())
}

func TestLinesOfMegabytesArrive(t *testing.T) {
	t.Parallel()
	oks := 0
	out := untilOp(t, settings(t, "echo", "giant", 1), func(op run.Op) bool {
		if op.Type == run.OK {
			oks++
		}
		return oks == 3
	})
	counts := tally(out.History)
	require.GreaterOrEqual(t, counts["ok echo"], 3)
	require.Zero(t, counts["info echo net-timeout"])
	require.False(t, out.Notes[0].Bad())
	// One may have arrived whose echo was under way when the run was stopped.
	require.Contains(t, []int{0, 1}, int(out.ServerMessages)-counts["ok echo"])
}

func TestHealthIsPolledOutsideOfTheRun(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "echo", "healthy", 2)
	cfg.PollHealth = true
	got := map[string]int{}
	out := until(t, cfg, func(stop func()) Observers {
		return Observers{Health: func(_ time.Duration, node string, body json.RawMessage) {
			require.Contains(t, string(body), `"unhealthy_ms":0`)
			// Both print n0 as their own name, which Maelstrom would not mind either.
			if got[node]++; got["n0"] >= 2 && got["n1"] >= 2 {
				stop()
			}
		}}
	})
	requests, replies := 0, tally(out.History)["ok echo"]
	for _, count := range tally(out.History) {
		requests += count
	}
	require.Equal(t, int64(requests+replies+2*2), out.Messages)
}

func TestNodesAreToldWhereTheyAre(t *testing.T) {
	t.Setenv("TREECAST_RUN", "of another run")
	cfg := settings(t, "echo", "place", 1)
	cfg.Session.TimeLimit = 100 * time.Millisecond
	cfg.RunID = "run-7"
	var stderr bytes.Buffer
	cfg.LogStderr = &stderr
	_, err := bounded(t, cfg, Observers{})
	require.NoError(t, err)
	require.Contains(t, stderr.String(), "n0: run run-7\n")
	_, dir, _ := strings.Cut(stderr.String(), "n0: dir ")
	dir, _, _ = strings.Cut(dir, "\n")
	require.Contains(t, dir, "treecast-")
	require.NoDirExists(t, dir, "the temporary directory is removed")

	cfg = settings(t, "echo", "place", 1)
	cfg.Session.TimeLimit = 100 * time.Millisecond
	cfg.WorkDir, cfg.LogDir = t.TempDir(), ""
	stderr.Reset()
	cfg.LogStderr = &stderr
	_, err = bounded(t, cfg, Observers{})
	require.NoError(t, err)
	require.Contains(t, stderr.String(), filepath.Base(cfg.WorkDir))
	require.DirExists(t, cfg.WorkDir)
}

func TestWhatCannotBeRunIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, []byte("x"), 0o644))
	script := filepath.Join(dir, "script")
	require.NoError(t, os.WriteFile(script, []byte("no program"), 0o755))
	for why, spoil := range map[string]func(*Config){
		"no program given":             func(c *Config) { c.Bin = "" },
		"no such file":                 func(c *Config) { c.Bin = "missing" },
		"is a directory":               func(c *Config) { c.Bin = dir },
		"try chmod +x":                 func(c *Config) { c.Bin = plain },
		"it has no #! line":            func(c *Config) { c.Bin = script },
		"directory for the nodes' log": func(c *Config) { c.LogDir = filepath.Join(plain, "logs") },
		"its log cannot be written":    func(c *Config) { c.LogDir = dir; c.Session.Nodes = []string{"n/0"} },
		"time limit is 0s":             func(c *Config) { c.Session.TimeLimit = 0 },
	} {
		cfg := settings(t, "echo", "echo", 2)
		spoil(&cfg)
		_, err := bounded(t, cfg, Observers{})
		require.ErrorContains(t, err, why)
	}
}

func keys(m map[string]int) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}
