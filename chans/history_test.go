package chans

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The history keeps what every queue was like.
func TestHistory_keepsEveryQueue(t *testing.T) {
	b := NewBroker()
	q, inbox, err := Make[int](b, Options{Name: "intake", Preferred: 2, Capacity: 3})
	require.NoError(t, err)
	h := NewHistory(b, 10)
	require.Empty(t, h.Queues())
	b.Observe(0)
	h.Record(0)
	for i := range 4 {
		q.Offer(time.Second, i)
	}
	serve(t, inbox, 1)
	_, _, err = Make[int](b, Options{Name: "late", Preferred: 5, Capacity: 5})
	require.NoError(t, err)
	b.Observe(2 * time.Second)
	h.Record(2 * time.Second)
	require.Equal(t, []QueueHistory{
		{"intake", 2, []Sample{{}, {2 * time.Second, 2, 3, 1, 1, time.Second, 0.5}}},
		{"late", 5, []Sample{{At: 2 * time.Second}}},
	}, h.Queues())
}

// The history forgets what is oldest and nothing else.
func TestHistory_forgetsTheOldest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBroker()
		_, _, err := Make[int](b, Options{Name: "q", Preferred: 1, Capacity: 1})
		require.NoError(t, err)
		limit := rapid.IntRange(-1, 5).Draw(t, "limit")
		h := NewHistory(b, limit)
		recorded := rapid.IntRange(1, 20).Draw(t, "samples")
		var want []Sample
		for i := range recorded {
			h.Record(time.Duration(i))
			want = append(want, Sample{At: time.Duration(i)})
		}
		require.Equal(t, want[max(0, recorded-max(1, limit)):], h.Queues()[0].Samples)
	})
}
