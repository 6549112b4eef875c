package cli

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/report/figure"
	"treecast/run"
)

// The page's figures are drawn from the record of messages, the results' are
// counted as the run goes on: they must agree.
func TestTheRecordOfMessagesTellsWhatTheResultsSay(t *testing.T) {
	for name, args := range map[string][]string{
		"star":    {"--node-count", "9"},
		"tree":    {"--node-count", "13", "--", "--num-children", "3"},
		"random":  {"--node-count", "6", "--latency-dist", "exponential"},
		"faulty":  {"--node-count", "7", "--nemesis", "partition,pause,loss,duplicate", "--nemesis-interval", "2"},
		"refused": {"--node-count", "3", "--rate", "300", "--", "--inject", "n1/record:slow=20/s@1s+2s", "--intake-preferred", "2", "--intake-capacity", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			store := t.TempDir()
			common := []string{"test", "--virtual", "--time-limit", "6", "--rate", "40", "--latency", "30", "--quiet-time", "5", "--seed", "11", "--store", store, "--no-report"}
			got := runHere(t, append(common, args...)...)
			require.Contains(t, []int{ExitOK, ExitInvalid}, got.code, got.stderr)
			f, err := run.ReadFolder(filepath.Join(store, "latest"))
			require.NoError(t, err)
			require.Empty(t, f.Missing)
			results, messages := f.Results, f.Messages
			require.True(t, messages.Whole)

			c := figure.Converge(messages, results.Settings.NodeCount, nil)
			require.Equal(t, results.Delivery.ValueCount, len(c.Spreads))
			require.Equal(t, results.Delivery.FullCount, c.Full)
			var took []time.Duration
			for _, s := range c.Spreads {
				if s.Handed == c.Nodes {
					took = append(took, s.Took)
				}
			}
			slices.Sort(took)
			ours, theirs := run.QuantilesOf(took), results.Delivery.Latencies
			for i, pair := range [][2]run.Millis{{ours.Min, theirs.Min}, {ours.Median, theirs.Median}, {ours.P95, theirs.P95}, {ours.P99, theirs.P99}, {ours.Max, theirs.Max}} {
				require.InDelta(t, pair[1].Duration(), pair[0].Duration(), float64(2*time.Microsecond), "quantile %d: the record is cut to microseconds", i)
			}

			traffic := figure.TrafficOf(messages)
			sum := map[string]figure.Load{}
			for _, bin := range traffic.Bins {
				for kind, load := range bin {
					s := sum[figure.Kinds[kind]]
					sum[figure.Kinds[kind]] = figure.Load{Messages: s.Messages + load.Messages, Bytes: s.Bytes + load.Bytes}
				}
			}
			for _, share := range results.Traffic.ByKind {
				require.Equal(t, figure.Load{Messages: share.Messages, Bytes: share.Bytes}, sum[share.Name], share.Name)
			}
			for i, from := range traffic.Nodes {
				for j, to := range traffic.Nodes {
					for _, l := range results.Traffic.Links {
						if l.From == from && l.To == to {
							require.Equal(t, l.Messages, traffic.Matrix[i][j])
						}
					}
				}
			}
			operations := 0
			for _, l := range figure.Latencies(f.History) {
				operations += len(l.Operations) + l.Open
			}
			require.Equal(t, results.Stats.Count, operations)
		})
	}
}
