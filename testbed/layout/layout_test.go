package layout

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func names(n int) []string {
	nodes := make([]string, n)
	for i := range nodes {
		nodes[i] = fmt.Sprintf("n%d", i)
	}
	return nodes
}

// The expected objects are Maelstrom's own: its documentation shows the grid,
// and its code gives the order of a node's neighbours.
func TestLayoutsAsMaelstromSpellsThem(t *testing.T) {
	for _, c := range []struct {
		name  string
		nodes int
		want  string
	}{
		{"line", 0, `{}`},
		{"line", 1, `{}`},
		{"line", 2, `{"n0":["n1"],"n1":["n0"]}`},
		{"line", 3, `{"n0":["n1"],"n1":["n0","n2"],"n2":["n1"]}`},
		{"grid", 1, `{"n0":[]}`},
		{"grid", 2, `{"n0":["n1"],"n1":["n0"]}`},
		{"grid", 5, `{"n0":["n3","n1"],"n1":["n4","n2","n0"],"n2":["n1"],"n3":["n0","n4"],"n4":["n1","n3"]}`},
		{"tree", 4, `{"n0":["n1","n2"],"n1":["n0","n3"],"n2":["n0"],"n3":["n1"]}`},
		{"tree2", 4, `{"n0":["n1","n2"],"n1":["n0","n3"],"n2":["n0"],"n3":["n1"]}`},
		{"tree3", 5, `{"n0":["n1","n2","n3"],"n1":["n0","n4"],"n2":["n0"],"n3":["n0"],"n4":["n1"]}`},
		{"tree4", 3, `{"n0":["n1","n2"],"n1":["n0"],"n2":["n0"]}`},
		{"total", 1, `{"n0":[]}`},
		{"total", 3, `{"n0":["n1","n2"],"n1":["n0","n2"],"n2":["n0","n1"]}`},
	} {
		l, err := New(c.name, names(c.nodes))
		require.NoError(t, err)
		got, err := json.Marshal(l)
		require.NoError(t, err)
		require.Equal(t, c.want, string(got), "%s of %d", c.name, c.nodes)
	}
}

func TestUnknownLayoutNamesTheKnownOnes(t *testing.T) {
	_, err := New("ring", names(3))
	require.ErrorContains(t, err, "line, grid, tree, tree2, tree3, tree4, total")
}

func TestEveryLayoutIsSymmetricAndConnected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 120).Draw(t, "nodes")
		l, err := New(rapid.SampledFrom(Names()).Draw(t, "layout"), names(n))
		require.NoError(t, err)
		require.Len(t, l, n)
		of := map[string][]string{}
		for _, line := range l {
			of[line.Node] = line.Of
		}
		for node, neighbours := range of {
			for _, other := range neighbours {
				require.NotEqual(t, node, other)
				require.Contains(t, of[other], node)
			}
		}
		seen, todo := map[string]bool{"n0": true}, []string{"n0"}
		for len(todo) > 0 {
			for _, next := range of[todo[0]] {
				if !seen[next] {
					seen[next] = true
					todo = append(todo, next)
				}
			}
			todo = todo[1:]
		}
		require.Len(t, seen, n, "everyone can be reached from the first node")
	})
}
