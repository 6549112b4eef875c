package cli

import (
	"bytes"
	"io"
	"os/exec"
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
