package cli

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestFlags_ofOursWithoutEffectAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"--loss-rate has no effect without the fault: add --nemesis loss, or leave it out": {"--loss-rate", "0.5"},
		"--loss-rate has no effect without the fault: add --nemesis loss":                  {"--loss-rate=0.5", "--nemesis", "delay,kill"},
		"--duplicate-rate has no effect without the fault: add --nemesis duplicate":        {"--duplicate-rate", "0.5"},
		"--reorder-rate has no effect without the fault: add --nemesis reorder":            {"--reorder-rate", "0.5", "--nemesis", "partition"},
		"--delay-rate has no effect without the fault: add --nemesis delay":                {"--delay-rate", "0.5"},
		"--delay-mean has no effect without the fault: add --nemesis delay":                {"--delay-mean", "5"},
		"--delay-mean has no effect beside --nemesis-plan":                                 {"--delay-mean", "5", "--nemesis-plan", "1s loss 0.1"},
		"--loss-rate has no effect beside --nemesis-plan, whose steps say":                 {"--loss-rate", "0.5", "--nemesis-plan", "1s loss 0.1"},
		"--message-faults has no effect without the fault":                                 {"--message-faults", "phases", "--nemesis", "kill"},
		"--nemesis-targets has no effect without the fault: add --nemesis kill or pause":   {"--nemesis-targets", "one"},
		"--nemesis-targets has no effect beside --nemesis-plan":                            {"--nemesis-targets", "one", "--nemesis-plan", "1s kill n1"},
		`the target "minority-third" has no effect: of 3 nodes it is none`:                 {"--nemesis-targets", "minority-third", "--nemesis", "kill", "--node-count", "3"},
		"--nemesis-plan has no step":                                                       {"--nemesis-plan", " ; "},
		"it has no effect, as all nodes are in one group":                                  {"--nemesis-plan", "1s partition n1-n5"},
		"it has no effect, as none of them was killed before":                              {"--nemesis-plan", "1s start n1"},
		"loss has no effect: it is for messages between nodes":                             {"--nemesis", "loss", "--node-count", "1"},
		`--inject names the node "n9", which does not exist; there are n1 to n5`:           {"--", "--inject", "n9/store:slow=2x"},
		"--inject names the service journal, which --journal off leaves out":               {"--virtual", "--", "--journal", "off", "--inject", "journal:stuck=1s"},
		"--inject has a fault begin at 2m0s, when a run of 1m0s of load and 10s":           {"--virtual", "--", "--inject", "store:slow=2x@2m"},
		"--inject: fault in recorder: no service is called":                                {"--", "--inject", "n0/recorder:slow=2x"},
		"loss has no effect: its rate is 0":                                                {"--nemesis", "loss", "--loss-rate", "0"},
		`no service is called "recorder"`:                                                  {"--virtual", "--", "--inject", "n1/recorder:slow=2x"},
		"unexpected argument x.py: arguments of the nodes follow --":                       {"x.py"},
		"unexpected argument x.py: arguments of the nodes follow -- (":                     {"--virtual", "x.py"},
	} {
		store := filepath.Join(t.TempDir(), "store")
		got := runHere(t, append([]string{"test", "--store", store}, args...)...)
		require.Equal(t, ExitBadArgs, got.code, want)
		require.Contains(t, got.stderr, want)
		require.NoDirExists(t, store)
	}
	t.Setenv("TREECAST_TEST_DELAY_MEAN", "7")
	require.Contains(t, runHere(t, "test").stderr, "TREECAST_TEST_DELAY_MEAN has no effect")
}

func TestFlags_ofASweepWithoutEffectAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"--store has no effect in virtual time":            {"--store", "x"},
		"--nemesis-interval has no effect without --nemes": {"--nemesis-interval", "3"},
	} {
		out := t.TempDir()
		got := runHere(t, append([]string{"sweep", "x", "--out", out}, args...)...)
		require.Equal(t, ExitBadArgs, got.code, want)
		require.Contains(t, got.stderr, want)
		require.NoDirExists(t, filepath.Join(out, "x"))
	}
}

func TestFlags_ofMaelstromsWithoutEffectAreRemarkedOn(t *testing.T) {
	got := runHere(t, "test", "--virtual", "--node-count", "1", "--nemesis", "partition", "--time-limit", "2s", "--quiet-time", "1", "--rate", "50", "--store", t.TempDir())
	require.Equal(t, ExitOK, got.code, got.stdout)
	require.Contains(t, got.stdout, "note                   --nemesis partition has no effect: a single node cannot be cut off")
}

func TestInitTimeout_isOnRecordAndInTheCommand(t *testing.T) {
	line := newCommandLine([]string{"test", "--virtual", "--init-timeout", "1m"}, nil, false)
	plan, _, err := planOf(line)
	require.NoError(t, err)
	require.Equal(t, "1m0s", plan.InitTimeout.String())
}

func TestArguments_ofTheProgramMayStandWithoutDashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	node := script(t, "echo \"args $# $*\" >&2\nshift\nexec '"+program("treecast")+"' \"$@\"\n")
	got := treecast(t, dir, "test", "--bin", node, "x y", "--node-count", "2", "--rate", "50", "--time-limit", "4", "--quiet-time", "4", "--log-stderr", "--", "--num-children", "3")
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stderr, "n0: args 3 x y --num-children 3\n")
	r := results(t, runs(t, filepath.Join(dir, "store"))[0])
	require.Equal(t, run.Words("'x y' --num-children 3"), r.Settings.Args)
	require.Contains(t, got.stdout, " 'x y' ")
}
