package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/harness"
)

// programs is where treecast and two of the reference nodes are built.
var programs string

// program is the path of one of them.
func program(name string) string { return filepath.Join(programs, name) }

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if signal.Ignored(syscall.SIGHUP) {
		// Where the tests run under nohup the programs they start would ignore it, too;
		// what is caught here is not ignored there.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	dir, err := os.MkdirTemp("", "treecast-cli-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = dir
	if err := harness.Build(dir, "treecast", "treecast/testbed/testdata/nodes/echo", "treecast/testbed/testdata/nodes/liar"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, v := range os.Environ() { // the tests are not to depend on who runs them
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "TREECAST_") {
			os.Unsetenv(name)
		}
	}
	for _, name := range []string{"TMPDIR", "XDG_STATE_HOME"} { // for what nodes leave that are killed
		if err := os.Setenv(name, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	flag.Parse()
	atOnce()
	return m.Run()
}

// atOnce lets more tests run at a time than there are processors, for they
// mostly wait for a run's time to pass. Who asks for a number gets it.
func atOnce() {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		flag.Set("test.parallel", "12")
	}
}

// patience is longer than anything takes on the slowest machine. How long it is
// matters to tests that fail and to nobody else.
const patience = 10 * time.Minute

// outcome is what became of a process.
type outcome struct {
	code           int
	stdout, stderr string
}

// start begins a command in a directory; wait ends it.
func start(t *testing.T, dir string, env []string, name string, args ...string) (*exec.Cmd, func() outcome) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, func() outcome {
		if err := cmd.Wait(); err != nil {
			require.IsType(t, &exec.ExitError{}, err)
		}
		require.NoError(t, ctx.Err(), "the command did not end")
		return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	}
}

// treecast carries out a command line as a process of its own.
func treecast(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	cmd, wait := start(t, dir, nil, program("treecast"), args...)
	require.NoError(t, cmd.Start())
	return wait()
}

// times are those of a run that has its operations, and whose values are
// everywhere in the end, even if the machine stands still for a while.
var times = []string{"--time-limit", "4", "--quiet-time", "4"}

// short is the command line of a test of two nodes.
func short(more ...string) []string {
	return slices.Concat([]string{"test", "--node-count", "2", "--rate", "50"}, times, more)
}

// script makes a program that is a shell script.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755))
	return path
}

// runs lists the directories of the runs of a store.
func runs(t *testing.T, store string) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(store, "*", "2*"))
	require.NoError(t, err)
	return dirs
}

// results reads the results of a run.
func results(t *testing.T, dir string) *run.Results {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	defer file.Close()
	r, err := run.ReadResultsJSON(file)
	require.NoError(t, err)
	return r
}

// operations lists what clients did in the load of a run, in its order.
func operations(t *testing.T, dir string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "history.edn"))
	require.NoError(t, err)
	defer file.Close()
	h, err := run.ReadHistoryEDN(file)
	require.NoError(t, err)
	var out []string
	for _, op := range h {
		if op.Type == run.Invoke && !op.Final {
			out = append(out, op.F+" "+string(op.Value))
		}
	}
	return out
}

// onlyJSON requires a text to be one JSON document and nothing else.
func onlyJSON(t *testing.T, text string) *run.Results {
	t.Helper()
	require.True(t, json.Valid([]byte(text)), text)
	r, err := run.ReadResultsJSON(strings.NewReader(text))
	require.NoError(t, err)
	return r
}
