package backpressure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newGate(t require.TestingT, threshold time.Duration) *Gate {
	g, err := NewGate(threshold, 0)
	require.NoError(t, err)
	return g
}

func TestGateSettingsThatCannotWorkAreRefusedWithAdvice(t *testing.T) {
	_, err := NewGate(-1, 0)
	require.ErrorContains(t, err, "threshold -1ns: make it 0 or more (the default is 1s)")
	_, err = NewGate(0, -1)
	require.ErrorContains(t, err, "staleness bound -1ns: make it longer")
}

func TestAGateIsOpenUntilItHearsOfTrouble(t *testing.T) {
	require.True(t, newGate(t, 0).Open(0))
	require.True(t, newGate(t, 0).Open(time.Hour))
}

func TestAGateIsClosedWhileUnhealthyBeyondItsThreshold(t *testing.T) {
	g := newGate(t, time.Second)
	for _, c := range []struct {
		unhealthy time.Duration
		open      bool
	}{{0, true}, {time.Second, true}, {time.Second + 1, false}, {time.Hour, false}, {900 * time.Millisecond, true}, {0, true}} {
		g.Report(5*time.Second, c.unhealthy)
		require.Equal(t, c.open, g.Open(5*time.Second), "%v", c.unhealthy)
	}
	require.Equal(t, GateFigures{Open: true, Closings: 1}, g.Figures(5*time.Second))
}

func TestAThresholdOfZeroIsOpenForAHealthyNode(t *testing.T) {
	g := newGate(t, 0)
	g.Report(0, 0)
	require.True(t, g.Open(0))
	g.Report(0, 1)
	require.False(t, g.Open(0))
}

func TestTrapALostReportLeavesNoGateClosed(t *testing.T) {
	g := newGate(t, time.Second)
	g.Report(5*time.Second, time.Minute)
	require.False(t, g.Open(5*time.Second+DefaultStale))
	require.True(t, g.Open(5*time.Second+DefaultStale+1))
	g.Report(9*time.Second, time.Minute)
	require.Equal(t, GateFigures{Open: false, Closings: 2}, g.Figures(9*time.Second))
}

func TestAGateBelievesReportsForAsLongAsItIsTold(t *testing.T) {
	g, err := NewGate(0, time.Minute)
	require.NoError(t, err)
	g.Report(0, 1)
	require.False(t, g.Open(time.Minute))
	require.True(t, g.Open(time.Minute+1))
}

func TestAReportFromThePastIsTakenAsOfNow(t *testing.T) {
	g := newGate(t, 0)
	g.Report(10*time.Second, 0)
	g.Report(5*time.Second, 1)
	require.False(t, g.Open(10*time.Second+DefaultStale))
}
