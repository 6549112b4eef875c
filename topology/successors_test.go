package topology

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func successorsOf(t *Tree, id string) (out []string) {
	s := t.Successors(id)
	for next, ok := s.Next(); ok; next, ok = s.Next() {
		out = append(out, next)
	}
	return out
}

func TestSuccessorsAreAncestorsFirst(t *testing.T) {
	tree := mustNew(t, nodeIDs(25), 3) // the parent of 24 is 7, of 7 is 2, of 2 is 0
	require.Equal(t, []string{"n2", "n0", "n1", "n3", "n4", "n5", "n6"}, successorsOf(tree, "n24")[:7])
	require.Equal(t, []string{"n0", "n2", "n3"}, successorsOf(tree, "n4")) // the parent is n1
	require.Equal(t, []string{"n1"}, successorsOf(tree, "n2"))
	require.Empty(t, successorsOf(tree, "n1"))
	require.Empty(t, successorsOf(tree, "n0"))
	require.Empty(t, successorsOf(tree, "c1"))
}

// Everybody before a node can replace its parent, once, and nobody else can.
func TestSuccessorsAreAllThatComeBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		tree, err := New(nodeIDs(n), rapid.IntRange(1, 60).Draw(t, "k"))
		require.NoError(t, err)
		i := rapid.IntRange(0, n-1).Draw(t, "i")
		id := tree.Nodes()[i]
		got := successorsOf(tree, id)
		ancestors := tree.Ancestors(id)
		if i > 0 {
			require.True(t, slices.Equal(ancestors[1:], got[:len(ancestors)-1]), "%v of %v", got, ancestors)
			others := got[len(ancestors)-1:]
			require.True(t, slices.IsSortedFunc(others, compare))
			got = append(slices.Clone(got), ancestors[0])
		}
		slices.SortFunc(got, compare)
		require.True(t, slices.Equal(tree.Nodes()[:i], got), "%v", got)
	})
}

func TestAWalkOverSuccessorsCanBeCopied(t *testing.T) {
	tree := mustNew(t, nodeIDs(25), 24)
	s := tree.Successors("n9")
	s.Next()
	copied := s
	a, _ := s.Next()
	b, ok := copied.Next()
	require.True(t, ok)
	require.Equal(t, a, b)
}

func TestSuccessorsInALongChainAreFoundQuickly(t *testing.T) {
	tree := mustNew(t, nodeIDs(10_000), 1)
	require.Len(t, successorsOf(tree, "n9999"), 9998)
}
