package cli

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/experiment"
	"treecast/gossip/mistake"
	"treecast/journal"
	"treecast/node"
	"treecast/run"
	"treecast/testbed/nemesis"
)

func TestTwoHundredSchedulesGoWell(t *testing.T) {
	t.Parallel()
	got := runHere(t, "fuzz", "--runs", "200", "--seed", "20001")
	require.Equal(t, ExitOK, got.code, got.stdout)
	require.Contains(t, got.stdout, "200 schedules from seed 20001 on, ")
	require.Contains(t, got.stdout, "; none failed\n")
	for _, kind := range []string{"partition", "kill", "pause", "loss", "duplicate", "reorder", "delay", "clock", "stall", "truncate", "remove"} {
		require.Regexp(t, `[1-9]\d* `+kind, got.stdout)
	}
}

// Each of these has found a mistake.
func TestSchedulesThatOnceFailed(t *testing.T) {
	t.Parallel()
	for what, command := range map[string]string{
		"a parent to be was forgotten what it was owed": "--node-count 12 --rate 8 --time-limit 6.2 --quiet-time 32.3 --latency 78 --nemesis partition,loss,reorder,delay,clock" +
			" --nemesis-interval 0.2 --loss-rate 0.4 --reorder-rate 0.26 --delay-rate 0.13 --delay-mean 149 --message-faults phases --seed 35558 -- --num-children 2 --sync-period 1.425s",
		"a clock that jumped made a way long": "--node-count 21 --rate 9 --time-limit 8.3 --quiet-time 27.1 --nemesis loss,clock --nemesis-interval 1.7 --loss-rate 0.07 --seed 700066" +
			" -- --num-children 1 --sync-period 25ms",
		"an origin did not get its own entries back": "--node-count 3 --rate 52 --time-limit 4.5 --quiet-time 40 --nemesis kill,delay --nemesis-interval 0.9 --delay-rate 0.39 --delay-mean 542 --seed 23698" +
			" -- --rounds eager --permits 1 --journal off",
		"a stray of a first contact stayed where it was": "--node-count 4 --rate 33 --time-limit 6.1 --quiet-time 28.8 --latency 100 --nemesis kill,loss,delay --nemesis-interval 0.7 --loss-rate 0.1" +
			" --delay-rate 0.31 --delay-mean 182 --seed 9494 -- --rounds eager --journal off",
		"lines had waited on stdin behind a slow output": "--node-count 27 --rate 54 --time-limit 9 --quiet-time 19.3 --latency-dist exponential --nemesis clock --nemesis-interval 3 --seed 77153" +
			" -- --sync-period 53ms --journal off --inject output:slow=19ms@0s+9s",
		"lines had waited on stdin behind a slow output, and no clock jumped": "--node-count 21 --rate 54 --time-limit 9 --quiet-time 19.3 --seed 77165 -- --sync-period 53ms --inject output:slow=19ms@0s+9s",
		"all that was on its way when a clock jumped made a way long": "--node-count 5 --rate 32 --time-limit 6.6 --quiet-time 17.7 --latency 68 --nemesis partition,loss,delay,clock" +
			" --nemesis-interval 0.3 --loss-rate 0.15 --delay-rate 0.23 --delay-mean 1865 --message-faults phases --seed 231012 -- --num-children 3 --sync-period 34ms --journal off --inject record:slow=20ms@0s+6.6s",
		"a partner that became a child was owed no more than a partner": "--node-count 5 --rate 60 --time-limit 2.9 --quiet-time 28.4 --latency 27 --nemesis partition,pause --nemesis-interval 0.9 --seed 400121" +
			" -- --num-children 1",
		"a request came during a stop that was too short to be seen": "--node-count 2 --concurrency 2n --rate 7 --time-limit 5.5 --quiet-time 22.2 --latency 100 --nemesis pause --nemesis-interval 1.7 --seed 508214" +
			" -- --inject record:stuck=5.9s@200ms",
		"a stop long ago was thought to have held up what came after it": "--node-count 7 --rate 3 --time-limit 1.8 --quiet-time 11.2 --latency 100 --nemesis pause,clock --nemesis-interval 0.2 --seed 302824",
		"a life that was cut off the journal had the epoch of the next one": "--node-count 10 --rate 14 --time-limit 3.2 --quiet-time 14.8 --nemesis kill,pause,loss,reorder,delay,clock,truncate" +
			" --nemesis-interval 0.2 --loss-rate 0.03 --reorder-rate 0.3 --delay-rate 0.03 --delay-mean 1204 --message-faults phases --seed 802015 -- --journal-lost begin",
		"one exchange was owed over a direct link what the next began below": "--node-count 10 --rate 9 --time-limit 1.5 --quiet-time 13.7 --nemesis kill --nemesis-interval 1.4 --seed 822113" +
			" -- --rounds eager --ack-delay 413ms --permits 2",
		"lines had waited through a stop behind a slow output": "--node-count 37 --rate 33 --time-limit 9.9 --quiet-time 20.9 --latency 56 --latency-dist exponential" +
			" --nemesis partition,kill,pause,duplicate,delay --nemesis-interval 1.8 --duplicate-rate 0.36 --delay-rate 0.12 --delay-mean 51 --seed 109582" +
			" -- --intake-preferred 2 --intake-capacity 2 --journal off --inject output:slow=21ms@0s+9.9s",
		"links waited for one permit without end": "-w kafka --node-count 11 --time-limit 4.9 --rate 35 --concurrency 2n --latency-dist exponential --nemesis delay --nemesis-interval 1.1 --quiet-time 36.5" +
			" --delay-mean 25 --delay-rate 0.33 --message-faults phases --seed 8003307 -- --sync-period 1141ms --permits 1 --isolate links",
	} {
		t.Run(what, func(t *testing.T) {
			got := runHere(t, append([]string{"test", "--virtual", "--verdict", "exact", "--health", "off", "--no-report", "--store", t.TempDir()}, strings.Fields(command)...)...)
			require.Equal(t, ExitOK, got.code, got.stdout)
		})
	}
}

