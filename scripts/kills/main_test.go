package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFewKillsLoseNothingAndLeaveNothing(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "treecast")
	out, err := exec.Command("go", "build", "-o", bin, "treecast").CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, work(bin, 20))
}

// A node that keeps nothing is caught at the second life.
func TestWhatIsLostIsNoticed(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "treecast")
	out, err := exec.Command("go", "build", "-o", bin, "treecast").CombinedOutput()
	require.NoError(t, err, string(out))
	script := filepath.Join(t.TempDir(), "forgetful")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nexec "+bin+" --journal off \"$@\"\n"), 0o755))
	require.ErrorContains(t, work(script, 5), "there are 0 files and directories")
}
