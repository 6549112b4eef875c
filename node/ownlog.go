package node

import (
	"sync/atomic"
	"time"

	"treecast/gossip"
)

// issuedLog is the log of the node's own entries and the highest counter issued there. The
// service that applies entries writes it; gossip checks peers against it. A peer that has
// a higher counter got it from damage, from a forgery, or from a second process with the
// same log, as after a virtual machine was set back to a snapshot.
//
// Entries with counters that are yet to be issued would take the place of the node's own,
// so they are not accepted. Once the node has switched to another log, entries of the old
// one are accepted as any others are.
type issuedLog struct{ log atomic.Pointer[issuedTo] }

// issuedTo is one log and how far it is issued.
type issuedTo struct {
	origin gossip.OriginID
	last   atomic.Uint64 // the highest counter that others may know
}

// start begins a log.
func (g *issuedLog) start(origin gossip.OriginID) { g.log.Store(&issuedTo{origin: origin}) }

// issue says that others are about to learn of an entry. There is one writer.
func (g *issuedLog) issue(e *gossip.Entry) {
	if l := g.log.Load(); l != nil && l.origin == e.Origin {
		l.last.Store(max(l.last.Load(), e.Counter))
	}
}

// current is the log and the highest counter that others may know.
func (g *issuedLog) current() (origin gossip.OriginID, last uint64) {
	if l := g.log.Load(); l != nil {
		return l.origin, l.last.Load()
	}
	return origin, 0
}

// reissue is the state of a node that has switched to a new log, because a peer has
// counters of the old one that it never issued. Others may have other values under these
// counters, so the node issues its values again in the new log. Reads show each once.
//
// That happens at most once in an incarnation, so a peer that forges counters makes a node
// send its values twice, and no more often.
type reissue struct {
	active atomic.Bool     // the journal then wakes the store when the log has grown
	from   gossip.OriginID // the old log
	last   uint64          // of its counters
	next   int             // position in state.log to look at
}

// reissuePerStep is how many entries one step looks at.
const reissuePerStep = 64

// switchLog makes the node's entries go on in a log of another name.
func (s *store) switchLog(name string, why string) {
	if s.reissue.active.Load() {
		return
	}
	s.log.Error("a peer has entries of this node's own log that it has not given out: there are two of this life, or somebody forges its entries. It goes on in a new log, and gives out there again what it has given out",
		"peer", why, "entries", s.counter)
	s.counters.logSwitches.Add(1)
	s.reissue.from, s.reissue.last = s.origin, s.counter
	s.reissue.active.Store(true)
	s.logName, s.counter = name, 0
	s.startLog(s.origin.Value().Node)
}

// reissueDue reports whether an entry is left to be issued again, and can be.
func (s *store) reissueDue() bool {
	return s.reissue.active.Load() && s.reissue.next < s.state.log.Len() && (s.journal == nil || !s.failing.Load() && s.journal.Depth() < s.journal.Capacity())
}

// reissueSome gives out some of it.
func (s *store) reissueSome(now time.Duration) {
	for looked := 0; looked < reissuePerStep && s.reissueDue(); looked++ {
		e := s.state.log.At(s.reissue.next)
		if e.Origin == s.reissue.from && e.Counter <= s.reissue.last && s.kind != nil && s.kind.Again {
			key, err := s.kind.Check(e.Value)
			if err != nil {
				key = e.Value // it was checked when it came
			}
			s.give(now, walItem{
				kind: walOwn, replyTo: replyTo{arrived: now}, key: key,
				entry: gossip.Entry{Origin: s.origin, Counter: s.counter + 1, Value: e.Value},
			})
		}
		s.reissue.next++
	}
}
