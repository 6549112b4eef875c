package node

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/topology"
)

func TestTheFanOutIsTheOneGivenOrFollowsTheNumberOfNodes(t *testing.T) {
	for n, depths := range map[int][2]int{1: {0, 0}, 25: {1, 2}, 1001: {1, 5}, 1500: {2, 5}} {
		tree, err := topology.New(ids(n), 1)
		require.NoError(t, err)
		s := setup{members: tree}
		require.Equal(t, depths[0], s.tree(0).Depth(), "%d nodes, auto", n)
		require.Equal(t, depths[1], s.tree(5).Depth(), "%d nodes, k = 5", n)
	}
}
