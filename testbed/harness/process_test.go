package harness_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

func TestProcess_saysWhatItIsGiven(t *testing.T) {
	t.Parallel()
	p, err := harness.Start(harness.Options{Command: []string{"cat"}})
	require.NoError(t, err)
	long := strings.Repeat("x", 1<<20)
	p.Write([]byte("one\n" + long + "\n"))
	for _, want := range []string{"one", long} {
		got, err := p.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Next(ended)
	require.ErrorIs(t, err, context.Canceled)
	p.Write([]byte("last\n"))
	require.NoError(t, p.Stop(harness.Patience), "which writes what waits first")
	got, err := p.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, "last", got)
	_, err = p.Next(t.Context())
	require.ErrorIs(t, err, io.EOF)
	<-p.Done()
}

func TestProcess_tellsHowItEnded(t *testing.T) {
	t.Parallel()
	p, err := harness.Start(harness.Options{Command: []string{"sh", "-c", `echo "$WORD" >&2; exit 3`}, Env: []string{"WORD=a reason"}})
	require.NoError(t, err)
	code, stderr := p.Wait()
	require.Equal(t, 3, code)
	require.Equal(t, "a reason\n", stderr)
	require.ErrorContains(t, p.Stop(harness.Patience), "a reason")

	p, err = harness.Start(harness.Options{Command: []string{"sleep", "60"}})
	require.NoError(t, err)
	p.Kill()
	code, _ = p.Wait()
	require.Equal(t, -1, code)

	_, err = harness.Start(harness.Options{Command: []string{"no-such-program"}})
	require.Error(t, err)
	_, err = harness.Start(harness.Options{})
	require.Error(t, err)
}

func TestProcess_endsThatWillNotStop(t *testing.T) {
	t.Parallel()
	p, err := harness.Start(harness.Options{Command: []string{"sleep", "60"}})
	require.NoError(t, err)
	require.ErrorContains(t, p.Stop(1), "killed")
}

func TestProcess_offersOnlyWhatThereIsRoomFor(t *testing.T) {
	t.Parallel()
	p, err := harness.Start(harness.Options{Command: []string{"sleep", "60"}}) // which reads nothing
	require.NoError(t, err)
	defer p.Kill()
	line := []byte(strings.Repeat("x", 1023) + "\n")
	taken := 0
	for p.Offer(line) { // into the pipe, and then into the room beside it
		taken++
	}
	require.Less(t, taken, 1<<10)
	p.Write(line) // never refused
	require.False(t, p.Offer(line))
}

func TestProcess_isNotReadWhileMute(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 10)
	p, err := harness.Start(harness.Options{Command: []string{"cat"}, Heard: func(line []byte) { heard <- string(line) }})
	require.NoError(t, err)
	listen := p.Mute()
	for i := range 3 {
		p.Write([]byte(fmt.Sprintln(i)))
	}
	listen()
	for i := range 3 {
		require.Equal(t, fmt.Sprintln(i), <-heard)
	}
	require.NoError(t, p.Stop(harness.Patience))
}
