package journal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An owner is written and read.
func TestOwner_readsBack(t *testing.T) {
	me := self()
	require.Equal(t, os.Getpid(), me.pid)
	require.NotEmpty(t, me.start)
	require.NotEmpty(t, me.boot)
	got, ok := parseOwner(me.String())
	require.True(t, ok)
	require.Equal(t, me, got)
	require.Equal(t, me.String(), fileName(me.String()), "it can be a file's name")
	for _, bad := range []string{"", "x", "1-2-3", "a-2-3-4", "1-2-3-4-5", "0-2-3-4", "-1-2-3-4"} {
		_, ok := parseOwner(bad)
		require.False(t, ok, bad)
	}
}

// A process is gone when it has ended or its id is anothers.
func TestOwner_gone(t *testing.T) {
	require.False(t, self().gone())
	require.True(t, ended(t).gone())
	reused := self()
	reused.start += "0"
	require.True(t, reused.gone())
	elsewhere := ended(t)
	elsewhere.boot = "another"
	require.False(t, elsewhere.gone(), "nobody can tell")
}

// The name of a run tells its owner.
func TestOwner_isInTheNameOfARun(t *testing.T) {
	name := RunName("20260101T000000@x")
	o, ok := runOwner(name)
	require.True(t, ok)
	require.Equal(t, self(), o)
	require.Equal(t, name, fileName(name))
	_, ok = runOwner("a name of the user's")
	require.False(t, ok)
}

// Names of files are safe and tell names apart.
func TestOwner_fileNamesAreSafe(t *testing.T) {
	require.Equal(t, "n0", fileName("n0"))
	seen := map[string]string{}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "a\x00b", "n0~1", "=x", strings.Repeat("n", 121), strings.Repeat("n", 122), "ñ", "-", "n0"} {
		spelt := fileName(name)
		require.NotContains(t, spelt, "/")
		require.NotContains(t, spelt, "~")
		require.NotContains(t, []string{"", ".", ".."}, spelt)
		require.LessOrEqual(t, len(spelt), 120)
		require.Empty(t, seen[spelt])
		seen[spelt] = name + "!"
	}
}

// saysStarter runs a command line of the shell in which $0 is a program that
// says who started it.
func saysStarter(t *testing.T, shell string) (pid int, wrapped bool, parent int) {
	cmd := exec.Command("/bin/sh", "-c", shell, os.Args[0])
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_BE=starter")
	stdin, err := cmd.StdinPipe() // as a bed does
	require.NoError(t, err)
	out, err := cmd.Output()
	require.NoError(t, err)
	_ = stdin.Close()
	_, err = fmt.Sscan(string(out), &pid, &wrapped, &parent)
	require.NoError(t, err, string(out))
	return pid, wrapped, parent
}

// A plain child is started by its parent.
func TestOwner_starterOfAChild(t *testing.T) {
	pid, wrapped, parent := saysStarter(t, `exec "$0"`)
	require.Equal(t, os.Getpid(), pid)
	require.False(t, wrapped)
	require.Equal(t, os.Getpid(), parent)
}

// The starter of a pipe's node is its shell.
func TestOwner_starterOfAPipe(t *testing.T) {
	pid, wrapped, parent := saysStarter(t, `cat </dev/null | "$0"; true`)
	require.Equal(t, parent, pid)
	require.False(t, wrapped)
}

// A wrapper is seen through.
func TestOwner_starterBehindAWrapper(t *testing.T) {
	script := filepath.Join(t.TempDir(), "wrapper")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n\""+os.Args[0]+"\"\ntrue\n"), 0o755))
	pid, wrapped, parent := saysStarter(t, `"`+script+`"; true`)
	require.NotEqual(t, os.Getpid(), parent, "there are two shells in between")
	if pidSpace() == "" { // as where other processes' files cannot be seen
		require.Equal(t, parent, pid)
		return
	}
	require.True(t, wrapped)
	require.Equal(t, os.Getpid(), pid)
}
