// Package layout computes the neighbour lists that Maelstrom suggests to nodes
// in a topology request: line, grid, tree (tree2), tree3, tree4 and total.
//
// The functions are pure; neighbours stand in the order in which Maelstrom
// lists them. Nodes are free to ignore the suggestion, and ours do.
package layout

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Neighbours is one node's line in a layout.
type Neighbours struct {
	Node string
	Of   []string // never nil
}

// Layout lists the neighbours of nodes, in the order of the nodes. A node that
// the layout has nothing to say about (a line of one node) is missing.
type Layout []Neighbours

// Default is the layout used when none is asked for.
const Default = "grid"

// kinds maps a layout's name to its function. The order is that of Names.
var kinds = []struct {
	name  string
	build func(nodes []string) Layout
}{
	{"line", line},
	{"grid", grid},
	{"tree", func(nodes []string) Layout { return tree(nodes, 2) }},
	{"tree2", func(nodes []string) Layout { return tree(nodes, 2) }},
	{"tree3", func(nodes []string) Layout { return tree(nodes, 3) }},
	{"tree4", func(nodes []string) Layout { return tree(nodes, 4) }},
	{"total", total},
}

// Names lists the layouts that New knows.
func Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// New computes the named layout over nodes, in the order given. An unknown
// name is an error that lists the known ones.
func New(name string, nodes []string) (Layout, error) {
	for _, k := range kinds {
		if k.name == name {
			return k.build(nodes), nil
		}
	}
	return nil, fmt.Errorf("no topology is called %q; choose one of %s", name, strings.Join(Names(), ", "))
}

// MarshalJSON writes the object that a topology request carries: node id to
// list of neighbour ids, in the order of the layout.
func (l Layout) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, n := range l {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(n.Node)
		if err != nil {
			return nil, err
		}
		of, err := json.Marshal(n.Of)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), of...)
	}
	return append(out, '}'), nil
}

// line joins each node to its predecessor and successor.
func line(nodes []string) Layout {
	if len(nodes) < 2 {
		return Layout{}
	}
	l := make(Layout, len(nodes))
	for i, node := range nodes {
		l[i].Node = node
		if i > 0 {
			l[i].Of = append(l[i].Of, nodes[i-1])
		}
		if i+1 < len(nodes) {
			l[i].Of = append(l[i].Of, nodes[i+1])
		}
	}
	return l
}

// grid fills a square of side ceil(sqrt n) row by row; neighbours are listed
// below, above, right, left.
func grid(nodes []string) Layout {
	n := len(nodes)
	side := int(math.Ceil(math.Sqrt(float64(n))))
	l := make(Layout, n)
	for k, node := range nodes {
		row, column := k/side, k%side
		of := []string{}
		for _, at := range [][2]int{{row + 1, column}, {row - 1, column}, {row, column + 1}, {row, column - 1}} {
			i := at[0]*side + at[1]
			if at[0] >= 0 && at[1] >= 0 && at[1] < side && i < n {
				of = append(of, nodes[i])
			}
		}
		l[k] = Neighbours{Node: node, Of: of}
	}
	return l
}

// tree makes nodes[0] the root and gives every node up to b children, level by
// level; the parent is listed first.
func tree(nodes []string, b int) Layout {
	l := make(Layout, len(nodes))
	for i, node := range nodes {
		of := []string{}
		if i > 0 {
			of = append(of, nodes[(i-1)/b])
		}
		for c := b*i + 1; c <= b*i+b && c < len(nodes); c++ {
			of = append(of, nodes[c])
		}
		l[i] = Neighbours{Node: node, Of: of}
	}
	return l
}

// total joins everyone to everyone else.
func total(nodes []string) Layout {
	l := make(Layout, len(nodes))
	for i, node := range nodes {
		of := make([]string, 0, len(nodes)-1)
		of = append(of, nodes[:i]...)
		of = append(of, nodes[i+1:]...)
		l[i] = Neighbours{Node: node, Of: of}
	}
	return l
}
