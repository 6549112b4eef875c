package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vbauerster/mpb/v8"

	"treecast/experiment"
	"treecast/run"
)

// sweeping is the command line of a sweep of runs that are short.
func sweeping(more ...string) []string {
	return append([]string{"sweep", "small", "--time-limit", "1", "--quiet-time", "1", "--seeds", "2"}, more...)
}

func rowsOf(t *testing.T, path string) []run.Row {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	rows, err := run.ReadRunsCSV(file)
	require.NoError(t, err)
	return rows
}

func text(t *testing.T, elem ...string) string {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(elem...))
	require.NoError(t, err)
	return string(out)
}

func TestASweepLeavesItsRunsItsSummaryAndItsCharts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, sweeping("--node-count", "5,7", "--num-children", "2,24", "--sync-period", "100ms..300ms/200ms", "--rounds", "locked,eager", "--", "--ack-delay", "1s")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	folder := filepath.Join(dir, "results", "small")
	rows := rowsOf(t, filepath.Join(folder, "runs.csv"))
	require.Len(t, rows, 2*2*(2+1)*2, "eager rounds have no period")
	for _, row := range rows {
		require.Equal(t, run.Words("--ack-delay 1s"), row.Args)
		require.Equal(t, "virtual", row.Driver)
		require.Equal(t, row.Rounds == "eager", row.SyncPeriod == 0)
		require.Equal(t, run.Valid, row.Strict)
		require.Contains(t, row.Figures, "worst_unhealthy_ms")
	}
	require.Contains(t, got.stdout, "12 settings, seeds 1 to 2: 24 runs, all valid.")
	require.Contains(t, got.stdout, "files  "+filepath.Join("results", "small", "summary.md"))
	require.Contains(t, got.stderr, "24 of 24 runs")
	require.Contains(t, text(t, folder, "summary.md"), "Made by `treecast sweep small --time-limit 1 --quiet-time 1 --seeds 2 --node-count 5,7")
	for _, name := range []string{"frontier.svg", "messages.svg", "latency.svg"} {
		require.Contains(t, text(t, folder, name), "</svg>")
	}
	require.NoDirExists(t, filepath.Join(dir, "store"), "runs in virtual time leave a line each")

	// The line of a run has the command that makes it again.
	last := rows[len(rows)-1]
	words := strings.Fields(last.Command(last.Seed))
	got = treecast(t, dir, append([]string{"test", "--json"}, words[2:]...)...)
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, last, run.RowOf(onlyJSON(t, got.stdout)))
}

func TestADefaultIsNamedInTheRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, wait := start(t, dir, []string{"TREECAST_NUM_CHILDREN=3"}, program("treecast"), sweeping("--node-count", "5", "--rounds", "free,locked")...)
	require.NoError(t, cmd.Start())
	require.Equal(t, 0, wait().code)
	rows := rowsOf(t, filepath.Join(dir, "results", "small", "runs.csv"))
	require.Len(t, rows, 4)
	require.Equal(t, "3", rows[0].NumChildren, "variables count")
	require.Equal(t, run.Millis(150*time.Millisecond), rows[0].SyncPeriod)
	require.Equal(t, run.Millis(450*time.Millisecond), rows[2].SyncPeriod)
	require.Contains(t, text(t, dir, "results", "small", "sweep.json"), `"TREECAST_NUM_CHILDREN=3"`)
	got := treecast(t, dir, sweeping("--node-count", "5", "--rounds", "free,locked", "--resume")...)
	require.Equal(t, 255, got.code)
	require.Contains(t, got.stderr, "is another one")
}

func TestASweepOfAList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, sweeping("--node-count", "5", "--accept", "900ms,1ms", "--setting", "num-children=2 sync-period=100ms", "--setting", "latency-target=900ms node-count=3")...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	rows := rowsOf(t, filepath.Join(dir, "results", "small", "runs.csv"))
	require.Len(t, rows, 4)
	require.Equal(t, []any{5, "2", run.Millis(100 * time.Millisecond)}, []any{rows[0].NodeCount, rows[0].NumChildren, rows[0].SyncPeriod})
	require.Equal(t, []any{3, "auto", run.Millis(0), run.Millis(900 * time.Millisecond)}, []any{rows[2].NodeCount, rows[2].NumChildren, rows[2].SyncPeriod, rows[2].LatencyTarget})
	require.Regexp(t, `(?m)^ 1 ms +no setting of this sweep`, got.stdout)
}

