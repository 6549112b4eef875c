// Package topology is the spanning tree that every node of a cluster computes
// alike from the ids of the nodes and the fan-out (num_children), with no
// message exchanged about it.
//
// The ids are put in natural order (see [Less]); the first is the root, and
// the parent of the node at index i is the node at index (i-1)/k. Nothing but
// the sorted ids and a map from id to index is stored, so that a tree costs
// the same for every fan-out and a tree of 10 000 nodes is cheap.
//
// Concurrency: a [Tree] never changes after [New] has returned it and may be
// used from any number of goroutines. Slices that are documented as shared
// must not be written to. Nothing here queues, so nothing can be full.
package topology

import (
	"errors"
	"fmt"
	"slices"
)

// The errors of [New]; they come wrapped with the offending value.
var (
	ErrNoNodes       = errors.New("no node ids")
	ErrDuplicateNode = errors.New("duplicate node id")
	ErrNumChildren   = errors.New("num_children must be at least 1")
)

// Tree is a k-ary spanning tree over node ids. Make one with [New].
type Tree struct {
	nodes       []string // in natural order
	index       map[string]int
	numChildren int // 1..max(1, n-1)
}

// New makes the tree of nodeIDs, given in any order, in which every node has
// at most numChildren children. A numChildren of n-1 or more gives a star
// around the root, 1 a chain. nodeIDs is copied.
//
// The error is [ErrNoNodes], [ErrDuplicateNode] or [ErrNumChildren].
func New(nodeIDs []string, numChildren int) (*Tree, error) {
	if len(nodeIDs) == 0 {
		return nil, fmt.Errorf("topology: %w", ErrNoNodes)
	}
	if numChildren < 1 {
		return nil, fmt.Errorf("topology: %w, not %d", ErrNumChildren, numChildren)
	}
	t := &Tree{
		nodes:       slices.Clone(nodeIDs),
		index:       make(map[string]int, len(nodeIDs)),
		numChildren: bounded(numChildren, len(nodeIDs)),
	}
	slices.SortFunc(t.nodes, compare)
	for i, id := range t.nodes {
		if i > 0 && t.nodes[i-1] == id {
			return nil, fmt.Errorf("topology: %w: %q", ErrDuplicateNode, id)
		}
		t.index[id] = i
	}
	return t, nil
}

// WithNumChildren returns the tree of the same nodes with another fan-out, at
// least 1 (a smaller one counts as 1). What it costs does not depend on the
// number of nodes.
func (t *Tree) WithNumChildren(numChildren int) *Tree {
	out := *t
	out.numChildren = bounded(numChildren, len(t.nodes))
	return &out
}

// bounded cuts a fan-out to what n nodes can use, so that k*i+1 cannot overflow.
func bounded(numChildren, n int) int { return max(1, min(numChildren, n-1)) }

// Len is the number of nodes, at least 1.
func (t *Tree) Len() int { return len(t.nodes) }

// Nodes returns all ids in natural order, the root first. The slice is shared.
func (t *Tree) Nodes() []string { return slices.Clip(t.nodes) }

// Root returns the id of the root, the first in natural order.
func (t *Tree) Root() string { return t.nodes[0] }

// Index returns the position of id in [Tree.Nodes], and whether it is there.
func (t *Tree) Index(id string) (int, bool) {
	i, ok := t.index[id]
	return i, ok
}

// Parent returns the parent of id; false for the root and for an unknown id.
func (t *Tree) Parent(id string) (string, bool) {
	i, ok := t.index[id]
	if !ok || i == 0 {
		return "", false
	}
	return t.nodes[t.parentIndex(i)], true
}

// Children returns the children of id in natural order; none for a leaf and
// for an unknown id. The slice is shared: the children of a node stand side by
// side in [Tree.Nodes].
func (t *Tree) Children(id string) []string {
	i, ok := t.index[id]
	if !ok {
		return nil
	}
	first := min(t.numChildren*i+1, len(t.nodes))
	end := min(first+t.numChildren, len(t.nodes))
	return t.nodes[first:end:end]
}

// Neighbours returns the parent of id, if it has one, and then its children:
// at most numChildren+1 ids, in natural order. The slice is the caller's.
func (t *Tree) Neighbours(id string) []string {
	children := t.Children(id)
	neighbours := make([]string, 0, len(children)+1)
	if parent, ok := t.Parent(id); ok {
		neighbours = append(neighbours, parent)
	}
	return append(neighbours, children...)
}

// Ancestors returns the nodes on the way from id up to the root: its parent
// first, the root last, id itself not among them; none for the root and for an
// unknown id. The slice is the caller's.
func (t *Tree) Ancestors(id string) []string {
	var ancestors []string
	for i := t.index[id]; i > 0; {
		i = t.parentIndex(i)
		ancestors = append(ancestors, t.nodes[i])
	}
	return ancestors
}

// Depth is the number of hops from the root to the deepest node: 0 for a
// single node. It is Depth(n, numChildren).
func (t *Tree) Depth() int { return t.depthOfIndex(len(t.nodes) - 1) }

// DepthOf is the number of hops from the root to id, 0 for the root; false for
// an unknown id.
func (t *Tree) DepthOf(id string) (int, bool) {
	i, ok := t.index[id]
	if !ok {
		return 0, false
	}
	return t.depthOfIndex(i), true
}

func (t *Tree) parentIndex(i int) int { return (i - 1) / t.numChildren }

func (t *Tree) depthOfIndex(i int) int {
	if t.numChildren == 1 {
		return i // a chain: do not walk it
	}
	depth := 0
	for ; i > 0; i = t.parentIndex(i) {
		depth++
	}
	return depth
}

// Depth is the depth of a k-ary tree of n nodes that is filled level by level:
// the smallest d with 1 + k + k^2 + ... + k^d >= n, which is n-1 for k = 1 and
// ceil(log_k(n*(k-1)+1)) - 1 for k > 1. It is 0 for n < 2. k must be at
// least 1; Depth panics otherwise.
func Depth(n, k int) int {
	if k < 1 {
		panic(fmt.Sprintf("topology: Depth of fan-out %d", k))
	}
	if n < 2 {
		return 0
	}
	if k == 1 {
		return n - 1
	}
	depth, width, below := 0, 1, n-1 // below: nodes deeper than depth
	for below > 0 {
		if width > below/k { // the next level holds all that is left
			return depth + 1
		}
		width *= k
		below -= width
		depth++
	}
	return depth
}
