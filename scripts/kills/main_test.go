package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// built is the node's program.
func built(t *testing.T) string {
	bin := filepath.Join(t.TempDir(), "treecast")
	out, err := exec.Command("go", "build", "-o", bin, "treecast").CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

// forgetful is a node that keeps nothing.
func forgetful(t *testing.T) string {
	script := filepath.Join(t.TempDir(), "forgetful")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nexec "+built(t)+" --journal off \"$@\"\n"), 0o755))
	return script
}

func TestKills_loseNothingAndLeaveNothing(t *testing.T) {
	require.NoError(t, work(built(t), 20))
}

// A node that keeps nothing is caught at the second life.
func TestKills_noticeWhatIsLost(t *testing.T) {
	require.ErrorContains(t, work(forgetful(t), 5), "there are 0 files and directories")
}

func TestAtOnce_losesNothing(t *testing.T) {
	require.NoError(t, atOnce(built(t), 8, 80<<20))
}

func TestAtOnce_noticesWhatIsLost(t *testing.T) {
	require.ErrorContains(t, atOnce(forgetful(t), 4, 30<<20), "acknowledged values are lost")
}

func TestMeddle_isMended(t *testing.T) {
	require.NoError(t, meddle(built(t), len(meddling), 0, patience))
}

func TestCut_losesOnlyWhatNobodyElseHolds(t *testing.T) {
	require.NoError(t, cut(built(t), 4))
}
