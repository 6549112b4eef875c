package backpressure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A bottleneck handles 10 000 items a second and is offered five times that, and
// a little more: a round multiple would have it run dry at a poll, by luck.
const (
	handledPerMillisecond = 10
	offeredPerMillisecond = 53
	bottleneckCapacity    = 100_000
)

// overload runs a bottleneck behind a gate for two minutes of virtual time. It
// returns the share of that time for which the bottleneck had work, and the
// largest depth of its queue.
func overload(t *testing.T, threshold time.Duration, preferred int) (busy float64, deepest int) {
	const duration = 2 * time.Minute
	q := &gauge{name: "bottleneck", preferred: preferred}
	m, g := newMonitor(t, q), newGate(t, threshold)
	handled := 0
	for now := time.Duration(0); now < duration; now += time.Millisecond {
		if now >= m.Next() {
			report, _ := m.Poll(now)
			g.Report(now, report.Unhealthy)
		}
		if g.Open(now) {
			q.depth = min(q.depth+offeredPerMillisecond, bottleneckCapacity)
		}
		deepest = max(deepest, q.depth)
		n := min(handledPerMillisecond, q.depth)
		q.depth -= n
		handled += n
	}
	return float64(handled) / float64(handledPerMillisecond*duration/time.Millisecond), deepest
}

// A gate that is decided seldom does not idle the bottleneck.
func TestBottleneck_seldomGateKeepsItBusy(t *testing.T) {
	const ofTwoTenths = 200 * handledPerMillisecond
	for _, threshold := range []time.Duration{0, DefaultThreshold} {
		busy, deepest := overload(t, threshold, ofTwoTenths)
		require.Greater(t, busy, 0.999, "threshold %v", threshold)
		require.Less(t, deepest, bottleneckCapacity, "threshold %v", threshold)
	}
}

// The reason for the rule that a preferred size is at least 0.2 s of work.
func TestBottleneck_smallPreferredSizeIdlesIt(t *testing.T) {
	busy, _ := overload(t, 0, 20*handledPerMillisecond)
	require.Less(t, busy, 0.95)
}

// Without a gate the same load fills whatever capacity there is.
func TestBottleneck_withoutGateQueueFills(t *testing.T) {
	_, deepest := overload(t, time.Hour, 200*handledPerMillisecond)
	require.Equal(t, bottleneckCapacity, deepest)
}
