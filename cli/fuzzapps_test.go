package cli

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/app/mistake"
	"treecast/experiment"
	"treecast/node"
)

// Of each workload the fuzzer finds what is wrong with a node on purpose.
func TestFuzz_findsEveryMistakeOfAnApp(t *testing.T) {
	for workload, mistakes := range map[string][]mistake.Mistake{
		"unique-ids":      {mistake.SameLife, mistake.SameNode},
		"g-set":           {mistake.DropLearnt, mistake.AckAndForget},
		"g-counter":       {mistake.DropLearnt, mistake.AckAndForget},
		"pn-counter":      {mistake.DropLearnt, mistake.AckAndForget},
		"kafka":           {mistake.DropLearnt, mistake.AckAndForget, mistake.FirstLife},
		"txn-rw-register": {mistake.DropLearnt, mistake.AckAndForget},
	} {
		for _, m := range mistakes {
			t.Run(workload+"/"+m.String(), func(t *testing.T) {
				t.Parallel()
				out, err := experiment.Fuzz(t.Context(), experiment.FuzzPlan{
					Workload: workload, Runs: 1000, Seed: 1, Jobs: 1,
					Nodes: func(args []string) (node.Config, slog.Level, error) {
						cfg, level, err := nodeSettings(args)
						cfg.WrongApp = m
						return cfg, level, err
					},
				})
				require.NoError(t, err)
				require.NotNil(t, out.Failure, "%d schedules", out.Done)
				t.Logf("found in schedule %d: %s\n%s", out.Failure.Schedule.Seed, out.Failure.Findings[0].Text, out.Failure.Schedule.Command())
			})
		}
	}
}

// Without one it finds nothing.
func TestFuzz_appsAreRight(t *testing.T) {
	for _, workload := range []string{"unique-ids", "g-set", "g-counter", "pn-counter", "kafka", "txn-rw-register"} {
		t.Run(workload, func(t *testing.T) {
			t.Parallel()
			out, err := experiment.Fuzz(t.Context(), experiment.FuzzPlan{Workload: workload, Runs: 20, Seed: 1, Jobs: 1, Nodes: nodeSettings})
			require.NoError(t, err)
			require.Nil(t, out.Failure)
			require.Equal(t, 20, out.Done)
		})
	}
}

// With three nodes, of which one is cut off and another is started again with nothing,
// no message is skipped, shown twice or shown under two offsets: the node that forgot
// takes none until the cut is healed and both others have told what they hold.
func TestKafka_blankRestartBehindACut(t *testing.T) {
	got := runHere(t, "test", "--virtual", "--verdict", "exact", "--health", "off", "--no-report", "--store", t.TempDir(),
		"-w", "kafka", "--node-count", "3", "--concurrency", "2n", "--rate", "200", "--time-limit", "20",
		"--nemesis-plan", "3s partition n0,n1|n2; 5s kill n1; 6s start n1; 10s heal", "--seed", "3", "--", "--journal", "off")
	require.Equal(t, ExitOK, got.code, got.stdout)
	require.NotContains(t, got.stdout, "inconsistent-offsets")
	require.NotContains(t, got.stdout, "duplicate")
}
