package gossip

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type entryKey struct {
	source  SourceID
	counter uint64
}

func testSource(i int) SourceID { return NewSourceID(fmt.Sprint("n", i), "log") }

// addSomeSpans puts random spans of three sources into a vector and a model.
func addSomeSpans(t *rapid.T, v *Vector, model map[entryKey]bool) {
	for range rapid.IntRange(0, 12).Draw(t, "spans") {
		source := testSource(rapid.IntRange(0, 2).Draw(t, "source"))
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
		v, model := NewVector(), map[entryKey]bool{}
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
				require.Equal(t, model[entryKey{testSource(i), n}], v.Contains(testSource(i), n))
			}
		}
	})
}

func TestMissingFromCountsTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, other := NewVector(), NewVector()
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
		require.Equal(t, v.Count(), v.MissingFrom(NewVector()))
		require.Zero(t, NewVector().MissingFrom(v))
	})
}

func TestLinesKeepTheOrderOfFirstAddition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := NewVector()
		var want []SourceID
		for _, i := range rapid.SliceOf(rapid.IntRange(0, 5)).Draw(t, "sources") {
			if source := testSource(i); v.Add(source, uint64(v.Count())+1) {
				seen := false
				for _, s := range want {
					seen = seen || s == source
				}
				if !seen {
					want = append(want, source)
				}
			}
		}
		var got []SourceID
		for _, line := range v.Lines() {
			got = append(got, line.Source)
		}
		require.Equal(t, want, got)
	})
}

func TestSourcesAreEqualExactlyWhenTheirNamesAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.StringN(0, 2, 4)
		a := Source{names.Draw(t, "origin"), names.Draw(t, "log")}
		b := Source{names.Draw(t, "other origin"), names.Draw(t, "other log")}
		require.Equal(t, a == b, NewSourceID(a.Origin, a.Log) == NewSourceID(b.Origin, b.Log))
		require.Equal(t, a, NewSourceID(a.Origin, a.Log).Value())
	})
}
