package node

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A running node can be looked at from any goroutine.
func TestInspect_fromAnyGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t)
		said := r.Collect()
		require.True(t, json.Valid(r.Health()))
		r.Send(InitLine(0, "n0", "n0"))
		for i := range 3 {
			Pass(time.Second)
			r.Send(BroadcastLine("n0", i, "1"))
		}
		Pass(500 * time.Millisecond)
		var h health
		require.NoError(t, json.Unmarshal(r.Health(), &h))
		require.Equal(t, 3, h.Entries)
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
		Soon(t, said.Done)

		rows, err := csv.NewReader(strings.NewReader(string(r.History()))).ReadAll()
		require.NoError(t, err)
		require.Equal(t, []string{"time_ms", "queue", "depth", "preferred", "in", "out", "rejected", "oldest_ms", "depletion_per_second"}, rows[0])
		var intake [][]string
		for _, row := range rows[1:] {
			if row[1] == "intake" {
				intake = append(intake, row)
			}
		}
		require.GreaterOrEqual(t, len(intake), 3, "a sample a second")
		last := intake[len(intake)-1]
		require.Equal(t, []string{"0", "65536", "3", "3"}, last[2:6], "the init and two broadcasts")
	})
}

// History is work that the node starts by itself.
func TestInspect_historyPausesWhileUnhealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t, Injected(t, "record:stuck=20s@2s"))
		said := r.Collect()
		r.Send(InitLine(0, "n0", "n0"))
		Pass(2500 * time.Millisecond)
		r.Send(BroadcastLine("n0", 1, "1"), BroadcastLine("n0", 2, "2"))
		Pass(27500 * time.Millisecond)
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
		Soon(t, said.Done)
		samples := r.history.Queues()[0].Samples
		var gap time.Duration
		for i := 1; i < len(samples); i++ {
			gap = max(gap, samples[i].At-samples[i-1].At)
		}
		require.Greater(t, gap, 15*time.Second)
		require.Greater(t, samples[len(samples)-1].At, 25*time.Second, "it goes on")
	})
}
