package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readme lists the commands that the README shows, one per line that stands
// four blanks in.
func readme(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	var out []string
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			out = append(out, strings.TrimSpace(command))
		}
	}
	return out
}

// The README's first command as it stands, but for how long it takes.
func TestTheFirstCommandOfTheREADMEWorks(t *testing.T) {
	t.Parallel()
	args, ok := strings.CutPrefix(readme(t)[0], "go run . test ")
	require.True(t, ok, readme(t)[0])
	got := treecast(t, t.TempDir(), append(append([]string{"test"}, strings.Fields(args)...), "--time-limit", "1", "--quiet-time", "2")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "msgs-per-op            servers ")
}

// The README's commands for real Maelstrom hand flags to the node.
func TestTheNodeFlagsOfTheREADMEAreFlags(t *testing.T) {
	found := 0
	for _, command := range readme(t) {
		_, args, ok := strings.Cut(command, " -- ")
		if !ok {
			continue
		}
		found++
		got := runHere(t, strings.Fields(args)...)
		require.Equal(t, ExitOK, got.code, "%s: %s", command, got.stderr)
	}
	require.Positive(t, found)
}

func TestTheREADMENamesEveryFlagOfTheBed(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, f := range flagsOf(t, "test") {
		if f.Name == "workload" {
			require.Contains(t, string(text), "`-w`")
			continue
		}
		require.Contains(t, string(text), "`--"+f.Name+"`")
	}
}
