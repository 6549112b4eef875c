package checker

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBitsetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Int32Range(0, 300)
		var a, b bitset
		inA, inB := make(map[int32]bool), make(map[int32]bool)
		for _, n := range rapid.SliceOf(number).Draw(t, "a") {
			a.add(n)
			inA[n] = true
		}
		for _, n := range rapid.SliceOf(number).Draw(t, "removed") {
			a.remove(n)
			delete(inA, n)
		}
		for _, n := range rapid.SliceOf(number).Draw(t, "b") {
			b.add(n)
			inB[n] = true
		}
		require.Equal(t, len(inA), a.count())
		var want []int32
		for n := range int32(301) {
			require.Equal(t, inA[n], a.has(n))
			if inA[n] && !inB[n] {
				want = append(want, n)
			}
		}
		var got []int32
		a.eachWithout(b, func(n int32) { got = append(got, n) })
		require.True(t, slices.Equal(want, got))
	})
}
