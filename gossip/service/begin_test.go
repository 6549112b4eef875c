package service

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/topology"
)

func TestTheFanOutIsTheOneGivenOrFollowsTheNumberOfNodes(t *testing.T) {
	for n, depths := range map[int][2]int{1: {0, 0}, 25: {1, 2}, 1001: {1, 5}, 1500: {2, 5}} {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprint("n", i))
		}
		tree, err := topology.New(names, 1)
		require.NoError(t, err)
		s := Membership{Members: tree}
		require.Equal(t, depths[0], s.tree(0).Depth(), "%d nodes, auto", n)
		require.Equal(t, depths[1], s.tree(5).Depth(), "%d nodes, k = 5", n)
	}
}