func TestASweepThatIsInterruptedIsResumed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := []string{"sweep", "long", "--seeds", "10", "--jobs", "1", "--sync-period", "100ms,200ms"}
	cmd, wait := start(t, dir, nil, program("treecast"), command...)
	require.NoError(t, cmd.Start())
	folder := filepath.Join(dir, "results", "long")
	for until := time.Now().Add(patience); ; { // until a run is done, beside the line of columns
		lines, _ := os.ReadFile(filepath.Join(folder, "runs.csv"))
		if bytes.Count(lines, []byte("\n")) > 1 {
			break
		}
		require.True(t, time.Now().Before(until), "no run was done")
		<-time.After(5 * time.Millisecond)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	got := wait()
	require.Equal(t, ExitInterrupted, got.code, got.stderr)
	require.Contains(t, got.stderr, "Go on with:\n  treecast sweep long --seeds 10 --jobs 1 --sync-period 100ms,200ms --resume\n")
	require.Contains(t, got.stdout, "the sweep is not complete")
	require.Contains(t, text(t, folder, "summary.md"), "of 20; the sweep is not complete")
	done := rowsOf(t, filepath.Join(folder, "runs.csv"))
	require.NotEmpty(t, done)
	require.Less(t, len(done), 20)

	got = treecast(t, dir, command...)
	require.Equal(t, 255, got.code)
	require.Contains(t, got.stderr, "go on with it by --resume")
	got = treecast(t, dir, append(command, "--resume")...)
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.stderr, " were there)")
	all := rowsOf(t, filepath.Join(folder, "runs.csv"))
	require.Len(t, all, 20)
	require.Subset(t, all, done)
	require.NotContains(t, text(t, folder, "summary.md"), "not complete")
	require.NotContains(t, text(t, folder, "summary.md"), "--resume")
}

func TestASweepOfRealProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, append([]string{"sweep", "small", "--driver", "process", "--seeds", "1",
		"--node-count", "2", "--latency", "0", "--rate", "50", "--sync-period", "50ms"}, times...)...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	rows := rowsOf(t, filepath.Join(dir, "results", "small", "runs.csv"))
	require.Len(t, rows, 1)
	require.Equal(t, []string{"process", "treecast"}, []string{rows[0].Driver, rows[0].Bin})
	require.Len(t, runs(t, filepath.Join(dir, "store")), 1, "a real run keeps its files")
}

func TestASweepShowsWhatFailsAndSaysSoByItsExitCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, append([]string{"sweep", "liars", "--driver", "process", "--bin", program("liar"), "--seeds", "1",
		"--node-count", "2", "--latency", "0", "--rate", "50"}, times...)...)
	require.Equal(t, 1, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "1 settings, seeds 1 to 1: 1 runs; 1 not valid.")
	require.Contains(t, text(t, dir, "results", "liars", "summary.md"), "## Not valid")
	require.Equal(t, "liar", rowsOf(t, filepath.Join(dir, "results", "liars", "runs.csv"))[0].Bin)
}

func TestAbsurdSweepsAreExplainedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`--num-children: the range "5..2" ends before it begins`:                                            {"--num-children", "5..2"},
		`--num-children: there is nothing where a value should be`:                                          {"--num-children", "2,,3"},
		`--sync-period: the range "100ms..1s" has no step`:                                                  {"--sync-period", "100ms..1s"},
		`--node-count has 5 twice`:                                                                          {"--node-count", "5,5"},
		`--node-count: that is more than 10000 values`:                                                      {"--node-count", "1..1000000"},
		`that makes more than 10000 settings`:                                                               {"--node-count", "1..200", "--rate", "1..100/1"},
		`the axes make 2 settings, and --setting names others: give a grid or a list`:                       {"--node-count", "5,6", "--setting", "rate=5"},
		`--setting: setting "k=5": there is no "k"`:                                                         {"--setting", "k=5"},
		`--setting: "rate=5.0" is the same as one before it`:                                                {"--setting", "rate=5", "--setting", "rate=5.0"},
		`the nodes' arguments: --latency-target needs --rounds locked, not free`:                            {"--rounds", "locked,free", "--latency-target", "1s"},
		`the nodes' arguments: --rounds must be one of`:                                                     {"--rounds", "square"},
		`the nodes' arguments: --num-children must be auto or at least 1, not 0`:                            {"--num-children", "0"},
		`--num-children is an axis of the sweep: put it before --`:                                          {"--", "--num-children=5"},
		`--node-count is 0; give 1 or more`:                                                                 {"--node-count", "0"},
		`no latency distribution is called "gaussian"; choose one of`:                                       {"--latency-dist", "gaussian"},
		`no topology is called "ring"; choose one of`:                                                       {"--topology", "ring"},
		`rate is 2e+06 operations per second`:                                                               {"--rate", "2e6"},
		`--seeds is 0; give 1 to 10000`:                                                                     {"--seeds", "0"},
		`--jobs is -1; give 0 or more`:                                                                      {"--jobs=-1"},
		`--accept has -1s; give latencies above 0`:                                                          {"--accept=-1s"},
		`--virtual and --driver process exclude each other`:                                                 {"--virtual", "--driver", "process"},
		`--jobs is 2; runs of real processes would disturb each other`:                                      {"--jobs", "2", "--driver", "process"},
		`--bin x needs --driver process`:                                                                    {"--bin", "x"},
		`unknown flag --permits; it is a flag of the nodes: put it behind -- (see 'treecast sweep --help')`: {"--permits", "3"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := treecast(t, dir, append([]string{"sweep", "absurd"}, args...)...)
			require.Equal(t, 254, got.code, got.stdout+got.stderr)
			require.Contains(t, got.stderr, want)
			require.Empty(t, got.stdout)
			require.NoDirExists(t, filepath.Join(dir, "results"))
		})
	}
	for _, name := range []string{"../up", ".", "a/b", ""} {
		got := treecast(t, t.TempDir(), "sweep", name)
		require.Equal(t, 254, got.code, got.stdout+got.stderr)
	}
	require.Equal(t, 254, treecast(t, t.TempDir(), "sweep").code)
}

func TestTimeLeftIsForeseenFromWhatWasDoneNow(t *testing.T) {
	for want, s := range map[string]experiment.SweepProgress{
		"0 of 8 runs":                                 {Total: 8},
		"2 of 8 runs  about 30s left":                 {Total: 8, Done: 2},
		"6 of 8 runs  about 10s left  (4 were there)": {Total: 8, Done: 6, Kept: 4},
		"4 of 8 runs  (4 were there)":                 {Total: 8, Done: 4, Kept: 4},
		"8 of 8 runs  2 not valid":                    {Total: 8, Done: 8, Bad: 2},
		"999999 of 1000000 runs  about 1s left":       {Total: 1000000, Done: 999999},
	} {
		require.Equal(t, want, sweepLine(s, 10*time.Second))
	}
}

func TestASweepsPlainProgressIsALineNowAndThen(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1000, 0)
	p := newSweepProgress(&out, func() time.Time { return now })
	for done := range 9 {
		p.update(experiment.SweepProgress{Total: 8, Done: done})
		now = now.Add(2 * time.Second)
	}
	p.done()
	require.Equal(t, "0 of 8 runs\n3 of 8 runs  about 10s left\n6 of 8 runs  about 4s left\n8 of 8 runs\n", out.String())
}

func TestASweepsBarHasTheSameWordsAndFillsAsTheSweepDoes(t *testing.T) {
	out := &awaited{want: "7 of 8 runs  about 1s left", seen: make(chan struct{})}
	now := time.Unix(1000, 0)
	p := newSweepProgress(out, func() time.Time { return now })
	p.draw(mpb.WithAutoRefresh(), mpb.WithRefreshRate(10*time.Millisecond))
	p.update(experiment.SweepProgress{Total: 8})
	for _, done := range []int{1, 2, 7} {
		now = now.Add(2 * time.Second)
		p.update(experiment.SweepProgress{Total: 8, Done: done})
		require.Equal(t, int64(done), p.bar.Current())
		require.False(t, p.bar.Completed())
	}
	select {
	case <-out.seen:
	case <-time.After(patience):
		require.Fail(t, "no bar was drawn")
	}
	p.update(experiment.SweepProgress{Total: 8, Done: 8})
	p.done()
}
