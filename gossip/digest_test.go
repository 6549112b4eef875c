package gossip

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// addSomeSpans puts random spans of three origins into a digest and a model.
func addSomeSpans(t *rapid.T, v *Digest, model map[entryKey]bool) {
	for range rapid.IntRange(0, 12).Draw(t, "spans") {
		source := OriginOf(rapid.IntRange(0, 2).Draw(t, "source"))
		span := smallSpan(t)
		added := uint64(0)
		for n := span.First; n <= span.Last; n++ {
			if key := (entryKey{source, n}); !model[key] {
				model[key] = true
				added++
			}
		}
		require.Equal(t, added, v.AddSpan(source, span))
	}
}

func TestVectorIsASetOfEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, model := NewDigest(), map[entryKey]bool{}
		addSomeSpans(t, v, model)
		require.Equal(t, uint64(len(model)), v.Count())
		inLines := uint64(0)
		for _, line := range v.Lines() {
			requireNormal(t, line.Counters)
			inLines += line.Counters.Count()
		}
		require.Equal(t, v.Count(), inLines)
		for i := range 4 {
			for n := uint64(0); n < 75; n++ {
				require.Equal(t, model[entryKey{OriginOf(i), n}], v.Contains(OriginOf(i), n))
			}
		}
	})
}

func TestMissingFromCountsTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, other := NewDigest(), NewDigest()
		mine, theirs := map[entryKey]bool{}, map[entryKey]bool{}
		addSomeSpans(t, v, mine)
		addSomeSpans(t, other, theirs)
		missing := uint64(0)
		for key := range mine {
			if !theirs[key] {
				missing++
			}
		}
		require.Equal(t, missing, v.MissingFrom(other))
		require.Zero(t, v.MissingFrom(v))
		require.Equal(t, v.Count(), v.MissingFrom(NewDigest()))
		require.Zero(t, NewDigest().MissingFrom(v))
	})
}

func TestLinesAreInTheOrderOfTheirNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := NewDigest()
		var want []OriginID
		for _, i := range rapid.SliceOf(rapid.IntRange(0, 5)).Draw(t, "sources") {
			if source := OriginOf(i); v.Add(source, v.Count()+1) {
				seen := false
				for _, s := range want {
					seen = seen || s == source
				}
				if !seen {
					want = append(want, source)
				}
			}
		}
		sortSources(want)
		var got []OriginID
		for _, line := range v.Lines() {
			got = append(got, line.Origin)
		}
		require.Equal(t, want, got)
	})
}

// sortSources puts origins into the order of their names.
func sortSources(list []OriginID) {
	slices.SortFunc(list, func(a, b OriginID) int {
		x, y := a.Value(), b.Value()
		return cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(x.Log, y.Log))
	})
}

func TestSourcesAreEqualExactlyWhenTheirNamesAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.StringN(0, 2, 4)
		a := Origin{names.Draw(t, "origin"), names.Draw(t, "log")}
		b := Origin{names.Draw(t, "other origin"), names.Draw(t, "other log")}
		require.Equal(t, a == b, NewOriginID(a.Node, a.Log) == NewOriginID(b.Node, b.Log))
		require.Equal(t, a, NewOriginID(a.Node, a.Log).Value())
	})
}

// Many origins, counters beyond 32 bits, and lines of several spans are kept as
// a set of spans per origin keeps them.
func TestAVectorOfAnySizeIsSpansPerSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, other := NewDigest(), NewDigest()
		model, otherModel := map[OriginID]*Spans{}, map[OriginID]*Spans{}
		var order []OriginID
		count, missing := uint64(0), uint64(0)
		step := func(v *Digest, model map[OriginID]*Spans) (OriginID, uint64) {
			source := OriginOf(rapid.IntRange(0, 70).Draw(t, "source"))
			base := rapid.SampledFrom([]uint64{0, 0, 0, math.MaxUint32 - 20, 1 << 40}).Draw(t, "base")
			span := smallSpan(t)
			span.First, span.Last = span.First+base, span.Last+base
			if model[source] == nil {
				model[source] = &Spans{}
			}
			added := v.AddSpan(source, span)
			require.Equal(t, model[source].AddSpan(span), added)
			for _, n := range []uint64{span.First - 1, span.First, span.Last, span.Last + 1} {
				require.Equal(t, model[source].Contains(n), v.Contains(source, n))
			}
			return source, added
		}
		for range rapid.IntRange(0, 150).Draw(t, "steps") {
			source, added := step(v, model)
			if len(order) < len(model) {
				order = append(order, source)
			}
			count += added
			step(other, otherModel)
		}
		sortSources(order)
		require.Equal(t, count, v.Count())
		lines := v.Lines()
		require.Len(t, lines, len(order))
		for i, line := range lines {
			require.Equal(t, order[i], line.Origin)
			require.Equal(t, *model[line.Origin], line.Counters)
			theirs := Spans{}
			if otherModel[line.Origin] != nil {
				theirs = *otherModel[line.Origin]
			}
			for _, span := range line.Counters {
				missing += span.Len() - theirs.CountIn(span)
			}
		}
		require.Equal(t, missing, v.MissingFrom(other))
		require.False(t, v.Contains(OriginOf(99), 1))
	})
}

// BenchmarkVector adds and asks for one entry each of a thousand origins.
func BenchmarkVector(b *testing.B) {
	sources := make([]OriginID, 1000)
	for i := range sources {
		sources[i] = OriginOf(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		v := NewDigest()
		for _, s := range sources {
			if !v.Contains(s, 1) {
				v.Add(s, 1)
			}
		}
	}
}