// mistaken reads the arguments of nodes that gossip wrongly.
func mistaken(m mistake.Mistake) func([]string) (node.Config, slog.Level, error) {
	return func(args []string) (node.Config, slog.Level, error) {
		cfg, level, err := nodeSettings(args)
		cfg.NewCore = m.New
		return cfg, level, err
	}
}

// Those of journals are found by the faults that harm journals. From seed 1 on it takes
// hundreds of schedules; these begin where one is near.
func TestFuzz_findsEveryMistakeOfAJournal(t *testing.T) {
	near := map[string]uint64{"a log goes on after a restart": 221, "harm to a journal that is not noticed": 327}
	for _, m := range journal.Mistakes() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			out, err := experiment.Fuzz(t.Context(), experiment.FuzzPlan{
				Runs: 1000, Seed: max(1, near[m.String()]), Jobs: 1, ShrinkRuns: 10,
				Nodes: func(args []string) (node.Config, slog.Level, error) {
					cfg, level, err := nodeSettings(args)
					cfg.JournalMistake = m
					return cfg, level, err
				},
			})
			require.NoError(t, err)
			require.NotNil(t, out.Failure, "%d schedules", out.Done)
			faults := out.Failure.Shortest.Faults
			require.True(t, slices.Contains(faults, nemesis.Truncate) || slices.Contains(faults, nemesis.Remove), "%q", faults)
			t.Logf("%s found in schedule %d: %s\n%s", m, out.Failure.Schedule.Seed, out.Failure.Findings[0].Text, out.Failure.Shortest.Command())
		})
	}
}

// Each is found within a thousand schedules; mostly it takes a few.
func TestEveryMistakeIsFound(t *testing.T) {
	for _, m := range mistake.All() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			out, err := experiment.Fuzz(t.Context(), experiment.FuzzPlan{
				Runs: 1000, Seed: 1, Jobs: 1, ShrinkRuns: 5, Nodes: mistaken(m),
			})
			require.NoError(t, err)
			require.NotNil(t, out.Failure, "%d schedules", out.Done)
			t.Logf("%s found in schedule %d: %s\n%s", m, out.Failure.Schedule.Seed, out.Failure.Findings[0].Text, out.Failure.Shortest.Command())
		})
	}
}

