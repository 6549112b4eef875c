package service

import "treecast/gossip"

// holdBack takes note of which entries are not durable.
func (s *Service) holdBack(n *NotDurable) {
	s.notDurable = nil
	if len(n.Lines) == 0 {
		return
	}
	s.notDurable = gossip.NewDigest()
	for _, line := range n.Lines {
		for _, span := range line.Counters {
			s.notDurable.AddSpan(line.Origin, span)
		}
	}
}

// isHeldBack reports whether a message brings an entry that is not durable.
func (s *Service) isHeldBack(m *gossip.Message) bool {
	if s.cfg.Shared.Withhold != nil && s.cfg.Shared.Withhold(m) {
		return true
	}
	if s.notDurable == nil {
		return false
	}
	for _, r := range m.Runs {
		for i := range r.Values {
			if s.notDurable.Contains(r.Origin, r.First+uint64(i)) {
				return true
			}
		}
	}
	return false
}
