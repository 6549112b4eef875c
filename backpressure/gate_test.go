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

// Gate settings that cannot work are refused with advice.
func TestGate_refusesWhatCannotWork(t *testing.T) {
	_, err := NewGate(-1, 0)
	require.ErrorContains(t, err, "threshold -1ns: make it 0 or more (the default is 1s)")
	_, err = NewGate(0, -1)
	require.ErrorContains(t, err, "staleness bound -1ns: make it longer")
}

// A gate is open until it hears of trouble.
func TestGate_isOpenAtFirst(t *testing.T) {
	require.True(t, newGate(t, 0).Open(0))
	require.True(t, newGate(t, 0).Open(time.Hour))
}

// A gate is closed while unhealthy beyond its threshold.
func TestGate_closesBeyondThreshold(t *testing.T) {
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

// A threshold of zero is open for a healthy node.
func TestGate_zeroThresholdIsOpenWhileHealthy(t *testing.T) {
	g := newGate(t, 0)
	g.Report(0, 0)
	require.True(t, g.Open(0))
	g.Report(0, 1)
	require.False(t, g.Open(0))
}

// A lost report leaves no gate closed.
func TestGate_lostReportLeavesItOpen(t *testing.T) {
	g := newGate(t, time.Second)
	g.Report(5*time.Second, time.Minute)
	require.False(t, g.Open(5*time.Second+DefaultStale))
	require.True(t, g.Open(5*time.Second+DefaultStale+1))
	g.Report(9*time.Second, time.Minute)
	require.Equal(t, GateFigures{Open: false, Closings: 2}, g.Figures(9*time.Second))
}

// A gate believes reports for as long as it is told.
func TestGate_staleness(t *testing.T) {
	g, err := NewGate(0, time.Minute)
	require.NoError(t, err)
	g.Report(0, 1)
	require.False(t, g.Open(time.Minute))
	require.True(t, g.Open(time.Minute+1))
}

// A report from the past is taken as of now.
func TestGate_earlierReportCountsAsNow(t *testing.T) {
	g := newGate(t, 0)
	g.Report(10*time.Second, 0)
	g.Report(5*time.Second, 1)
	require.False(t, g.Open(10*time.Second+DefaultStale))
}
