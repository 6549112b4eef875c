package service

import (
	"errors"
	"time"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/topology"
)

var errNotBegun = errors.New("it came before this node's gossip had begun")

// begin makes a core, for a new incarnation of the service.
func (s *Service) begin(now time.Duration, m *Membership) {
	tree := m.tree(s.cfg.NumChildren)
	direct := isDirect(s.cfg.Gossip.Rounds, tree)
	neighbours := treeNeighbours(tree, m.Self)
	if direct {
		neighbours = everyone(tree, m.Self)
	}
	permits := s.cfg.Permits
	if permits.Total == 0 {
		permits.Total = len(neighbours)
	}
	s.carriers = len(neighbours)
	var err error
	if s.permits, err = backpressure.NewPermits(permits); err != nil { // it was checked
		s.out.Trouble = err
		return
	}
	cfg := s.cfg.Gossip
	cfg.Incarnation = max(cfg.Incarnation, m.Epoch) + s.lives
	cfg.Neighbours = neighbours
	cfg.Depth, cfg.Height = len(tree.Ancestors(m.Self)), height(tree, m.Self)
	cfg.Direct, cfg.Self = direct, m.Self
	cfg.Tree = tree
	cfg.Phase, cfg.Seed = m.Phase, m.Seed
	cfg.Fresh = s.lives == 0 && !m.Former
	former := s.optional.figures
	s.optional = &optional{Permits: s.permits, inTree: map[string]bool{}, figures: former}
	for _, n := range neighbours {
		s.optional.inTree[n.Name] = true
	}
	cfg.Busy, cfg.Permits = s.optional.busy, s.optional
	if m.Greet {
		// Not at once: a peer may not have been started yet, and a message to
		// it would make Maelstrom deaf to us.
		cfg.GreetAt = now + time.Second
	}
	s.lives++
	core, err := s.newCore(now, cfg)
	if err != nil {
		s.out.Trouble = err
		return
	}
	s.core = core
}

// newCore makes a core as the configuration has it.
func (s *Service) newCore(now time.Duration, cfg gossip.Config) (gossip.Machine, error) {
	if s.cfg.NewCore != nil {
		return s.cfg.NewCore(now, cfg, s.log)
	}
	return gossip.New(now, cfg, s.log)
}

// isDirect reports whether every node sends to every other, as eager rounds do
// where the fan-out would make a star: one hop instead of two.
func isDirect(rounds gossip.Rounds, tree *topology.Tree) bool {
	return rounds == gossip.Eager && tree.Depth() <= 1
}

// everyone lists all other nodes as neighbours.
func everyone(tree *topology.Tree, id string) []gossip.Neighbour {
	var out []gossip.Neighbour
	for _, other := range tree.Nodes() {
		if other != id {
			out = append(out, gossip.Neighbour{Name: other, Role: gossip.Child, Leaf: true})
		}
	}
	return out
}

// height is the number of levels below a node. The first child's subtree is
// the deepest of a tree that is filled level by level.
func height(tree *topology.Tree, id string) int {
	levels := 0
	for children := tree.Children(id); len(children) > 0; children = tree.Children(children[0]) {
		levels++
	}
	return levels
}

// treeNeighbours lists a node's links in a tree, the parent first.
func treeNeighbours(tree *topology.Tree, id string) []gossip.Neighbour {
	var out []gossip.Neighbour
	if parent, ok := tree.Parent(id); ok {
		out = append(out, gossip.Neighbour{Name: parent, Role: gossip.Parent})
	}
	for _, child := range tree.Children(id) {
		out = append(out, gossip.Neighbour{Name: child, Role: gossip.Child, Leaf: len(tree.Children(child)) == 0})
	}
	return out
}
