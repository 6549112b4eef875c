package gossip

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEntriesCountsTheValuesOfAllRuns(t *testing.T) {
	require.Zero(t, (&Message{}).Entries())
	m := Message{Runs: []Run{
		{Source: testSource(0), First: 1, Values: []string{"1", "2"}},
		{Source: testSource(1), First: 9, Values: []string{"3"}},
	}}
	require.Equal(t, 3, m.Entries())
}

func TestMessagesThatMakeNoSenseAreNotValid(t *testing.T) {
	run := func(first uint64, values ...string) Message {
		return Message{Epoch: 1, Runs: []Run{{Source: testSource(0), First: first, Values: values}}}
	}
	part := func(spans ...Span) Message {
		return Message{Epoch: 1, Vector: &VectorPart{Parts: 1, Held: []Held{{Source: testSource(0), Counters: spans}}}}
	}
	cases := []struct {
		name  string
		m     Message
		valid bool
	}{
		{"says nothing", Message{Epoch: 1}, true},
		{"no epoch", Message{}, false},
		{"a run", run(1, "a", "b"), true},
		{"counter 0", run(0, "a"), false},
		{"run of nothing", run(1), false},
		{"largest counter", run(maxCounter, "a", "b"), true},
		{"a larger one", run(maxCounter+1, "a"), false},
		{"counters overflow", run(math.MaxUint64-1, "a", "b", "c"), false},
		{"empty vector", part(), true},
		{"vector", part(Span{1, 1}, Span{3, 9}), true},
		{"vector with counter 0", part(Span{0, 1}), false},
		{"vector with a span backwards", part(Span{2, 1}), false},
		{"vector with the last counter", part(Span{1, math.MaxUint64}), false},
		{"second span backwards", part(Span{1, 1}, Span{9, 3}), false},
	}
	for _, test := range cases {
		require.Equal(t, test.valid, test.m.valid(), test.name)
	}
}

func TestMalformedMessageIsCountedAndLeavesNoTrace(t *testing.T) {
	c := newTestCore(t, nil)
	_, ok := c.Receive(0, "n1", &Message{Epoch: 7, Batch: 1, Runs: []Run{{Source: testSource(1), First: 0, Values: []string{"x"}}}})
	require.False(t, ok)
	require.Equal(t, uint64(1), c.Stats().Malformed)
	require.Zero(t, c.Stats().MessagesIn)
	require.Equal(t, Never, c.Next())
	_, ok = c.Receive(0, "n9", &Message{})
	require.False(t, ok)
	require.Len(t, c.links, 1, "a stranger's nonsense makes no link")
}
