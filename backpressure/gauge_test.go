package backpressure_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/chans"
)

// A queue is a gauge.
func TestGauge_isAQueue(t *testing.T) {
	broker := chans.NewBroker()
	q, inbox, err := chans.Make[int](broker, chans.Options{Name: "intake", Preferred: 1, Capacity: 4})
	require.NoError(t, err)
	m, err := backpressure.NewMonitor(backpressure.MonitorConfig{})
	require.NoError(t, err)
	for _, source := range broker.Monitored() {
		m.Watch(source)
	}
	require.True(t, q.Offer(0, 1))
	report, _ := m.Poll(0)
	require.Zero(t, report.Unhealthy)
	require.True(t, q.Offer(0, 2))
	report, _ = m.Poll(backpressure.DefaultPeriod)
	require.Equal(t, "intake", report.Worst)
	_, ok := inbox.TryNext()
	require.True(t, ok)
	inbox.Done()
	report, _ = m.Poll(2 * backpressure.DefaultPeriod)
	require.Equal(t, []backpressure.QueueHealth{{Name: "intake", Depth: 1, Preferred: 1, Age: 200 * time.Millisecond}}, report.Queues)
	require.Equal(t, 200*time.Millisecond, report.At)
	report, _ = m.Poll(backpressure.DefaultMaxAge + backpressure.DefaultPeriod)
	require.Equal(t, "intake", report.Worst, "short, but nobody takes what is in it")
}