func TestTheFirstFailureIsTheSameForAnyNumberOfJobs(t *testing.T) {
	var first *experiment.FuzzFailure
	for _, jobs := range []int{1, 3, runtime.GOMAXPROCS(0)} {
		out, err := experiment.Fuzz(t.Context(), experiment.FuzzPlan{
			Runs: 100, Seed: 7, Jobs: jobs, ShrinkRuns: 30, Nodes: mistaken(mistake.DropOnResend),
		})
		require.NoError(t, err)
		require.NotNil(t, out.Failure)
		if first == nil {
			first = out.Failure
		}
		require.Equal(t, first, out.Failure)
	}
	require.LessOrEqual(t, first.Shortest.NodeCount, first.Schedule.NodeCount)
	require.LessOrEqual(t, len(first.Shortest.Faults), len(first.Schedule.Faults))
	require.LessOrEqual(t, first.Shortest.Load, first.Schedule.Load)
}

// The command that a schedule is shown with makes the very run that failed.
func TestTheCommandOfAScheduleIsTheSchedule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		s := experiment.DrawSchedule(seed)
		words := run.Words(s.Command()).Split()
		require.Equal(t, []string{"treecast", "test"}, words[:2])
		var cli commands
		line := newCommandLine(words[1:], nil, false)
		_, err := newParser(&cli).Parse(line.args)
		require.NoError(t, err)
		plan, options, err := cli.Test.plan(streams{err: &bytes.Buffer{}}, line, 0)
		require.NoError(t, err)
		require.False(t, options.PollHealth, "the fuzzer does not ask for it")
		want, err := s.Plan(nodeSettings)
		require.NoError(t, err)
		plan.NodeLogLevel, want.NodeLogLevel = 0, 0
		require.Equal(t, settingsOf(t, want), settingsOf(t, plan), strings.Join(words, " "))
		require.Equal(t, want.Node, plan.Node)
		require.Equal(t, want.Exact, plan.Exact)
	}
}

// settingsOf is what a plan comes to, told by a run that ends before it begins.
func settingsOf(t *testing.T, p experiment.Plan) run.Spec {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results, err := experiment.Measure(ctx, p, experiment.Options{})
	require.NoError(t, err)
	return results.Settings
}

func TestAFailureIsShownWithItsCommands(t *testing.T) {
	out, err := experiment.Fuzz(t.Context(), experiment.FuzzPlan{
		Runs: 100, Seed: 7, Jobs: 2, ShrinkRuns: 20, Nodes: mistaken(mistake.DropOnResend),
	})
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, showFuzz(&text, 7, out))
	require.Contains(t, text.String(), "failed:\n  invariant  at ")
	require.Contains(t, text.String(), "\nRun it again:\n  treecast test --virtual --verdict exact --health off --node-count ")
	require.Contains(t, text.String(), "\nA shorter one, found in 20 runs:\n  treecast test --virtual --verdict exact")
}

func TestAnInterruptedFuzzerSaysWhatWasDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code := Run(ctx, []string{"fuzz", "--runs", "5", "--seed", "3"}, strings.NewReader(""), &stdout, &stderr)
	require.Equal(t, ExitInterrupted, code)
	require.Equal(t, "0 schedules from seed 3 on; none failed\n", stdout.String())
}

func TestMistakesInAFuzzersArgumentsAreExplained(t *testing.T) {
	for want, args := range map[string][]string{
		"--runs is 0; give 1 or more":                      {"--runs", "0"},
		"--jobs is -1; give 0 or more":                     {"--jobs=-1"},
		"--shrink is -1; give 0 or more":                   {"--shrink=-1"},
		"the nodes' arguments: --num-children must be":     {"--", "--num-children", "none"},
		"unknown flag --node-count":                        {"--node-count", "5"},
		"--seed: expected a valid 64 bit uint but got \"x": {"--seed", "x"},
	} {
		got := runHere(t, append([]string{"fuzz"}, args...)...)
		require.Equal(t, ExitBadArgs, got.code, want)
		require.Contains(t, got.stderr, want)
		require.Contains(t, got.stderr, "see 'treecast fuzz --help'")
	}
}
