package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACommandLineHasTwoHalves(t *testing.T) {
	line := newCommandLine([]string{"test", "--rate", "5", "--", "--permits", "--", "1"}, nil, false)
	require.Equal(t, []string{"test", "--rate", "5"}, line.args)
	require.Equal(t, []string{"--permits", "--", "1"}, line.nodeArgs)
	line = newCommandLine([]string{"--rounds", "free", "--"}, nil, true)
	require.Equal(t, []string{"--rounds", "free", "--"}, line.args, "a node's arguments are all its own")
}

func TestAReplayHasTheSeedThatWasUsed(t *testing.T) {
	for want, args := range map[string][]string{
		"treecast test --seed 7":               {"test"},
		"treecast test --rate 5 --seed 7":      {"test", "--seed", "3", "--rate", "5", "--test-count", "4"},
		"treecast test --seed 7 -- --seed 3":   {"test", "--seed=3", "--test-count=4", "--", "--seed", "3"},
		"treecast test --store 'a b' --seed 7": {"test", "--store", "a b"},
	} {
		require.Equal(t, want, strings.Join(newCommandLine(args, nil, false).replay(7), " "))
	}
}

func TestAReplayKeepsTheVariablesThatMatter(t *testing.T) {
	line := newCommandLine([]string{"test"}, []string{
		"TREECAST_TEST_SEED=1", "TREECAST_TEST_RATE=5", "HOME=/root", "TREECAST_TEST_COUNT=3",
		"TREECAST_RUN=x", "TREECAST_NUM_CHILDREN=2 3", "TREECAST=1",
	}, false)
	require.Equal(t, "TREECAST_NUM_CHILDREN='2 3' TREECAST_TEST_RATE=5 treecast test --seed 7", strings.Join(line.replay(7), " "))
}
