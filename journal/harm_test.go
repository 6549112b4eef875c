package journal

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMemory_harmLeavesItsBeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewMemory(rand.New(rand.NewPCG(1, 2)))
		live(t, m, 0, 1)
		var all []entry
		for i := range rapid.IntRange(0, 20).Draw(t, "appends") {
			e := entry{Origin{"n0", "log"}, uint64(i + 1), fmt.Sprint(i)}
			all = append(all, e)
			require.NoError(t, m.Append(batchOf(id(int64(i)), e)))
		}
		size := m.Bytes()
		keep, whole := rapid.Float64Range(0, 0.9999).Draw(t, "keep"), rapid.Bool().Draw(t, "whole")
		m.Harm(keep, whole)
		left := entriesOf(m.Each)
		require.Equal(t, append([]entry{}, all[:len(left)]...), append([]entry{}, left...))
		require.LessOrEqual(t, float64(m.Bytes()), max(keep*float64(size), headBytes+16))
		if found, err := scanSegment(m.store.data); whole && err == nil {
			require.Zero(t, found.torn, "nothing shows that anything is missing")
		}
		if m.Bytes() < size {
			require.ErrorIs(t, m.Check(), ErrGone, "a node that lives finds out when it looks")
		}
	})
}

func TestMemory_harmOfAllLeavesNothing(t *testing.T) {
	m := NewMemory(rand.New(rand.NewPCG(1, 2)))
	live(t, m, 0, 1)
	m.Harm(0, true)
	require.Zero(t, m.Bytes())
	require.Empty(t, entriesOf(m.Each))
	require.ErrorIs(t, m.Check(), ErrGone)
}
