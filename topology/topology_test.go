package topology

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func nodeIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("n%d", i)
	}
	return ids
}

func mustNew(t testing.TB, ids []string, k int) *Tree {
	t.Helper()
	tree, err := New(ids, k)
	require.NoError(t, err)
	return tree
}

func TestTreeOfSevenByTwo(t *testing.T) {
	tree := mustNew(t, []string{"n10", "n2", "n0", "n1", "n4", "n3", "n5"}, 2)
	require.Equal(t, []string{"n0", "n1", "n2", "n3", "n4", "n5", "n10"}, tree.Nodes())
	require.Equal(t, 7, tree.Len())
	require.Equal(t, "n0", tree.Root())
	require.Equal(t, []string{"n1", "n2"}, tree.Children("n0"))
	require.Equal(t, []string{"n5", "n10"}, tree.Children("n2"))
	require.Empty(t, tree.Children("n10"))
	require.Equal(t, []string{"n0", "n3", "n4"}, tree.Neighbours("n1"))
	require.Equal(t, []string{"n2"}, tree.Neighbours("n10"))
	require.Equal(t, []string{"n2", "n0"}, tree.Ancestors("n10"))
	require.Empty(t, tree.Ancestors("n0"))
	require.Equal(t, 2, tree.Depth())

	parent, ok := tree.Parent("n10")
	require.True(t, ok)
	require.Equal(t, "n2", parent)
	_, ok = tree.Parent("n0")
	require.False(t, ok)
	index, ok := tree.Index("n10")
	require.True(t, ok)
	require.Equal(t, 6, index)
}

func TestUnknownNodeHasNothing(t *testing.T) {
	tree := mustNew(t, nodeIDs(5), 2)
	_, ok := tree.Index("c1")
	require.False(t, ok)
	_, ok = tree.Parent("c1")
	require.False(t, ok)
	_, ok = tree.DepthOf("c1")
	require.False(t, ok)
	require.Empty(t, tree.Children("c1"))
	require.Empty(t, tree.Neighbours("c1"))
	require.Empty(t, tree.Ancestors("c1"))
}

func TestATreeWithAnotherFanOutIsTheTreeMadeWithIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := nodeIDs(rapid.IntRange(1, 60).Draw(t, "n"))
		k := rapid.SampledFrom([]int{1, 2, 3, 7, 58, 59, 60, math.MaxInt}).Draw(t, "k")
		want, err := New(ids, k)
		require.NoError(t, err)
		base, err := New(ids, rapid.IntRange(1, 60).Draw(t, "other k"))
		require.NoError(t, err)
		require.Equal(t, want, base.WithNumChildren(k))
		one, err := New(ids, 1)
		require.NoError(t, err)
		require.Equal(t, one, base.WithNumChildren(-k))
	})
}

func TestWrongArgumentsAreErrors(t *testing.T) {
	for _, test := range []struct {
		ids  []string
		k    int
		want error
	}{
		{nil, 2, ErrNoNodes},
		{[]string{"n1", "n0", "n1"}, 2, ErrDuplicateNode},
		{nodeIDs(3), 0, ErrNumChildren},
		{nodeIDs(3), -1, ErrNumChildren},
	} {
		tree, err := New(test.ids, test.k)
		require.ErrorIs(t, err, test.want)
		require.Nil(t, tree)
	}
}

func TestLargeFanOutIsAStar(t *testing.T) {
	for _, k := range []int{4, 5, 100, math.MaxInt} {
		tree := mustNew(t, nodeIDs(5), k)
		require.Equal(t, []string{"n1", "n2", "n3", "n4"}, tree.Children("n0"))
		require.Equal(t, 1, tree.Depth())
	}
	require.Zero(t, mustNew(t, nodeIDs(1), math.MaxInt).Depth())
}

func TestReturnedSlicesCannotBeAppendedIntoTheTree(t *testing.T) {
	tree := mustNew(t, nodeIDs(7), 2)
	_ = append(tree.Children("n0"), "x")
	_ = append(tree.Neighbours("n0"), "x")
	_ = append(tree.Nodes(), "x")
	require.Equal(t, nodeIDs(7), tree.Nodes())
}

// The properties that a broadcast needs, for every tree of up to 300 nodes:
// each node but the root has one parent of a lower index (so there is no loop
// and everything hangs together), parent and children agree, every node is
// somebody's child once, no degree exceeds k+1, and the depth is the formula's.
func TestEveryTreeSpansWithoutALoop(t *testing.T) {
	for n := 1; n <= 300; n++ {
		ids := nodeIDs(n)
		for k := 1; k <= n; k++ {
			tree, err := New(ids, k)
			if err != nil {
				t.Fatal(err)
			}
			checkTree(t, tree, n, k)
		}
	}
}

