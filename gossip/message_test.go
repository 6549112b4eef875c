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
		{Origin: OriginOf(0), First: 1, Values: []string{"1", "2"}},
		{Origin: OriginOf(1), First: 9, Values: []string{"3"}},
	}}
	require.Equal(t, 3, m.Entries())
}

func TestMessagesThatMakeNoSenseAreNotValid(t *testing.T) {
	run := func(first uint64, values ...string) Message {
		return Message{Incarnation: 1, Runs: []Run{{Origin: OriginOf(0), First: first, Values: values}}}
	}
	part := func(spans ...Span) Message {
		return Message{Incarnation: 1, Digest: &DigestPart{Parts: 1, Lines: []DigestLine{{Origin: OriginOf(0), Counters: spans}}}}
	}
	cases := []struct {
		name  string
		m     Message
		valid bool
	}{
		{"says nothing", Message{Incarnation: 1}, true},
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
		{"acks", Message{Incarnation: 1, Acks: []Span{{1, 1}, {3, math.MaxUint64}}}, true},
		{"an ack backwards", Message{Incarnation: 1, Acks: []Span{{3, 1}}}, false},
		{"an ack of batch 0", Message{Incarnation: 1, Acks: []Span{{0, 1}}}, false},
		{"part behind the last", Message{Incarnation: 1, Digest: &DigestPart{Part: 1, Parts: 1}}, false},
		{"no parts", Message{Incarnation: 1, Digest: &DigestPart{}}, false},
		{"too many parts", Message{Incarnation: 1, Digest: &DigestPart{Parts: maxDigestParts + 1}}, false},
		{"largest epochs", Message{Incarnation: maxIncarnation, For: maxIncarnation}, true},
		{"larger epoch", Message{Incarnation: maxIncarnation + 1}, false},
		{"made for a larger epoch", Message{Incarnation: 1, For: maxIncarnation + 1}, false},
		{"unknown tie", Message{Incarnation: 1, Relation: SyncingAll + 1}, false},
		{"many suspects", Message{Incarnation: 1, Suspects: make([]string, maxSuspects+1)}, false},
		{"a time below 0", Message{Incarnation: 1, Path: -1}, false},
		{"a day", Message{Incarnation: 1, Echo: Echo{Held: 24 * time.Hour}}, false},
	}
	for _, test := range cases {
		require.Equal(t, test.valid, test.m.check() == nil, test.name)
	}
}
