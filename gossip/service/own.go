package service

import "treecast/gossip"

// strip takes out of a peer's message what it says of entries of the node's own log
// that were never given out, and reports whether there was anything. last is the
// highest counter that was given out. Whoever says so has damaged or forged it, or
// there are two of this life, as where a machine was put back to what it was a while
// ago. Entries under counters that the node is yet to give out would take the place
// of its own. A message that has brought such entries is not acked, so that it comes
// again.
func strip(m *gossip.Message, own gossip.OriginID, last uint64) (stripped bool) {
	if own == (gossip.OriginID{}) {
		return false
	}
	kept := m.Runs[:0]
	for _, r := range m.Runs {
		if r.Origin == own && len(r.Values) > 0 && r.First+uint64(len(r.Values))-1 > last {
			stripped, m.Batch = true, 0
			if r.First > last {
				continue
			}
			r.Values = r.Values[:last-r.First+1]
		}
		kept = append(kept, r)
	}
	m.Runs = kept
	if m.Digest == nil {
		return stripped
	}
	for i := range m.Digest.Lines {
		h := &m.Digest.Lines[i]
		if h.Origin != own {
			continue
		}
		counters := h.Counters[:0]
		for _, s := range h.Counters {
			if s.Last > last && s.First <= s.Last { // else the core says what is wrong with it
				stripped, s.Last = true, last
				if s.First > last {
					continue
				}
			}
			counters = append(counters, s)
		}
		h.Counters = counters
	}
	return stripped
}
