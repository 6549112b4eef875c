package virtual

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEventsComeInTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h events
		var waiting []event
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				e := event{at: time.Duration(rapid.IntRange(0, 9).Draw(t, "at")), draw: rapid.Uint64().Draw(t, "draw"), host: int32(len(waiting))}
				h.push(e)
				waiting = append(waiting, e)
			},
			"pop": func(t *rapid.T) {
				if len(waiting) == 0 {
					return
				}
				first := h.pop()
				i := slices.Index(waiting, first)
				require.GreaterOrEqual(t, i, 0)
				waiting = slices.Delete(waiting, i, i+1)
				for _, e := range waiting {
					require.False(t, e.before(&first))
				}
			},
			"": func(t *rapid.T) { require.Len(t, h, len(waiting)) },
		})
	})
}

func TestAPipeKeepsItsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pipe[[]byte]
		var want []byte
		number := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 200).Draw(t, "count") {
					number++
					p.put(time.Duration(number), []byte{number})
					want = append(want, number)
				}
				require.LessOrEqual(t, len(p.parcels), 2*len(want)+66, "what was taken is not kept for ever")
			},
			"take": func(t *rapid.T) {
				for range min(len(want), rapid.IntRange(1, 200).Draw(t, "count")) {
					require.EqualValues(t, want[0], p.first().at)
					require.Equal(t, want[:1], p.take())
					want = want[1:]
				}
			},
			"": func(t *rapid.T) { require.Equal(t, len(want) == 0, p.empty()) },
		})
	})
}

func TestOfAPipeIsSeenWhatIsThereAndFitsIn(t *testing.T) {
	var p pipe[int] // of sizes
	size := func(n *int) int { return *n }
	require.Zero(t, p.seen(time.Hour, 100, size))
	for i, n := range []int{10, 20, 30, 40, 50} {
		p.put(time.Duration(i), n)
	}
	for _, c := range []struct {
		at          time.Duration
		bytes, want int
	}{{-1, 1000, 0}, {0, 1000, 1}, {2, 1000, 3}, {9, 1000, 5}, {9, 9, 0}, {9, 10, 1}, {9, 99, 3}, {9, 100, 4}, {1, 100, 2}} {
		require.Equal(t, c.want, p.seen(c.at, c.bytes, size), "%+v", c)
	}
	p.take()
	require.Equal(t, 2, p.seen(9, 89, size), "what was taken is not there")
}

func TestATailIsTheLastLinesCutShort(t *testing.T) {
	s := &stderr{node: "n0"}
	require.Nil(t, s.tail())
	for i := range 30 {
		s.Write([]byte{byte('a' + i%26), '\n'})
	}
	require.Len(t, s.tail(), tailLines)
	require.Equal(t, "k", s.tail()[0])
	require.Equal(t, "d", s.tail()[19])
	s.Write(append(slices.Repeat([]byte{'z'}, 2*tailLineBytes), '\n'))
	require.Len(t, s.tail()[19], tailLineBytes)
}
