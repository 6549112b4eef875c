package gossip

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFirstLifeMetKeepsWhatWasSentToIt(t *testing.T) {
	c, l := NewTestCore(t, nil), newLink(Neighbour{}, 0, 3, 0)
	l.inflight, l.unacked, l.cursor = []batch{{number: 1, bytes: 10}}, 10, 5
	current, fresh := c.meet(0, l, &Message{Incarnation: 7})
	require.True(t, current)
	require.False(t, fresh, "the peer has only been unknown")
	require.Equal(t, uint64(7), l.incarnation)
	require.Len(t, l.inflight, 1)
	require.Equal(t, 5, l.cursor)
	current, fresh = c.meet(0, l, &Message{Incarnation: 7})
	require.True(t, current)
	require.False(t, fresh)
}

func TestNewLifeStartsTheLinkAnewAndKeepsItsNumbers(t *testing.T) {
	c, l := NewTestCore(t, nil), newLink(Neighbour{Name: "n1"}, 0, 0, 0)
	c.meet(0, l, &Message{Incarnation: 7})
	FillLog(c.log, OriginOf(0), 6)
	c.Learn(0)
	l.rtt.sample(30 * ms)
	l.told.Add(OriginOf(0), 1)
	l.inflight, l.unacked, l.cursor, l.resend = []batch{{number: 4, bytes: 10, carries: digestPart}}, 10, 5, []segment{{from: 0, to: 1}}
	l.number, l.exchange.number = 4, 2
	l.departed.note(4, 0)
	l.exchange.ours, l.exchange.parts, l.exchange.from = due, make([]DigestPart, 2), incoming{exchange: 1, complete: true}
	l.acks.stored.Add(3)
	l.acks.due, l.acks.ready, l.acks.urgency, l.acks.newest = 9, true, atOnce, 3
	l.state, l.attempts, l.windowFull = probing, 3, true

	current, fresh := c.meet(0, l, &Message{Incarnation: 8})
	require.True(t, current)
	require.True(t, fresh)
	require.Equal(t, uint64(8), l.incarnation)
	require.Zero(t, l.told.Count())
	require.True(t, l.exchange.owed, "what we hold waits for the peer's vector")
	require.Equal(t, [2]int{6, 6}, [2]int{l.base, l.cursor})
	require.False(t, l.behind(6))
	require.Empty(t, l.inflight)
	require.Zero(t, l.unacked)
	require.Equal(t, incoming{}, l.exchange.from)
	require.Equal(t, acks{due: Never}, l.acks)
	require.Equal(t, Never, l.deadline())
	require.Equal(t, none, l.exchange.ours)
	require.Equal(t, streaming, l.state)
	require.False(t, l.windowFull)
	_, known := l.departed.at(4)
	require.False(t, known, "what left for the former life measures nothing")
	require.Equal(t, uint64(4), l.number, "no batch number is used twice in a life of ours")
	require.Equal(t, uint64(2), l.exchange.number)
	require.Equal(t, 30*ms, l.rtt.roundTrip(), "the way is still the same")
}

func TestLinkThatHeldNothingOwesNothing(t *testing.T) {
	require.False(t, newLink(Neighbour{}, 0, 0, 0).exchange.owed)
	require.True(t, newLink(Neighbour{}, 0, 1, 0).exchange.owed)
	c, l := NewTestCore(t, nil), newLink(Neighbour{}, 0, 0, 0)
	c.meet(0, l, &Message{Incarnation: 7})
	c.meet(0, l, &Message{Incarnation: 8})
	require.False(t, l.exchange.owed)
}

func TestAckNamesExactlyTheBatchesThatArrived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLink(Neighbour{}, 0, 0, 0)
		n := uint64(rapid.IntRange(0, 20).Draw(t, "in flight"))
		for b := uint64(1); b <= n; b++ {
			l.inflight = append(l.inflight, batch{number: b, bytes: int(b)})
			l.unacked += int(b)
		}
		// Spans as a peer may send them: in any order, overlapping, nonsense.
		spans := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Span {
			return Span{rapid.Uint64Range(0, 25).Draw(t, "first"), rapid.Uint64Range(0, 25).Draw(t, "last")}
		})).Draw(t, "acks")
		acked := map[uint64]bool{}
		for _, s := range spans {
			for b := s.First; b <= s.Last; b++ {
				acked[b] = true
			}
		}
		var left []uint64
		unacked := 0
		for b := uint64(1); b <= n; b++ {
			if !acked[b] {
				left, unacked = append(left, b), unacked+int(b)
			}
		}
		require.Equal(t, len(left) < int(n), l.acked(0, spans))
		var got []uint64
		for _, f := range l.inflight {
			got = append(got, f.number)
		}
		require.Equal(t, left, got)
		require.Equal(t, unacked, l.unacked)
		require.False(t, l.acked(0, spans), "a second time it is no news")
	})
}

