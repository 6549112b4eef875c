package experiment

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
)

// TestTreecastPassesAndItsRecordReadsBack is one run of treecast itself and all
// that is to be found in its files.
func TestTreecastPassesAndItsRecordReadsBack(t *testing.T) {
	t.Parallel()
	p := short("treecast", "broadcast", 3)
	p.Latency, p.TimeLimit = run.Millis(10*time.Millisecond), run.Millis(5*time.Second)
	p.Args = run.WordsOf("--num-children", "2", "--sync-period", "50ms")
	store := t.TempDir()
	results, dir := carryOut(t, p, Options{
		Store: store, PollHealth: true, Version: "v0", Command: []string{"treecast", "test", "--seed", "1"},
	})
	require.Equal(t, run.Valid, results.Valid)
	require.Equal(t, run.Valid, results.Strict.Valid, results.Strict.Findings)
	require.Empty(t, results.Strict.Findings)
	require.Empty(t, results.Nodes)
	require.Equal(t, results.Delivery.ValueCount, results.Delivery.FullCount)
	require.GreaterOrEqual(t, results.Delivery.Latencies.Min.Duration(), p.Latency)

	t.Run("the history is what was judged", func(t *testing.T) {
		h := history(t, dir)
		read, err := p.read()
		require.NoError(t, err)
		again := read.session.Workload.Judge(h, workload.Record{Input: workload.Input{Options: read.workloadOptions()}, Settings: read.settings(), Goal: read.goal})
		require.Equal(t, results.Workload, again.Workload)
		require.Equal(t, results.Stats, again.Stats)
		require.Equal(t, results.Availability, again.Availability)
		text, err := os.ReadFile(filepath.Join(dir, "history.txt"))
		require.NoError(t, err)
		require.Equal(t, len(h), bytes.Count(text, []byte("\n")))
	})

	t.Run("results.json reads back to the byte", func(t *testing.T) {
		kept, err := os.ReadFile(filepath.Join(dir, "results.json"))
		require.NoError(t, err)
		read, err := run.ReadResultsJSON(bytes.NewReader(kept))
		require.NoError(t, err)
		require.Equal(t, "v0", read.Version)
		require.Equal(t, []string{"treecast", "test", "--seed", "1"}, read.Command)
		require.Equal(t, p.Args, read.Settings.Args)
		require.False(t, read.Finished.Before(read.Started))
		var again bytes.Buffer
		require.NoError(t, read.WriteJSON(&again))
		require.Equal(t, string(kept), again.String())
	})

	t.Run("results.edn holds what people grep for", func(t *testing.T) {
		kept, err := os.ReadFile(filepath.Join(dir, "results.edn"))
		require.NoError(t, err)
		read, err := run.ReadResultsEDN(bytes.NewReader(kept))
		require.NoError(t, err)
		require.Equal(t, results.Valid, read.Valid)
		require.Equal(t, results.Net, read.Net)
		require.Equal(t, results.Stats, read.Stats)
		require.Regexp(t, regexp.MustCompile(`(?m):msgs-per-op [0-9.]+`), string(kept))
		require.Regexp(t, regexp.MustCompile(`(?m):stable-latencies \{0 \d+,`), string(kept))
	})

	t.Run("figures from inside the nodes are kept", func(t *testing.T) {
		names := map[string]run.Table{}
		for _, table := range results.Tables {
			names[table.Name] = table
			for _, row := range table.Rows {
				require.Len(t, row, len(table.Columns))
			}
		}
		require.Len(t, names["health"].Rows, 3)
		require.Len(t, names["usage"].Rows, 3)
		for _, row := range names["usage"].Rows {
			require.Greater(t, row[2], int64(1<<20), "max_rss_bytes")
		}
	})

	t.Run("logs and links lead to the run", func(t *testing.T) {
		for _, node := range []string{"n0", "n1", "n2"} {
			require.FileExists(t, filepath.Join(dir, "node-logs", node+".log"))
		}
		for _, link := range []string{"current", "latest", "broadcast/latest"} {
			target, err := os.Stat(filepath.Join(store, link))
			require.NoError(t, err)
			want, err := os.Stat(dir)
			require.NoError(t, err)
			require.True(t, os.SameFile(want, target), link)
		}
	})
}
