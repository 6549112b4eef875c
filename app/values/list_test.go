package values

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// text puts a view together.
func (v View) text() string { return string(bytes.Join(v.Parts(nil), nil)) }

func TestAnEmptyListShowsNothing(t *testing.T) {
	var l List
	require.Empty(t, l.View().Parts(nil))
	require.Zero(t, l.length)
}

func TestEveryViewStaysWhatTheListWasWhenItWasTaken(t *testing.T) {
	type snapshot struct {
		view View
		text string
	}
	size := rapid.OneOf(
		rapid.IntRange(1, 8),
		rapid.SampledFrom([]int{510, 511, 512, 513, listChunkBytes - 2, listChunkBytes - 1, listChunkBytes, 3 * listChunkBytes}))
	rapid.Check(t, func(t *rapid.T) {
		var l List
		var values []string
		var taken []snapshot
		for _, n := range rapid.SliceOfN(size, 0, 40).Draw(t, "sizes") {
			values = append(values, strings.Repeat("7", n))
			l.Add(values[len(values)-1])
			taken = append(taken, snapshot{l.View(), strings.Join(values, ",")})
		}
		require.Equal(t, len(values), l.length)
		for _, s := range taken {
			require.True(t, s.view.text() == s.text, "a view has changed")
		}
	})
}

func TestManyValuesFillManyChunksWithoutMovingAny(t *testing.T) {
	var l List
	l.Add("0")
	first := &append(l.full[:len(l.full):len(l.full)], l.last)[0][0]
	for len(append(l.full[:len(l.full):len(l.full)], l.last)) < 20 {
		l.Add("123456789")
	}
	require.Same(t, first, &append(l.full[:len(l.full):len(l.full)], l.last)[0][0])
	require.Equal(t, l.Len(), strings.Count(l.View().text(), ",")+1)
	for _, c := range append(l.full[:len(l.full):len(l.full)], l.last)[1:] {
		require.LessOrEqual(t, len(c), listChunkBytes)
	}
}
