package nemesis

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHarm_isDrawnForAnyShareAndNotUndone(t *testing.T) {
	cfg := Config{Faults: []Fault{Truncate, Remove}, Interval: time.Second, Targets: []Target{OneNode, AllNodes}}
	require.True(t, cfg.HarmsJournals())
	n := New(cfg, ten, rand.New(rand.NewPCG(1, 2)))
	removed, whole, late := 0, 0, 0
	for range 400 {
		at, ok := n.Next(0)
		require.True(t, ok)
		step := n.Step(at)
		require.Contains(t, []int{1, len(ten)}, len(step.Nodes))
		if step.Deed == DoRemove {
			require.Zero(t, step.Harm)
			removed++
			continue
		}
		require.Equal(t, DoTruncate, step.Deed)
		require.True(t, 0 <= step.Harm.Keep && step.Harm.Keep < 1, step.Harm.Keep)
		if step.Harm.Whole {
			whole++
		}
		if step.Harm.Keep >= 0.9 {
			late++
		}
	}
	require.InDelta(t, 200, removed, 40)
	require.InDelta(t, 100, whole, 30)
	require.InDelta(t, 110, late, 30)
	require.Empty(t, n.Finals())
}

func TestHarm_saysInTheHistoryWhoseAndWhatIsLeft(t *testing.T) {
	plan := parsed(t, "1s truncate n1,n2 0.25 whole; 2s remove n3")
	n := New(Config{Plan: plan}, ten, nil)
	require.True(t, (&Config{Plan: plan}).HarmsJournals())
	step := n.Step(0)
	require.JSONEq(t, `[["n1","n2"],0.25,true]`, string(step.Value))
	require.Equal(t, Harm{Keep: 0.25, Whole: true}, step.Harm)
	step = n.Step(0)
	require.JSONEq(t, `["n3"]`, string(step.Value))
	require.Equal(t, DoRemove, step.Deed)
	require.False(t, (&Config{Faults: []Fault{Kill}}).HarmsJournals())
}
