package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestConfirmedIsWhatIsNeitherOpenNorAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLink(Neighbour{Name: "n1", Role: Child}, 0, 0, 0)
		l.cursor = rapid.IntRange(0, 30).Draw(t, "cursor")
		open := map[int]bool{}
		segments := func(name string) (out []segment) {
			for range rapid.IntRange(0, 3).Draw(t, name) {
				from := rapid.IntRange(0, 30).Draw(t, "from")
				s := segment{from: from, to: from + rapid.IntRange(0, 5).Draw(t, "length")}
				for i := s.from; i < s.to; i++ {
					open[i] = true
				}
				out = append(out, s)
			}
			return out
		}
		l.resend = segments("again")
		l.inflight = []batch{{parts: segments("first")}, {parts: segments("second")}}
		if l.exchange.owed = rapid.Bool().Draw(t, "owed"); l.exchange.owed {
			l.base = rapid.IntRange(0, l.cursor).Draw(t, "base")
			for i := range l.base {
				open[i] = true
			}
		}
		last := 0
		got := map[int]bool{}
		LinkView{l}.Confirmed(func(from, to int) {
			require.True(t, last <= from && from < to)
			last = to
			for i := from; i < to; i++ {
				got[i] = true
			}
		})
		for i := range 40 {
			require.Equal(t, i < l.cursor && !open[i], got[i], i)
		}
	})
}

func TestALookIntoACoreShowsItsLifeItsParentAndItsLinks(t *testing.T) {
	c, err := New(0, Config{Incarnation: 9, Period: time.Second, GreetAt: Never, Neighbours: []Neighbour{
		{Name: "n0", Role: Parent}, {Name: "n2", Role: Child},
	}}, NewLog())
	require.NoError(t, err)
	v := c.View()
	require.Equal(t, uint64(9), v.Incarnation())
	require.Equal(t, "n0", v.Parent())
	c.Receive(0, "n7", &Message{Incarnation: 3})
	c.Receive(0, "n2", &Message{Incarnation: 4})
	peers := map[string]uint64{}
	v.Links(func(l LinkView) { peers[l.Peer()] = l.Incarnation() })
	require.Equal(t, map[string]uint64{"n0": 0, "n2": 4}, peers, "no guests")
}
