package nemesis

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStall_isDrawnWithinItsBoundsAndNotUndone(t *testing.T) {
	n := New(Config{Faults: []Fault{Stall}, Interval: time.Second, Targets: []Target{OneNode, AllNodes}}, ten, rand.New(rand.NewPCG(1, 2)))
	short, long := 0, 0
	for range 400 {
		at, ok := n.Next(0)
		require.True(t, ok)
		step := n.Step(at)
		require.Equal(t, DoStall, step.Deed)
		require.Contains(t, []int{1, len(ten)}, len(step.Nodes))
		require.GreaterOrEqual(t, step.For, leastStall)
		require.LessOrEqual(t, step.For, mostStall)
		if step.For < 50*time.Millisecond {
			short++
		} else {
			long++
		}
	}
	require.InDelta(t, short, long, 80, "every octave is as likely")
	require.Empty(t, n.Finals())
}

func TestStall_saysInTheHistoryWhoAndForHowLong(t *testing.T) {
	n := New(Config{Plan: parsed(t, "1s stall n1,n2 50500us")}, ten, nil)
	step := n.Step(0)
	require.JSONEq(t, `[["n1","n2"],50.5]`, string(step.Value))
	require.Equal(t, 50500*time.Microsecond, step.For)
}
