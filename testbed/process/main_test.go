package process

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"treecast/run"
	"treecast/testbed/harness"
	"treecast/testbed/session"
	"treecast/workload/all"
)

// nodes is where the reference nodes of testdata are built.
var nodes string

// reference lists them; every one must build.
var reference = []string{"echo", "lossy", "crasher", "garbage", "stranger"}

// actAsBed makes this binary a bed; set where a test needs one to kill.
var actAsBed func() error

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "bed" {
		if err := actAsBed(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "node" {
		actAs(os.Args[2])
		return
	}
	dir, err := os.MkdirTemp("", "treecast-nodes-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	nodes = dir
	status := 1
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else if status = m.Run(); status == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines were left behind:", err)
			status = 1
		}
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

func build() error {
	var packages []string
	for _, name := range reference {
		packages = append(packages, "treecast/testbed/testdata/nodes/"+name)
	}
	return harness.Build(nodes, packages...)
}

// actAs makes this binary a node with a habit of its own; it answers init.
func actAs(habit string) {
	in := bufio.NewReader(os.Stdin)
	self := "n0" // until it is told
	print := func(body string, args ...any) {
		fmt.Printf(`{"src":%q,"dest":%s}`+"\n", self, fmt.Sprintf(body, args...))
	}
	for {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var m struct {
			ID   *int
			Src  string
			Dest string
			Body struct {
				Type  string
				MsgID int `json:"msg_id"`
				Echo  json.RawMessage
				To    string
				Of    int
			}
		}
		if json.Unmarshal(text, &m) != nil {
			os.Exit(9)
		}
		self = m.Dest
		reply := func(body string, args ...any) {
			print(`%q,"body":{"in_reply_to":%d,%s}`, m.Src, m.Body.MsgID, fmt.Sprintf(body, args...))
		}
		switch m.Body.Type {
		case "init":
			switch habit {
			case "forker": // leaves a child that outlives it, in its group
				child := exec.Command("sleep", "1000")
				child.Stdout = os.Stdout // holds the pipe open
				if child.Start() != nil {
					os.Exit(9)
				}
				fmt.Fprintln(os.Stderr, "child", child.Process.Pid, "of", os.Getpid())
			case "chatty":
				for i := range 100 {
					fmt.Fprintln(os.Stderr, "line", i)
				}
				fmt.Fprint(os.Stderr, "last words")
				os.Exit(0)
			case "place":
				dir, _ := os.Getwd()
				fmt.Fprintln(os.Stderr, "dir", dir)
				fmt.Fprintln(os.Stderr, "run", os.Getenv("TREECAST_RUN"))
			}
			fmt.Fprintln(os.Stderr, "pid", os.Getpid(), "init", *m.ID)
			reply(`"type":"init_ok"`)
			if habit == "idler" { // never reads its stdin again
				<-time.After(time.Hour)
			}
		case "echo":
			if habit == "giant" { // answers when its letter to itself has come
				print(`"n0","body":{"type":"big","to":%q,"of":%d,"echo":%s,"pad":%q}`,
					m.Src, m.Body.MsgID, m.Body.Echo, strings.Repeat("x", 3<<20))
				continue
			}
			if habit == "leaver" {
				os.Exit(0)
			}
			reply(`"type":"echo_ok","echo":%s`, m.Body.Echo)
		case "health":
			if m.ID != nil || m.Src != session.HealthClient {
				os.Exit(9)
			}
			reply(`"type":"health_ok","unhealthy_ms":0`)
		case "big":
			print(`%q,"body":{"type":"echo_ok","in_reply_to":%d,"echo":%s}`, m.Body.To, m.Body.Of, m.Body.Echo)
		}
	}
}

func self(t *testing.T) string {
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

// settings are those of a short run with a reference node, or with one of
// actAs's if there is none of that name. No operation runs out of time because
// the machine is slow.
func settings(t *testing.T, load, node string, count int) Config {
	w, err := all.Named(load)
	require.NoError(t, err)
	cfg := Config{
		Session: session.Config{
			Workload: w, Nodes: session.NodeNames(count), RatePerSec: 100, TimeLimit: time.Second,
			Quiet: 300 * time.Millisecond, OpTimeout: 2 * patience, Seed: 1,
		},
		Bin:    filepath.Join(nodes, node),
		LogDir: filepath.Join(t.TempDir(), "node-logs"),
	}
	if _, err := os.Stat(cfg.Bin); err != nil {
		cfg.Bin, cfg.Args = self(t), []string{"node", node}
	}
	return cfg
}

// patience is longer than anything takes on the slowest machine. How long it is
// matters to tests that fail and to nobody else.
const patience = 5 * time.Minute

// bounded carries a run out with a limit to how long it may take.
func bounded(t *testing.T, cfg Config, obs Observers) (Outcome, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := Run(ctx, cfg, obs)
	require.NoError(t, ctx.Err(), "the run did not end")
	return out, err
}

// until carries a run out that is stopped by one of its observers, however long
// it takes until that has seen enough.
func until(t *testing.T, cfg Config, watch func(stop func()) Observers) Outcome {
	cfg.Session.TimeLimit = 2 * patience
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reached := false
	out, err := Run(ctx, cfg, watch(func() { reached = true; cancel() }))
	require.NoError(t, err)
	require.True(t, reached, "it did not come to that")
	require.True(t, out.Interrupted)
	return out
}

// untilOp is until for what can be seen from the history.
func untilOp(t *testing.T, cfg Config, enough func(op run.Op) bool) Outcome {
	return until(t, cfg, func(stop func()) Observers {
		return Observers{Op: func(op run.Op) {
			if enough(op) {
				stop()
			}
		}}
	})
}

// cutShort carries a run out that ends by itself, long before its time, as no
// node is left that could be heard.
func cutShort(t *testing.T, cfg Config) Outcome {
	cfg.Session.TimeLimit = 2 * patience
	out, err := bounded(t, cfg, Observers{})
	require.NoError(t, err)
	require.Len(t, out.Remarks, 1)
	require.Contains(t, out.Remarks[0], "no node was left that could be heard")
	return out
}

// longEnough carries a run out to its end, and again with twice the time if this
// machine has not done enough in it.
func longEnough(t *testing.T, cfg func() Config, enough func(out Outcome) bool) Outcome {
	for scale := time.Duration(1); ; scale *= 2 {
		c := cfg()
		c.Session.TimeLimit *= scale
		require.Less(t, c.Session.TimeLimit, patience, "however long it takes, it does not come to that")
		out, err := bounded(t, c, Observers{})
		require.NoError(t, err)
		if enough(out) {
			return out
		}
	}
}

// tally counts the completions of a history: "ok read", "fail read net-timeout".
func tally(history []run.Op) map[string]int {
	counts := map[string]int{}
	for _, op := range history {
		if op.Type == run.Invoke || op.Process == run.NemesisProcess {
			continue
		}
		text := map[run.OpType]string{run.OK: "ok", run.Fail: "fail", run.Info: "info"}[op.Type] + " " + op.F
		if op.Error != nil {
			text += " " + op.Error.Name
		}
		counts[text]++
	}
	return counts
}

// lost counts the broadcast values that some node's final read lacks, and the
// final reads that were answered.
func lost(t *testing.T, history []run.Op) (values, finals int) {
	sent := map[string]bool{}
	missing := map[string]bool{}
	for _, op := range history {
		if op.F == "broadcast" && op.Type == run.OK {
			sent[string(op.Value)] = true
		}
	}
	for _, op := range history {
		if !op.Final || op.Type != run.OK {
			continue
		}
		finals++
		var list []json.RawMessage
		require.NoError(t, json.Unmarshal(op.Value, &list))
		has := map[string]bool{}
		for _, v := range list {
			has[string(v)] = true
		}
		for v := range sent {
			if !has[v] {
				missing[v] = true
			}
		}
	}
	require.NotEmpty(t, sent)
	return len(missing), finals
}

// gone says whether no process has this id any more.
func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }
