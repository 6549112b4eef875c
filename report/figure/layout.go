package figure

import (
	"math"
	"slices"

	"treecast/run"
)

// place numbers the nodes, parents before children, and gives each its place: a
// ring for every depth, and on it an angle in proportion to how many leaves
// there are below. It returns the number of every name.
func (t *Tree) place(m *run.Messages, nodes []int32, parents map[int32]int32) map[int32]int {
	children := map[int32][]int32{}
	for _, n := range nodes { // in natural order
		children[parents[n]] = append(children[parents[n]], n)
	}
	at := map[int32]int{}
	var order []int32
	for queue := slices.Clone(children[-1]); len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		node := TreeNode{Name: m.Names[n], Parent: -1}
		if p, ok := at[parents[n]]; ok {
			node.Parent, node.Depth = p, t.Nodes[p].Depth+1
		}
		at[n] = len(t.Nodes)
		t.Nodes = append(t.Nodes, node)
		order = append(order, n)
		queue = append(queue, children[n]...)
	}
	leaves := make([]float64, len(t.Nodes))
	deepest := 1
	for i := len(t.Nodes) - 1; i >= 0; i-- {
		if leaves[i] == 0 {
			leaves[i] = 1
		}
		if p := t.Nodes[i].Parent; p >= 0 {
			leaves[p] += leaves[i]
		}
		deepest = max(deepest, t.Nodes[i].Depth)
	}
	// Several roots share the circle, each at a ring's centre of its own wedge.
	roots := children[-1]
	whole := 0.0
	for _, r := range roots {
		whole += leaves[at[r]]
	}
	start := make([]float64, len(t.Nodes)) // angle at which a node's wedge begins, and is used up to
	wedge := 0.0
	for _, r := range roots {
		start[at[r]] = wedge
		wedge += 2 * math.Pi * leaves[at[r]] / whole
	}
	for i := range order {
		n := &t.Nodes[i]
		width := 2 * math.Pi * leaves[i] / whole
		if n.Parent >= 0 {
			n0 := n.Parent
			angle := start[n0]
			start[n0] += width
			start[i] = angle
			ring := float64(n.Depth) / float64(deepest)
			n.X, n.Y = ring*math.Sin(angle+width/2), -ring*math.Cos(angle+width/2)
			continue
		}
		if len(roots) > 1 {
			angle := start[i] + width/2
			n.X, n.Y = math.Sin(angle), -math.Cos(angle)
			if leaves[i] > 1 {
				n.X, n.Y = 0, 0
			}
		}
	}
	return at
}
