package gossip

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEntriesCountsTheValuesOfAllRuns(t *testing.T) {
	require.Zero(t, (&Message{}).Entries())
	m := Message{Runs: []Run{
		{Source: OriginOf(0), First: 1, Values: []string{"1", "2"}},
		{Source: OriginOf(1), First: 9, Values: []string{"3"}},
	}}
	require.Equal(t, 3, m.Entries())
}

func TestMessagesThatMakeNoSenseAreNotValid(t *testing.T) {
	run := func(first uint64, values ...string) Message {
		return Message{Epoch: 1, Runs: []Run{{Source: OriginOf(0), First: first, Values: values}}}
	}
	part := func(spans ...Span) Message {
		return Message{Epoch: 1, Vector: &VectorPart{Parts: 1, Held: []Held{{Source: OriginOf(0), Counters: spans}}}}
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
		{"acks", Message{Epoch: 1, Acks: []Span{{1, 1}, {3, math.MaxUint64}}}, true},
		{"an ack backwards", Message{Epoch: 1, Acks: []Span{{3, 1}}}, false},
		{"an ack of batch 0", Message{Epoch: 1, Acks: []Span{{0, 1}}}, false},
		{"part behind the last", Message{Epoch: 1, Vector: &VectorPart{Part: 1, Parts: 1}}, false},
		{"no parts", Message{Epoch: 1, Vector: &VectorPart{}}, false},
		{"too many parts", Message{Epoch: 1, Vector: &VectorPart{Parts: maxVectorParts + 1}}, false},
		{"largest epochs", Message{Epoch: maxEpoch, For: maxEpoch}, true},
		{"larger epoch", Message{Epoch: maxEpoch + 1}, false},
		{"made for a larger epoch", Message{Epoch: 1, For: maxEpoch + 1}, false},
		{"unknown tie", Message{Epoch: 1, Tie: Joining + 1}, false},
		{"many suspects", Message{Epoch: 1, Suspects: make([]string, maxSuspects+1)}, false},
		{"a time below 0", Message{Epoch: 1, Path: -1}, false},
		{"a day", Message{Epoch: 1, Echo: Echo{Held: 24 * time.Hour}}, false},
	}
	for _, test := range cases {
		require.Equal(t, test.valid, test.m.check() == nil, test.name)
	}
}
