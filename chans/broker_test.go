package chans

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Broker lists its queues in order of creation.
func TestBroker_listsQueuesInOrder(t *testing.T) {
	b := NewBroker()
	require.Empty(t, b.Figures(0))
	names := []string{"zeta", "alpha", "mid"}
	for i, name := range names {
		q, _, err := Make[int](b, Options{Name: name, Preferred: 1, Capacity: 1, Unmonitored: name == "alpha"})
		require.NoError(t, err)
		require.Len(t, b.Queues(), i+1)
		require.Same(t, q, b.Queues()[i])
	}
	var seen, monitored []string
	for _, f := range b.Figures(0) {
		seen = append(seen, f.Name)
	}
	for _, s := range b.Monitored() {
		monitored = append(monitored, s.Name())
	}
	require.Equal(t, names, seen)
	require.Equal(t, []string{"zeta", "mid"}, monitored)
}

// Broker refuses a second queue of one name.
func TestBroker_refusesDuplicateNames(t *testing.T) {
	b := NewBroker()
	o := Options{Name: "intake", Preferred: 1, Capacity: 1}
	_, _, err := Make[int](b, o)
	require.NoError(t, err)
	_, _, err = Make[string](b, o)
	require.ErrorIs(t, err, ErrDuplicateName)
	require.ErrorContains(t, err, "intake")
	require.Len(t, b.Queues(), 1)
}

// Broker refuses a monitored queue that needs a permit to drain.
func TestBroker_refusesQueuesThatNeedAPermit(t *testing.T) {
	b := NewBroker()
	_, _, err := Make[int](b, Options{Name: "links", Preferred: 1, Capacity: 1, NeedsPermit: true})
	require.ErrorIs(t, err, ErrOptions)
	require.ErrorContains(t, err, "links")
	require.Empty(t, b.Queues())
}

func TestBroker_observesAllQueues(t *testing.T) {
	b := NewBroker()
	for _, name := range []string{"a", "b"} {
		q, inbox, err := Make[int](b, Options{Name: name, Preferred: 5, Capacity: 5})
		require.NoError(t, err)
		b.Observe(0)
		fill(t, q, 0, 5)
		require.Len(t, take(inbox, 5), 5)
	}
	b.Observe(time.Second)
	for _, f := range b.Figures(time.Second) {
		require.InDelta(t, 5, f.DepletionPerSecond, 1e-9, f.Name)
	}
}
