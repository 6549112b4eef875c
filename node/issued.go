package node

import (
	"sync/atomic"

	"treecast/gossip"
)

// issuedLog is the log of this life's own entries, and how far it goes. The record
// writes, and the gossip service holds peers to it: nobody can have more of it than
// this node has given out. Whoever says so has damaged or forged it, or there are
// two of this life, as where a machine was put back to what it was a while ago.
//
// Entries that came under counters that the node is yet to give out would take
// the place of its own, so they are not taken in. That is held against the log as
// it is: when the node has gone on to another one, they are entries as any other.
type issuedLog struct{ log atomic.Pointer[issuedTo] }

// issuedTo is one log.
type issuedTo struct {
	origin gossip.OriginID
	last   atomic.Uint64 // the highest counter that may be known to others
}

// start says which log it is from now on.
func (g *issuedLog) start(source gossip.OriginID) { g.log.Store(&issuedTo{origin: source}) }

// issue says that an entry is about to be given out. The service that applies
// entries does so.
func (g *issuedLog) issue(e *gossip.Entry) {
	if l := g.log.Load(); l != nil && l.origin == e.Origin {
		l.last.Store(max(l.last.Load(), e.Counter)) // there is one writer
	}
}

// current is the log, and the highest counter there that may be known to others.
func (g *issuedLog) current() (source gossip.OriginID, last uint64) {
	if l := g.log.Load(); l != nil {
		return l.origin, l.last.Load()
	}
	return source, 0
}