func TestOneLostBatchTakesBackAllThatIsUnackedOldestFirst(t *testing.T) {
	l := newLink(Neighbour{}, 0, 0, 0)
	l.cursor, l.resend = 30, []segment{{from: 25, to: 27}}
	l.inflight = []batch{
		{number: 1, term: term{expires: 50}, bytes: 5, parts: []segment{{from: 0, to: 4}, {from: 6, to: 9}}},
		{number: 2, term: term{expires: 40}, bytes: 6, parts: []segment{{from: 9, to: 12}}},
	}
	l.unacked = 11
	require.Equal(t, time.Duration(40), l.deadline())
	require.False(t, l.expire(39))
	require.Equal(t, streaming, l.state)
	require.True(t, l.expire(40))
	require.Equal(t, []segment{
		{from: 0, to: 4, sent: true}, {from: 6, to: 9, sent: true}, {from: 9, to: 12, sent: true}, {from: 25, to: 27},
	}, l.resend)
	require.Empty(t, l.inflight)
	require.Zero(t, l.unacked)
	require.Equal(t, probing, l.state)
	require.Zero(t, l.attempts, "the first re-send is not delayed")
	require.Equal(t, none, l.exchange.ours)
	require.Equal(t, 30, l.cursor)

	l.inflight = []batch{{number: 3, term: term{expires: 60}, carries: digestPart}}
	require.True(t, l.expire(60))
	require.Equal(t, 1, l.attempts)
	require.Equal(t, due, l.exchange.ours, "a lost vector is shown again")
}

func TestGuestIsNeverBehind(t *testing.T) {
	l := newLink(Neighbour{Role: Guest}, 0, 0, 0)
	l.resend = []segment{{from: 0, to: 1}}
	require.False(t, l.behind(10))
	l.role = Child
	require.True(t, l.behind(0))
	l.resend = nil
	require.True(t, l.behind(1))
	require.False(t, l.behind(0))
}

func TestDeparturesRememberTheLastBatchesAndNoOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d departures
		last := rapid.Uint64Range(0, 200).Draw(t, "sent")
		for b := uint64(1); b <= last; b++ {
			d.note(b, time.Duration(1000+b))
		}
		asked := rapid.OneOf(rapid.Uint64Range(0, 240), rapid.Just(uint64(math.MaxUint64))).Draw(t, "asked")
		at, ok := d.at(asked)
		require.Equal(t, asked >= 1 && asked <= last && asked+uint64(len(d.ring)) > last, ok)
		if ok {
			require.Equal(t, time.Duration(1000+asked), at)
		}
	})
}

// A catch-up may have flights of thousands of segments, or thousands of flights. What
// is kept of their lists is what the usual ones need.
func TestListsOfFlightsAreKeptToBeUsedAgainWithinBounds(t *testing.T) {
	l := newLink(Neighbour{}, 0, 0, 0)
	const flights = 3 * maxSpare
	for number := uint64(1); number <= flights; number++ {
		f := batch{number: number, parts: make([]segment, 1)}
		if number%2 == 0 {
			f.parts = make([]segment, 1000)
		}
		l.inflight = append(l.inflight, f)
	}
	require.True(t, l.acked(0, []Span{{1, 4}}))
	require.Len(t, l.spare, 2, "of those that are small")
	require.True(t, l.acked(0, []Span{{1, flights}}))
	require.Empty(t, l.inflight)
	require.Len(t, l.spare, maxSpare)
	for range maxSpare {
		parts := l.spareParts()
		require.Empty(t, parts)
		require.Equal(t, 1, cap(parts))
	}
	require.Nil(t, l.spareParts())
}
