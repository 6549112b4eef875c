package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestAValidRunEndsWithZeroAndShowsItsVerdicts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, short()...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "valid?                 true")
	require.Contains(t, got.stdout, "strict?                true")
	require.Len(t, runs(t, filepath.Join(dir, "store")), 1)
}

func TestProgressIsPlainLinesWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	got := treecast(t, t.TempDir(), short()...)
	require.Equal(t, 0, got.code, got.stderr)
	line := regexp.MustCompile(`^ +\d+\.\d s  [a-z]+ +\d+ ops \(\d+ ok\)  \d+ messages between nodes\n$`)
	lines := 0
	for text := range strings.Lines(got.stderr) {
		require.Regexp(t, line, text)
		lines++
	}
	require.GreaterOrEqual(t, lines, 2)
	require.Contains(t, got.stderr, "  done ")
}

func TestTheVerdictAskedForDecides(t *testing.T) {
	t.Parallel()
	for verdict, code := range map[string]int{"strict": 1, "maelstrom": 0} {
		t.Run(verdict, func(t *testing.T) {
			t.Parallel()
			got := treecast(t, t.TempDir(), short("--bin", program("liar"), "--verdict", verdict)...)
			require.Equal(t, code, got.code, got.stdout)
			require.Contains(t, got.stdout, "valid?                 true")
			require.Contains(t, got.stdout, "strict?                false")
			require.Contains(t, got.stdout, "\nFindings:\n")
			require.Contains(t, got.stdout, "  duplicate  ")
		})
	}
}

func TestARunThatSaysNothingIsUnknown(t *testing.T) {
	t.Parallel()
	got := treecast(t, t.TempDir(), short("--rate", "0")...)
	require.Equal(t, 2, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "valid?                 unknown")
}

func TestANodeWithoutTheWorkloadIsInvalid(t *testing.T) {
	t.Parallel()
	got := treecast(t, t.TempDir(), "test", "-w", "echo", "--bin", program("echo"), "--node-count", "1", "--rate", "50", "--time-limit", "5")
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	got = treecast(t, t.TempDir(), short("--bin", program("echo"), "--node-count", "1", "--log-stderr")...)
	require.NotEqual(t, 0, got.code, "it knows no broadcast")
	require.Contains(t, got.stderr, "n0: ")
}

func TestBadArgumentsAreExplainedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"unknown flag --frobnicate":                             {"--frobnicate"},
		"unexpected argument extra":                             {"extra"},
		"--node-count is 0; give 1 or more":                     {"--node-count", "0"},
		"--node-count is 1000001; give 1000000 or fewer":        {"--node-count", "1000001"},
		"--node-count is -3; give 1 or more":                    {"--node-count=-3"},
		"--test-count is 0; give 1 or more":                     {"--test-count", "0"},
		"--time-limit is -1; give a number of seconds":          {"--time-limit=-1"},
		"--time-limit is NaN; give a number of seconds":         {"--time-limit", "nan"},
		"--quiet-time is +Inf; give a number of seconds":        {"--quiet-time", "inf"},
		"--nemesis-interval is -2; give a number of seconds":    {"--nemesis-interval=-2"},
		"--latency is 1.5; give whole milliseconds, 0 or more":  {"--latency", "1.5"},
		"time limit is 0s; give more than 0":                    {"--time-limit", "0"},
		"choose one of broadcast, echo":                         {"-w", "dance"},
		"does not solve the workload lin-kv yet":                {"-w", "lin-kv"},
		`no fault is called "fire"`:                             {"--nemesis", "kill,fire"},
		`clock faults need virtual time (--virtual)`:            {"--nemesis", "clock"},
		`kills strike no target called "most"`:                  {"--nemesis", "kill", "--nemesis-targets", "most"},
		"the rate of loss is 1.5; give a probability":           {"--nemesis", "loss", "--loss-rate", "1.5"},
		"--delay-mean is -1; give a number of milliseconds":     {"--nemesis", "delay", "--delay-mean=-1"},
		"--message-faults must be one of":                       {"--message-faults", "never"},
		"availability":                                          {"--availability", "mostly"},
		`concurrency is "many"; give a number`:                  {"--concurrency", "many"},
		"--rate":                                                {"--rate", "fast"},
		"the exact verdict looks into treecast's nodes":         {"--verdict", "exact"},
		`--verdict must be one of "strict","maelstrom","exact"`: {"--verdict", "kind"},
		`--health must be one of "auto","on","off"`:             {"--health", "well"},
		`--topology must be one of "line","grid"`:               {"--topology", "ring"},
		`--latency-dist must be one of "constant","uniform"`:    {"--latency-dist", "pareto"},
		"--seed: expected a valid 64 bit uint but got \"one\"":  {"--seed", "one"},
		"rate is -1 operations per second; give 0 to 1000000":   {"--rate=-1"},
		"quiet-time": {"--quiet-time", "--", "x"},
		"nemesis interval is 0s; give more than 0":   {"--nemesis", "partition", "--nemesis-interval", "0"},
		"--bin needs a value":                        {"--bin"},
		"--seed needs a value":                       {"--seed"},
		"--node-count is \"x\"; give a whole number": {"--node-count", "x"},
	} {
		dir := t.TempDir()
		var stdout, stderr bytes.Buffer
		store := filepath.Join(dir, "store")
		code := Run(t.Context(), append([]string{"test", "--store", store}, args...), strings.NewReader(""), &stdout, &stderr)
		require.Equal(t, ExitBadArgs, code, want)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), want)
		require.Contains(t, stderr.String(), "see 'treecast test --help'")
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"), "one clear line: %s", stderr.String())
		require.NoDirExists(t, store)
	}
	require.Equal(t, 254, treecast(t, t.TempDir(), "test", "--frobnicate").code)
}

func TestARunThatCannotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(plain, []byte("x"), 0o644))
	for want, args := range map[string][]string{
		"no such file or directory":                 {"--bin", "./missing"},
		"may not be executed; try chmod +x":         {"--bin", plain},
		"is a directory":                            {"--bin", programs},
		"a file stands where a directory is needed": {"--store", plain},
		"not a directory; a file stands where":      {"--store", filepath.Join(plain, "below")},
	} {
		dir := t.TempDir()
		got := treecast(t, dir, short(args...)...)
		require.Equal(t, 255, got.code, want)
		require.Empty(t, got.stdout)
		require.Contains(t, got.stderr, want)
		require.True(t, strings.HasPrefix(got.stderr, "treecast: "), got.stderr)
		require.NoDirExists(t, filepath.Join(dir, "store"))
	}
}

func TestBin_thatIsEmptyIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"test", "--bin", ""}, {"test", "--bin="}, {"test", "--virtual", "--bin", ""},
		{"sweep", "x", "--driver", "process", "--bin", ""}, {"sweep", "x", "--bin="},
	} {
		dir := t.TempDir()
		got := treecast(t, dir, args...)
		require.Equal(t, 254, got.code, args)
		require.Contains(t, got.stderr, "--bin is empty; name the program of the node")
		require.NoDirExists(t, filepath.Join(dir, "store"))
	}
}

func TestABadFlagOfANodeIsShownInItsOwnWords(t *testing.T) {
	t.Parallel()
	got := treecast(t, t.TempDir(), short("--", "--num-childern", "4")...)
	require.Equal(t, 255, got.code)
	require.Contains(t, got.stdout, "The run could not be made as asked: node n")
	require.Regexp(t, `(?m)^ *valid\? +unknown `, got.stdout)
	require.Regexp(t, `(?m)^ *ok-fraction +-$`, got.stdout)
	require.Contains(t, got.stdout, "exit status 2")
	require.Contains(t, got.stdout, "treecast: unknown flag --num-childern")

	got = treecast(t, t.TempDir(), short("--json", "--", "--num-childern", "4")...)
	require.Equal(t, 255, got.code)
	r := onlyJSON(t, got.stdout)
	require.Contains(t, r.Error, "could not be set up")
	require.Contains(t, strings.Join(r.Nodes[0].Stderr, "\n"), "unknown flag --num-childern")
	require.Contains(t, got.stderr, "treecast: "+r.Error)
}

