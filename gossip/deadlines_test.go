package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDeadlinesKnowTheFirstLinkToActTiesInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d deadlines
		var links []*link
		for i := range 6 {
			links = append(links, newLink(Neighbour{}, i, 0, time.Second))
		}
		for range rapid.IntRange(1, 60).Draw(t, "moves") {
			l := rapid.SampledFrom(links).Draw(t, "link")
			l.acks.due = Never
			if rapid.Bool().Draw(t, "wants to act") {
				l.acks.due = time.Duration(rapid.IntRange(0, 4).Draw(t, "at"))
			}
			d.set(l)

			var first *link
			filed := 0
			for _, l := range links {
				if l.acks.due == Never {
					require.Equal(t, -1, l.slot)
					continue
				}
				filed++
				require.Same(t, l, d[l.slot])
				if first == nil || l.acks.due < first.acks.due {
					first = l
				}
			}
			require.Len(t, d, filed)
			if filed > 0 {
				require.Same(t, first, d[0])
			}
		}
	})
}

func TestDeadlineOfALinkIsTheEarliestOfAll(t *testing.T) {
	l := newLink(Neighbour{}, 0, 0, time.Second)
	require.Equal(t, Never, l.deadline())
	l.askAt = 9
	require.Equal(t, time.Duration(9), l.deadline())
	l.acks.due = 8
	require.Equal(t, time.Duration(8), l.deadline())
	l.inflight = []batch{{term: term{expires: 10}}, {term: term{expires: 7}}}
	require.Equal(t, time.Duration(7), l.deadline())
}
