package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// runHere carries out a command line in this process.
func runHere(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// flagsOf lists a command's flags.
func flagsOf(t *testing.T, command string) []*kong.Flag {
	t.Helper()
	k, err := kong.New(&commands{}, kong.DefaultEnvars("TREECAST"), kong.Vars{"version": "v"})
	require.NoError(t, err)
	for _, child := range k.Model.Children {
		if child.Name == command {
			require.NotEmpty(t, child.Flags)
			return child.Flags
		}
	}
	require.Fail(t, "no such command", command)
	return nil
}

func TestHelpListsEveryFlagWithItsVariable(t *testing.T) {
	variables := map[string]bool{}
	for _, command := range append([]string{"node"}, bedCommands...) {
		got := runHere(t, command, "--help-all")
		require.Equal(t, ExitOK, got.code)
		require.Empty(t, got.stderr)
		for _, f := range flagsOf(t, command) {
			require.Contains(t, got.stdout, "--"+f.Name)
			require.NotEmpty(t, f.Help, f.Name)
			require.NotEmpty(t, f.Group, "--%s is in no group", f.Name)
			require.Len(t, f.Envs, 1, f.Name)
			require.Contains(t, got.stdout, "$"+f.Envs[0])
			require.False(t, variables[f.Envs[0]], "%s stands for two flags", f.Envs[0])
			variables[f.Envs[0]] = true
			require.True(t, strings.HasPrefix(f.Envs[0], "TREECAST_"), f.Envs[0])
			for _, bed := range bedCommands {
				require.Equal(t, command == bed, strings.HasPrefix(f.Envs[0], "TREECAST_"+strings.ToUpper(bed)+"_"),
					"%s: nodes inherit the bed's variables, so theirs are others", f.Envs[0])
			}
		}
	}
}

func TestTheBedTakesMaelstromsFlags(t *testing.T) {
	help := runHere(t, "test", "--help-all").stdout
	for _, name := range []string{
		"-w, --workload", "--bin", "--node-count", "--time-limit", "--rate", "--concurrency", "--latency",
		"--latency-dist", "--topology", "--nemesis", "--nemesis-interval", "--availability",
		"--log-stderr", "--log-net-send", "--log-net-recv", "--test-count",
	} {
		require.Contains(t, help, name)
	}
}

func TestHelpNamesEveryExitCode(t *testing.T) {
	help := strings.Join(strings.Fields(runHere(t, "test", "--help").stdout), " ")
	require.Contains(t, help, "0 valid, 1 invalid, 2 unknown, 130 interrupted, 254 bad arguments, 255 the run could not be made")
}

func TestBareHelpShowsTheCommandsAndTheNodesFlags(t *testing.T) {
	got := runHere(t, "--help-all")
	require.Equal(t, ExitOK, got.code)
	require.Contains(t, got.stdout, "  test [<argument> ...] [flags]\n")
	require.Contains(t, got.stdout, "\n  as a node:      maelstrom test -w broadcast", "examples keep their lines")
	for _, f := range flagsOf(t, "node") {
		require.Contains(t, got.stdout, "--"+f.Name)
	}
}

func TestVersionIsALine(t *testing.T) {
	got := runHere(t, "--version")
	require.Equal(t, ExitOK, got.code)
	require.Regexp(t, `^\S[^\n]*\n$`, got.stdout)
}

func TestAVariableCalledVersionIsNoFlag(t *testing.T) {
	t.Setenv("TREECAST_VERSION", "1.2.3")
	require.Empty(t, runHere(t).stdout, "a node whose stdin has ended")
}

func TestAnUnknownCommandIsAUsageError(t *testing.T) {
	got := runHere(t, "tset")
	require.Equal(t, ExitUsage, got.code)
	require.Contains(t, got.stderr, "unexpected argument tset; did you mean 'treecast test'? (see 'treecast --help')")
	require.Empty(t, got.stdout)
}

func TestATerminalIsToldHowToRunIt(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	defer terminal.Close()
	require.True(t, isTerminal(terminal))
	var stdout, stderr bytes.Buffer
	require.Equal(t, ExitOK, Run(t.Context(), nil, terminal, &stdout, &stderr))
	require.Contains(t, stdout.String(), "treecast test -w broadcast --node-count 25")
	require.Contains(t, stdout.String(), "'treecast --help' lists the flags and commands.")
}

func TestFilesPipesAndTheNullDeviceAreNoTerminals(t *testing.T) {
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer file.Close()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	for _, stream := range []any{null, file, r, w, &bytes.Buffer{}, nil} {
		require.False(t, isTerminal(stream))
	}
}
