package gossip

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// numbers is the plainest set there is, to hold Spans to.
type numbers map[uint64]bool

func (n numbers) add(a Span) (added uint64) {
	for i := a.First; i <= a.Last; i++ {
		if !n[i] {
			n[i] = true
			added++
		}
	}
	return added
}

func (n numbers) countIn(a Span) (count uint64) {
	for i := a.First; i <= a.Last; i++ {
		if n[i] {
			count++
		}
	}
	return count
}

// smallSpan draws spans that often touch and overlap one another.
func smallSpan(t *rapid.T) Span {
	first := rapid.Uint64Range(1, 60).Draw(t, "first")
	return Span{first, first + rapid.Uint64Range(0, 12).Draw(t, "longer by")}
}

// requireNormal checks what the type promises of every set.
func requireNormal(t require.TestingT, s Spans) {
	for i, span := range s {
		require.LessOrEqual(t, span.First, span.Last)
		require.NotZero(t, span.First)
		if i > 0 {
			require.Greater(t, span.First, s[i-1].Last+1, "spans touch or overlap: %v", s)
		}
	}
}

func TestSpansAreASetOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Spans
		model := numbers{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n := rapid.Uint64Range(1, 72).Draw(t, "n")
				require.Equal(t, model.add(Span{n, n}) == 1, s.Add(n))
			},
			"add span": func(t *rapid.T) {
				a := smallSpan(t)
				require.Equal(t, model.add(a), s.AddSpan(a))
			},
			"count in": func(t *rapid.T) {
				a := smallSpan(t)
				require.Equal(t, model.countIn(a), s.CountIn(a))
			},
			"": func(t *rapid.T) {
				requireNormal(t, s)
				require.Equal(t, uint64(len(model)), s.Count())
				for n := uint64(0); n <= 75; n++ {
					require.Equal(t, model[n], s.Contains(n), "%d in %v", n, s)
				}
			},
		})
	})
}

func TestOrderOfAdditionDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Custom(smallSpan)).Draw(t, "spans")
		var there, back Spans
		for i := range list {
			there.AddSpan(list[i])
			back.AddSpan(list[len(list)-1-i])
		}
		require.Equal(t, there, back)
	})
}

func TestCloneIsIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Spans
		for _, a := range rapid.SliceOfN(rapid.Custom(smallSpan), 1, 8).Draw(t, "spans") {
			s.AddSpan(a)
		}
		clone, before := s.Clone(), append(Spans{}, s...)
		clone.AddSpan(Span{1, 100})
		clone.Add(200)
		require.Equal(t, before, s)
	})
}

func TestSpansAtTheEndOfTheNumbers(t *testing.T) {
	var s Spans
	require.True(t, s.Add(math.MaxUint64))
	require.False(t, s.Add(math.MaxUint64))
	require.True(t, s.Add(1))
	require.Equal(t, uint64(9), s.AddSpan(Span{math.MaxUint64 - 9, math.MaxUint64}))
	require.Equal(t, Spans{{1, 1}, {math.MaxUint64 - 9, math.MaxUint64}}, s)
	require.Equal(t, uint64(10), s.CountIn(Span{2, math.MaxUint64}))
	require.False(t, s.Contains(0))
}

func TestCountingUpKeepsOneSpanAndAllocatesNothing(t *testing.T) {
	s := Spans{{1, 1}}
	n := uint64(1)
	allocations := testing.AllocsPerRun(1000, func() {
		n++
		s.Add(n)
	})
	require.Zero(t, allocations)
	require.Equal(t, Spans{{1, n}}, s)
}
