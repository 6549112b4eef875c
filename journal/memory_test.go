package journal

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func newMemory(t *testing.T) *Memory {
	m := NewMemory(rand.New(rand.NewPCG(1, 2)))
	openMemory(t, m, 0)
	require.NoError(t, m.Append(batchOf(id(1), own(1, "1", "2")...)))
	require.NoError(t, m.Check())
	return m
}

func openMemory(t *testing.T, m *Memory, init int64) *Recovered {
	r, err := m.Open(Start{Node: "n0", Nodes: 2, Init: id(init), Log: "log", Incarnation: 1})
	require.NoError(t, err)
	return r
}

// The same node runs on a Memory and on Files, so both must say the same.
func TestMemory_isCheckedAndRewrittenAsFilesAre(t *testing.T) {
	for about, blow := range map[string]func(m *Memory){
		"removed": func(m *Memory) { m.Remove() },
		"cut":     func(m *Memory) { m.Cut(m.Bytes() - 1) },
		"emptied": func(m *Memory) { m.Cut(0) },
	} {
		m := newMemory(t)
		blow(m)
		require.ErrorIs(t, m.Check(), ErrGone, about)
		require.ErrorIs(t, m.Append(batchOf(id(1), own(3, "3")...)), ErrGone, about)
		lost := entriesOf(openMemory(t, m.Clone(), 50).Each)
		require.Empty(t, lost, about)

		require.NoError(t, m.Rewrite())
		require.NoError(t, m.Append(batchOf(id(1), own(1, "1", "2")...)))
		require.Empty(t, entriesOf(openMemory(t, m.Clone(), 50).Each), "not before it is published")
		require.NoError(t, m.Publish())
		require.NoError(t, m.Check())
		require.NoError(t, m.Append(batchOf(id(1), own(3, "3")...)))
		r := openMemory(t, m, 50)
		require.Equal(t, own(1, "1", "2", "3"), entriesOf(r.Each), about)
	}
}

func TestMemory_isBlockedWhileItIsHeldOrCannotBeRead(t *testing.T) {
	m := newMemory(t)
	held := true
	m.Held = func() bool { return held }
	var blocked *BlockedError
	_, err := m.Open(Start{Node: "n0", Nodes: 2, Init: id(50), Log: "log", Incarnation: 1})
	require.ErrorAs(t, err, &blocked)
	require.False(t, blocked.Lasting)
	blank, err := m.Clone().Open(Start{Node: "n0", Nodes: 2, Init: id(50), Log: "log", Incarnation: 1, Blank: true})
	require.NoError(t, err)
	require.False(t, blank.Former)
	held = false
	require.Len(t, entriesOf(openMemory(t, m, 50).Each), 2)

	m.Cut(20) // into the header
	_, err = m.Open(Start{Node: "n0", Nodes: 2, Init: id(90), Log: "log", Incarnation: 1})
	require.ErrorAs(t, err, &blocked)
	require.True(t, blocked.Lasting)
	require.False(t, openMemory(t, m, 2).Former, "a first init has none to lose")
}
