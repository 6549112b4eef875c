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