func TestWhatFollowsTwoDashesGoesToEveryNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	node := script(t, "echo \"args $# $*\" >&2\nexec '"+program("treecast")+"' \"$@\"\n")
	got := treecast(t, dir, short("--bin", node, "--log-stderr", "--", "--num-children", "3", "--log-level=debug")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	for _, n := range []string{"n0", "n1"} {
		require.Contains(t, got.stderr, n+": args 3 --num-children 3 --log-level=debug\n")
	}
	require.Equal(t, run.Words("--num-children 3 --log-level=debug"), results(t, runs(t, filepath.Join(dir, "store"))[0]).Settings.Args)
}

func TestJSONIsOneDocumentAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, short("--json", "--bin", program("liar"))...)
	require.Equal(t, 1, got.code, got.stderr)
	r := onlyJSON(t, got.stdout)
	require.Equal(t, run.Invalid, r.Strict.Valid)
	kept, err := os.ReadFile(filepath.Join(dir, "store", "latest", "results.json"))
	require.NoError(t, err)
	require.Equal(t, string(kept), got.stdout)
}

func TestTestCountRunsAgainUntilARunIsBad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, short("--virtual", "--test-count", "2", "--seed", "40", "--json")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stderr, "\nrun 2 of 2\n")
	first, second, found := strings.Cut(got.stdout, "\n}\n")
	require.True(t, found)
	require.Equal(t, uint64(40), onlyJSON(t, first+"}").Settings.Seed)
	require.Equal(t, uint64(41), onlyJSON(t, second).Settings.Seed)
	require.Len(t, runs(t, filepath.Join(dir, "store")), 2)

	dir = t.TempDir()
	got = treecast(t, dir, short("--test-count", "3", "--bin", program("liar"))...)
	require.Equal(t, 1, got.code)
	require.Len(t, runs(t, filepath.Join(dir, "store")), 1)
	require.Equal(t, 1, strings.Count(got.stdout, "valid? "))
}

func TestTwoBedsCanShareADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var waits []func() outcome
	for range 2 {
		cmd, wait := start(t, dir, nil, program("treecast"), short()...)
		require.NoError(t, cmd.Start())
		waits = append(waits, wait)
	}
	for _, wait := range waits {
		got := wait()
		require.Equal(t, 0, got.code, got.stdout+got.stderr)
	}
	dirs := runs(t, filepath.Join(dir, "store"))
	require.Len(t, dirs, 2)
	for _, d := range dirs {
		require.Equal(t, run.Valid, results(t, d).Valid)
	}
	require.FileExists(t, filepath.Join(dir, "store", "latest", "results.json"))
	require.FileExists(t, filepath.Join(dir, "store", "current", "results.json"))
}

func TestLogFlagsShowStderrAndMessages(t *testing.T) {
	t.Parallel()
	got := treecast(t, t.TempDir(), short("--bin", program("liar"), "--verdict", "maelstrom",
		"--log-stderr", "--log-net-send", "--log-net-recv", "--json")...)
	require.Equal(t, 0, got.code, got.stderr)
	r := onlyJSON(t, got.stdout) // the logs are not in it
	require.Contains(t, got.stderr, "\nn1: ")
	require.Equal(t, int(r.Net.All.SendCount), strings.Count(got.stderr, ` send {"id":`))
	require.Equal(t, int(r.Net.All.RecvCount), strings.Count(got.stderr, ` recv {"id":`))
}

func TestVariablesStandForFlagsAndFlagsWin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, wait := start(t, dir, []string{"TREECAST_TEST_NODE_COUNT=1", "TREECAST_TEST_SEED=9", "TREECAST_TEST_JSON=true"},
		program("treecast"), "test", "--rate", "50", "--time-limit", "5.5", "--quiet-time", "0.1", "--seed", "0")
	require.NoError(t, cmd.Start())
	got := wait()
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	settings := onlyJSON(t, got.stdout).Settings
	require.Equal(t, 1, settings.NodeCount)
	require.Equal(t, uint64(0), settings.Seed, "0 is a seed like any other")
}
