package gossip

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// heldBytes is what the lines of a digest part are reckoned at.
func heldBytes(held []DigestLine) int {
	return Accounted(&Message{Digest: &DigestPart{Lines: held}}) - fixedBytes
}

// drawVector makes a digest of sources with more or less broken histories.
func drawVector(t *rapid.T) *Digest {
	v := NewDigest()
	for i := range rapid.IntRange(0, 6).Draw(t, "sources") {
		first := uint64(1)
		for range rapid.IntRange(1, 30).Draw(t, "spans") {
			first += rapid.Uint64Range(0, 2).Draw(t, "gap")
			v.AddSpan(OriginOf(i), Span{first, first + rapid.Uint64Range(0, 3).Draw(t, "more")})
			first += 5
		}
	}
	return v
}

func TestPartsTogetherAreTheVectorAndEachFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, limit := drawVector(t), rapid.IntRange(200, 4000).Draw(t, "limit")
		parts := v.parts(7, limit)
		require.NotEmpty(t, parts, "an empty vector is one part, too")
		again, spans := NewDigest(), 0
		for i, p := range parts {
			require.Equal(t, [3]int{7, i, len(parts)}, [3]int{int(p.Exchange), p.Part, p.Parts})
			require.LessOrEqual(t, heldBytes(p.Lines), limit)
			for _, h := range p.Lines {
				require.NotEmpty(t, h.Counters)
				for _, s := range h.Counters {
					require.Equal(t, s.Len(), again.AddSpan(h.Origin, s), "%v twice", s)
					spans++
				}
			}
		}
		require.Equal(t, v.Lines(), again.Lines())
		if len(parts) > 1 {
			require.LessOrEqual(t, len(parts), 1+heldBytes(v.Lines())/(limit/4), "parts are small")
		}
	})
}

func TestPartsDoNotFollowTheVectorAsItGrows(t *testing.T) {
	v := NewDigest()
	v.Add(OriginOf(0), 1)
	parts := v.parts(1, 1000)
	v.AddSpan(OriginOf(0), Span{2, 9})
	require.Equal(t, Spans{{1, 1}}, parts[0].Lines[0].Counters)
}

func TestSourceWhoseNamesExceedTheLimitHasAPartOfItsOwn(t *testing.T) {
	v := NewDigest()
	long := NewOriginID("n0"+strings.Repeat("x", 1000), "log") // between the others, by name
	v.Add(OriginOf(0), 1)
	v.AddSpan(long, Span{1, 2})
	v.AddSpan(long, Span{4, 5})
	v.Add(OriginOf(1), 1)
	parts := v.parts(1, 1000)
	var got []string
	for _, p := range parts {
		for _, h := range p.Lines {
			got = append(got, fmt.Sprint(p.Part, " ", h.Origin == long, h.Counters))
		}
	}
	require.Equal(t, []string{"0 false [{1 1}]", "1 true [{1 2}]", "2 true [{4 5}]", "3 false [{1 1}]"}, got)
}

func TestVectorIsCompleteOnceAndWithAllItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(1, 6).Draw(t, "parts")
		order := rapid.Permutation(upTo(parts)).Draw(t, "order")
		var in incoming
		taken := map[int]bool{}
		for i, n := range order {
			p := &DigestPart{Exchange: 3, Part: n, Parts: parts}
			require.Equal(t, i == parts-1, in.take(p))
			taken[n] = true
			for n := range taken {
				require.False(t, in.take(&DigestPart{Exchange: 3, Part: n, Parts: parts}), "part %d twice", n)
			}
		}
		require.True(t, in.complete)
	})
}

func TestNewerExchangeStartsAnew(t *testing.T) {
	var in incoming
	require.False(t, in.take(&DigestPart{Exchange: 1, Part: 0, Parts: 2}))
	require.False(t, in.take(&DigestPart{Exchange: 2, Part: 1, Parts: 2}))
	require.True(t, in.take(&DigestPart{Exchange: 2, Part: 0, Parts: 2}))
	require.True(t, in.take(&DigestPart{Exchange: 3, Part: 0, Parts: 1}))
}

func TestPartsThatCannotBeAreRefused(t *testing.T) {
	for _, p := range []DigestPart{
		{Exchange: 1, Part: 0, Parts: 0}, {Exchange: 1, Part: 1, Parts: 1}, {Exchange: 1, Part: -1, Parts: 1},
		{Exchange: 1, Part: 0, Parts: -1}, {Exchange: 1, Part: 0, Parts: maxDigestParts + 1},
	} {
		require.Error(t, p.check())
	}
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// TestSettlePutsDownExactlyWhatThePeerLacks draws a log, a place in it at
// which the link began, and what the peer has told.
func TestSettlePutsDownExactlyWhatThePeerLacks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log, held, told := NewLog(), NewDigest(), NewDigest()
		for range rapid.IntRange(1, 40).Draw(t, "entries") {
			source := OriginOf(rapid.IntRange(0, 2).Draw(t, "source"))
			counter := rapid.Uint64Range(1, 40).Draw(t, "counter")
			if held.Add(source, counter) {
				log.Append(Entry{source, counter, ""})
			}
			if rapid.Bool().Draw(t, "told") {
				told.Add(source, counter)
			}
		}
		for i := range 4 { // the peer may well hold what we do not
			told.Add(OriginOf(i), 100)
		}
		known := log.Len()
		l := newLink(Neighbour{}, 0, rapid.IntRange(0, known).Draw(t, "base"), 0)
		l.told, l.exchange.owed = told, true
		if l.base < known && rapid.Bool().Draw(t, "something was lost before") {
			l.resend = []segment{{from: l.base, to: known}}
		}
		before := l.resend
		l.settle(log, held, known)
		require.False(t, l.exchange.owed)

		owed := map[int]bool{}
		settled := l.resend[:len(l.resend)-len(before)]
		require.Equal(t, before, append([]segment(nil), l.resend[len(settled):]...), "what was lost stays")
		at := 0
		for i, s := range settled {
			require.Less(t, s.from, s.to)
			require.True(t, i == 0 || s.from > at, "segments %v out of order or touching", settled)
			for at = s.from; at < s.to; at++ {
				owed[at] = true
			}
		}
		for i := range known {
			e := log.At(i)
			require.Equal(t, i < l.base && !told.Contains(e.Origin, e.Counter), owed[i], "position %d", i)
		}
	})
}

// A late part of an earlier exchange throws away what has come of the
// present one, whose parts are acked and never come again.
func TestLatePartOfAnEarlierExchangeDoesNoHarm(t *testing.T) {
	var in incoming
	require.False(t, in.take(&DigestPart{Exchange: 1, Part: 0, Parts: 2}))
	require.False(t, in.take(&DigestPart{Exchange: 2, Part: 0, Parts: 2}))
	require.False(t, in.take(&DigestPart{Exchange: 1, Part: 1, Parts: 2}))
	require.True(t, in.take(&DigestPart{Exchange: 2, Part: 1, Parts: 2}))
}
