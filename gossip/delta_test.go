package gossip

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newDelta(bytes int) *delta {
	d := &delta{last: map[OriginID]int{}}
	d.reset(bytes, nil)
	return d
}

func TestDeltasTogetherAreWhatThePeerLacksInMessagesThatFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 2000
		log := NewLog()
		l := newLink(Neighbour{}, 0, 0, 0)
		next := map[OriginID]uint64{}
		want := map[entryKey]string{}
		for range rapid.IntRange(0, 60).Draw(t, "entries") {
			source := OriginOf(rapid.IntRange(0, 3).Draw(t, "source"))
			next[source] += rapid.Uint64Range(1, 2).Draw(t, "step")
			size := rapid.SampledFrom([]int{1, 5, 50, 700, 1200, 5000}).Draw(t, "size")
			e := Entry{source, next[source], strings.Repeat("v", size)}
			log.Append(e)
			if rapid.IntRange(0, 3).Draw(t, "told") == 0 {
				l.told.Add(e.Origin, e.Counter)
			} else {
				want[entryKey{e.Origin, e.Counter}] = e.Value
			}
		}
		known := log.Len()
		if known > 0 {
			// Some of it lies in segments that are to be sent again.
			l.cursor = rapid.IntRange(0, known).Draw(t, "cursor")
			for from := 0; from < l.cursor; {
				to := rapid.IntRange(from+1, l.cursor).Draw(t, "to")
				l.resend = append(l.resend, segment{from: from, to: to})
				from = to
			}
		}
		last := 0
		d := newDelta(0)
		for l.behind(known) {
			d.reset(fixedBytes, d.parts[:0])
			d.fill(l, log, known, limit, nil)
			covered := map[int]bool{}
			for i, p := range d.parts {
				require.True(t, p.from < p.to && (i == 0 || p.from > d.parts[i-1].to), "parts %v", d.parts)
				for at := p.from; at < p.to; at++ {
					covered[at] = true
				}
			}
			m := &Message{Runs: d.message(&pooled{})}
			require.Equal(t, d.bytes, Accounted(m), "bytes are accounted for as they are made")
			if m.Entries() > 1 {
				require.LessOrEqual(t, d.bytes, limit)
			}
			if m.Entries() == 0 {
				require.False(t, l.behind(known), "a delta with room is empty only if nothing is left")
				require.Empty(t, d.parts)
			}
			for _, e := range entriesOf(m.Runs) {
				key := entryKey{e.Origin, e.Counter}
				require.Equal(t, want[key], e.Value)
				delete(want, key)
			}
			for at := range known {
				if e := log.At(at); covered[at] && !l.told.Contains(e.Origin, e.Counter) {
					require.GreaterOrEqual(t, at, last, "oldest first")
					last = at
				}
			}
		}
		require.Empty(t, want)
		require.Equal(t, known, l.cursor)
	})
}

func TestValueLargerThanTheLimitGoesAlone(t *testing.T) {
	log, l := NewLog(), newLink(Neighbour{}, 0, 0, 0)
	big := strings.Repeat("b", 5000)
	for i, v := range []string{"1", big, "3", big, big, "6", "7"} {
		log.Append(Entry{OriginOf(0), uint64(i + 1), v})
	}
	var got []int
	for l.behind(log.Len()) {
		d := newDelta(fixedBytes)
		d.fill(l, log, log.Len(), 2000, nil)
		got = append(got, len(d.values))
	}
	require.Equal(t, []int{1, 1, 1, 1, 1, 2}, got)
}

func TestConsecutiveCountersShareARunEvenWhenSourcesAlternate(t *testing.T) {
	d := newDelta(0)
	for n := uint64(1); n <= 4; n++ {
		require.True(t, d.add(Entry{OriginOf(0), n, "a"}, 1000))
		require.True(t, d.add(Entry{OriginOf(1), n + 10, "b"}, 1000))
	}
	require.True(t, d.add(Entry{OriginOf(0), 6, "c"}, 1000), "a gap begins a run")
	require.True(t, d.add(Entry{OriginOf(0), 7, "d"}, 1000))
	require.True(t, d.add(Entry{OriginOf(0), 5, "e"}, 1000), "so does a step back")
	require.Equal(t, []Run{
		{OriginOf(0), 1, []string{"a", "a", "a", "a"}},
		{OriginOf(1), 11, []string{"b", "b", "b", "b"}},
		{OriginOf(0), 6, []string{"c", "d"}},
		{OriginOf(0), 5, []string{"e"}},
	}, d.message(&pooled{}))
}

func TestDeltaStartsAfreshAndLeavesTheLastMessageAlone(t *testing.T) {
	d := newDelta(0)
	d.add(Entry{OriginOf(0), 1, "a"}, 1000)
	sent := d.message(&pooled{})
	d.reset(0, nil)
	d.add(Entry{OriginOf(0), 2, "b"}, 1000)
	require.Equal(t, []Run{{OriginOf(0), 1, []string{"a"}}}, sent)
	require.Equal(t, []Run{{OriginOf(0), 2, []string{"b"}}}, d.message(&pooled{}))
}
