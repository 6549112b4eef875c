package cli

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A second signal must end a node whose stdout nobody reads: only SIGKILL does.
func TestASecondSignalEndsANodeThatCannotWrite(t *testing.T) {
	cmd := exec.Command(program("treecast"))
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	_, err = cmd.StdoutPipe() // never read
	require.NoError(t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer cmd.Process.Kill()
	_, err = io.WriteString(stdin, `{"id":0,"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1}}`+"\n")
	require.NoError(t, err)
	_, err = stderr.Read(make([]byte, 1)) // it has begun
	require.NoError(t, err)
	echo := to(1, `"type":"echo","echo":"`+strings.Repeat("x", 100_000)+`"`) + "\n"
	_, err = io.WriteString(stdin, strings.Repeat(echo, 5)) // more than a pipe holds
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for deadline := time.After(patience); ; {
		_ = cmd.Process.Signal(syscall.SIGTERM) // an error says that it has just ended
		select {
		case <-ended:
			return
		case <-deadline:
			require.Fail(t, "many signals and it is still there")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Flags win over variables, the help says; here they clash instead.
func TestAFlagWinsOverTheVariableOfItsRival(t *testing.T) {
	t.Setenv("TREECAST_SYNC_PERIOD", "200ms")
	var out, errs bytes.Buffer
	require.Equal(t, ExitOK, Run(t.Context(), []string{"--latency-target", "500ms"}, strings.NewReader(""), &out, &errs), errs.String())
}

// 0 is either a setting or a mistake, and not another word for the default.
// (--client-threshold 0, which backpressure.NewGate gives a meaning, becomes 1s.)
func TestZeroIsNotSilentlyTheDefault(t *testing.T) {
	for _, flag := range []string{"--monitor-period=0", "--intake-preferred=0", "--output-capacity=0"} {
		require.Equal(t, ExitUsage, runHere(t, flag).code, flag)
	}
}

// fullPipe is a pipe that takes no more, and that nobody reads.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	var fds [2]int
	require.NoError(t, syscall.Pipe(fds[:]))
	t.Cleanup(func() { syscall.Close(fds[0]) })
	require.NoError(t, syscall.SetNonblock(fds[1], true))
	for _, chunk := range [][]byte{make([]byte, 4096), make([]byte, 1)} { // to the last byte
		for {
			if _, err := syscall.Write(fds[1], chunk); err != nil {
				require.ErrorIs(t, err, syscall.EAGAIN)
				break
			}
		}
	}
	require.NoError(t, syscall.SetNonblock(fds[1], false))
	w := os.NewFile(uintptr(fds[1]), "full pipe")
	t.Cleanup(func() { w.Close() })
	return w
}

// takesCharge is more than a process needs to take charge of signals.
const takesCharge = 2 * time.Second

// Commands that look at files wait for whoever reads what they print, and for
// pipes that they write to, but not once a signal has come.
func TestTheFirstSignal_endsCommandsThatLookAtFiles(t *testing.T) {
	t.Parallel()
	sweep, err := filepath.Abs("../results/fanout")
	require.NoError(t, err)
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	edn, err := filepath.Abs("../run/testdata/results.edn")
	require.NoError(t, err)
	for name, args := range map[string][]string{
		"compare": {"compare", sweep, sweep}, "summary": {"summary", edn}, "report": {"report", sweep, "-o", pipe}, "report to stdout": {"report", sweep, "-o", "-"},
	} {
		for signal, number := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP} {
			t.Run(name+" "+signal, func(t *testing.T) {
				t.Parallel()
				cmd, wait := start(t, t.TempDir(), nil, program("treecast"), args...)
				cmd.Stdout = fullPipe(t)
				require.NoError(t, cmd.Start())
				ended := make(chan outcome, 1)
				go func() { ended <- wait() }()
				select {
				case got := <-ended:
					require.Fail(t, "it ended by itself", got.stderr)
				case <-time.After(takesCharge):
				}
				require.NoError(t, cmd.Process.Signal(number))
				got := <-ended
				require.Equal(t, ExitInterrupted, got.code, got.stderr)
			})
		}
	}
}

func TestTheFirstSignal_endsASweepThatNobodyReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, wait := start(t, dir, nil, program("treecast"), sweeping()...)
	cmd.Stdout, cmd.Stderr = fullPipe(t), nil
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for lines := bufio.NewScanner(stderr); lines.Scan() && !strings.Contains(lines.Text(), "2 of 2 runs"); {
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	require.Equal(t, ExitInterrupted, wait().code)
	require.Len(t, rowsOf(t, filepath.Join(dir, "results", "small", "runs.csv")), 2)
}
