package node

import (
	"sync/atomic"

	"treecast/gossip"
)

// given is the log of this life's own entries, and how far it goes. The record
// writes, and the gossip service holds peers to it: nobody can have more of it than
// this node has given out. Whoever says so has damaged or forged it, or there are
// two of this life, as where a machine was put back to what it was a while ago.
//
// Entries that came under counters that the node is yet to give out would take
// the place of its own, so they are not taken in. That is held against the log as
// it is: when the node has gone on to another one, they are entries as any other.
type given struct{ log atomic.Pointer[givenLog] }

// givenLog is one log.
type givenLog struct {
	source gossip.SourceID
	last   atomic.Uint64 // the highest counter that may be known to others
}

// begin says which log it is from now on.
func (g *given) begin(source gossip.SourceID) { g.log.Store(&givenLog{source: source}) }

// note says that an entry is about to be given out.
func (g *given) note(counter uint64) {
	if l := g.log.Load(); l != nil {
		l.last.Store(max(l.last.Load(), counter)) // there is one writer
	}
}

// strip takes out of a peer's message what it says of entries that were never
// given out, and reports whether there was anything. A message that has brought
// such entries is not acked, so that it comes again.
func (g *given) strip(m *gossip.Message) (stripped bool) {
	l := g.log.Load()
	if l == nil {
		return false
	}
	last := l.last.Load()
	kept := m.Runs[:0]
	for _, r := range m.Runs {
		if r.Source == l.source && len(r.Values) > 0 && r.First+uint64(len(r.Values))-1 > last {
			stripped, m.Batch = true, 0
			if r.First > last {
				continue
			}
			r.Values = r.Values[:last-r.First+1]
		}
		kept = append(kept, r)
	}
	m.Runs = kept
	if m.Vector == nil {
		return stripped
	}
	for i := range m.Vector.Held {
		h := &m.Vector.Held[i]
		if h.Source != l.source {
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
