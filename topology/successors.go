package topology

// Successors walks over the nodes that may take the place of a node's parent,
// the best first: the parent's own ancestors upwards, and then the first in
// natural order, the second and so on, up to the node itself. Each comes once,
// the parent never, and none comes that is after the node: whoever replaces
// whom, parents come before their children, so that no cycle can be made of
// them. It is a small value, made by [Tree.Successors]; a copy of it walks on
// from the same place.
type Successors struct {
	tree *Tree
	self int // the node's own index
	up   int // index of the next ancestor, -1: no more
	next int // index of the next other node
}

// Successors returns the walk for id; it is empty for an unknown id, and where
// there is no node before id but its parent.
func (t *Tree) Successors(id string) Successors {
	i, ok := t.index[id]
	if !ok || i == 0 {
		return Successors{tree: t, up: -1}
	}
	s := Successors{tree: t, self: i, up: t.parentIndex(i)}
	s.climb()
	if t.numChildren == 1 {
		s.next = i // all the others before it are ancestors
	}
	return s
}

// climb moves up to the parent of the ancestor that stands there.
func (s *Successors) climb() {
	if s.up == 0 {
		s.up = -1
		return
	}
	s.up = s.tree.parentIndex(s.up)
}

// Next returns the next node, and false if there is none.
func (s *Successors) Next() (id string, ok bool) {
	if s.up >= 0 {
		id = s.tree.nodes[s.up]
		s.climb()
		return id, true
	}
	for s.next < s.self {
		i := s.next
		s.next++
		if !s.tree.isAncestor(i, s.self) {
			return s.tree.nodes[i], true
		}
	}
	return "", false
}

// isAncestor reports whether the node at index a is on the way from the one at
// index i, which is larger, up to the root.
func (t *Tree) isAncestor(a, i int) bool {
	for i > a {
		i = t.parentIndex(i)
	}
	return i == a
}
