package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWords_standForFlags(t *testing.T) {
	require.Equal(t, runHere(t, "--help"), runHere(t, "help"))
	require.Equal(t, runHere(t, "sweep", "--help"), runHere(t, "help", "sweep"))
	require.Equal(t, runHere(t, "--version"), runHere(t, "version"))
}

func TestWords_thatAreMistypedAreRecognised(t *testing.T) {
	for word, want := range map[string]string{
		"tset": "treecast test", "Test": "treecast test", "sumary": "treecast summary", "compair": "treecast compare", "reprot": "treecast report",
		"sweeep": "treecast sweep", "fuz": "treecast fuzz", "verison": "treecast version", "hlep": "treecast help",
	} {
		got := runHere(t, word, "--node-count", "5")
		require.Equal(t, ExitUsage, got.code, word)
		require.Contains(t, got.stderr, "unexpected argument "+word+"; did you mean '"+want+"'?")
	}
	got := runHere(t, "frobnicate")
	require.Contains(t, got.stderr, "the commands are "+strings.Join(bedCommands, ", ")+", help and version")
}

func TestDistance_countsSlipsOfTheFingers(t *testing.T) {
	for words, want := range map[[2]string]int{
		{"", ""}: 0, {"test", "test"}: 0, {"tset", "test"}: 1, {"tst", "test"}: 1, {"tesst", "test"}: 1, {"text", "test"}: 1, {"", "ab"}: 2, {"abc", "xyz"}: 3,
	} {
		require.Equal(t, want, distance(words[0], words[1]), words)
		require.Equal(t, want, distance(words[1], words[0]), words)
	}
}

func TestVariables_thatAreEmptyAreNotSet(t *testing.T) {
	for _, name := range []string{"TREECAST_NUM_CHILDREN", "TREECAST_ROUNDS", "TREECAST_SYNC_PERIOD", "TREECAST_TEST_NODE_COUNT", "TREECAST_TEST_BIN", "TREECAST_TEST_RATE", "TREECAST_TEST_JSON", "TREECAST_TEST_LOSS_RATE"} {
		t.Setenv(name, "")
	}
	require.Equal(t, ExitOK, runHere(t).code, "a node whose stdin has ended")
	got := runHere(t, "test", "--virtual", "--time-limit", "1", "--quiet-time", "1", "--store", t.TempDir())
	require.NotContains(t, got.stderr, "TREECAST_")
	require.Contains(t, got.stdout, "valid?")
}