// checkTree compares without require: it runs 45 000 times over 200 nodes.
func checkTree(t *testing.T, tree *Tree, n, k int) {
	t.Helper()
	depths := make([]int, n)
	childSeen, deepest := 0, 0
	for i, id := range tree.Nodes() {
		parentIndex := -1
		if parent, ok := tree.Parent(id); ok {
			parentIndex, _ = tree.Index(parent)
			depths[i] = depths[max(parentIndex, 0)] + 1
		}
		if (parentIndex < 0) != (i == 0) || parentIndex >= i {
			t.Fatalf("n=%d k=%d: parent of %d is %d", n, k, i, parentIndex)
		}
		deepest = max(deepest, depths[i])
		children := tree.Children(id)
		if len(children) > k {
			t.Fatalf("n=%d k=%d: %s has %d children", n, k, id, len(children))
		}
		for _, child := range children {
			// Level order: the children met in order are nodes 1, 2, 3, ...
			childSeen++
			if index, ok := tree.Index(child); !ok || index != childSeen {
				t.Fatalf("n=%d k=%d: child %s of %s out of order", n, k, child, id)
			}
			if parent, _ := tree.Parent(child); parent != id {
				t.Fatalf("n=%d k=%d: %s is a child of %s, its parent is %s", n, k, child, id, parent)
			}
		}
	}
	if childSeen != n-1 {
		t.Fatalf("n=%d k=%d: %d children in all", n, k, childSeen)
	}
	if got := Depth(n, k); got != deepest || tree.Depth() != deepest {
		t.Fatalf("n=%d k=%d: depth %d, formula %d, Depth() %d", n, k, deepest, got, tree.Depth())
	}
	last := tree.Nodes()[n-1]
	if got, ok := tree.DepthOf(last); !ok || got != deepest {
		t.Fatalf("n=%d k=%d: DepthOf(%s) = %d, want %d", n, k, last, got, deepest)
	}
}

func TestAncestorsAndNeighboursFollowTheParents(t *testing.T) {
	for _, n := range []int{1, 2, 7, 25, 100, 300} {
		for _, k := range []int{1, 2, 3, 5, 24, 300} {
			tree := mustNew(t, nodeIDs(n), k)
			for _, id := range tree.Nodes() {
				var want []string
				for at, ok := tree.Parent(id); ok; at, ok = tree.Parent(at) {
					want = append(want, at)
				}
				require.Equal(t, want, tree.Ancestors(id))
				depth, ok := tree.DepthOf(id)
				require.True(t, ok)
				require.Len(t, want, depth)

				neighbours := tree.Neighbours(id)
				require.LessOrEqual(t, len(neighbours), k+1)
				for _, neighbour := range neighbours {
					require.Contains(t, tree.Neighbours(neighbour), id, "links go both ways")
				}
			}
		}
	}
}

func TestDepthFormula(t *testing.T) {
	for _, test := range []struct{ n, k, want int }{
		{0, 1, 0}, {1, 1, 0}, {1, 9, 0}, {2, 1, 1}, {25, 1, 24}, {25, 2, 4}, {25, 3, 3}, {25, 4, 3}, {21, 4, 2},
		{22, 4, 3}, {25, 5, 2}, {25, 23, 2}, {25, 24, 1}, {25, 1000, 1}, {3, 2, 1}, {4, 2, 2}, {7, 2, 2}, {8, 2, 3},
		{math.MaxInt, math.MaxInt, 1}, {math.MaxInt, 2, 62}, {math.MaxInt, math.MaxInt - 1, 1}, {math.MaxInt, math.MaxInt - 2, 2},
	} {
		require.Equal(t, test.want, Depth(test.n, test.k), "Depth(%d, %d)", test.n, test.k)
		if test.k > 1 && test.n > 1 && test.n < 1000 {
			closed := math.Ceil(math.Log(float64(test.n*(test.k-1)+1))/math.Log(float64(test.k))-1e-9) - 1
			require.Equal(t, int(closed), Depth(test.n, test.k), "closed form of Depth(%d, %d)", test.n, test.k)
		}
	}
	require.Panics(t, func() { Depth(5, 0) })
}

func BenchmarkNewTenThousandNodes(b *testing.B) {
	ids := nodeIDs(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(ids, 5); err != nil {
			b.Fatal(err)
		}
	}
}
