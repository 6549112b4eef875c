package node

import (
	"sync/atomic"
	"time"

	"treecast/gossip"
	"treecast/wire"
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

// reissue is a log that others have more of than this life has given out: the node
// goes on in a new one, and gives out there, once more, what it has given out in
// the old one, as others may have other values under the same counters. It shows
// no value twice.
//
// That happens once in a life at most: whoever forges counters has a node give out
// its values twice, and not more often.
type reissue struct {
	active atomic.Bool     // it was; the journal then says when the log has grown
	from   gossip.OriginID // the old log
	last   uint64          // of its counters that this life may have used
	next   int             // the position in the store's log to look at
}

// mostAgain is how many entries are looked at in one step.
const reissuePerStep = 64

// switchLog has the node's entries go on in a log of another name.
func (r *store) switchLog(name string, why string) {
	if r.reissue.active.Load() {
		return
	}
	r.log.Error("a peer has entries of this node's own log that it has not given out: there are two of this life, or somebody forges its entries. It goes on in a new log, and gives out there again what it has given out",
		"peer", why, "entries", r.counter)
	r.counters.logSwitches.Add(1)
	r.reissue.from, r.reissue.last = r.origin, r.counter
	r.reissue.active.Store(true)
	r.logName, r.counter = name, 0
	r.origin = gossip.NewOriginID(r.origin.Value().Node, name)
	r.issued.start(r.origin)
}

// reissueDue reports whether something is left to be given out again, and can be.
func (r *store) reissueDue() bool {
	return r.reissue.active.Load() && r.reissue.next < r.state.log.Len() && (r.journal == nil || !r.failing.Load() && r.journal.Depth() < r.journal.Capacity())
}

// reissueSome gives out some of it.
func (r *store) reissueSome(now time.Duration) {
	for looked := 0; looked < reissuePerStep && r.reissueDue(); looked++ {
		e := r.state.log.At(r.reissue.next)
		if e.Origin == r.reissue.from && e.Counter <= r.reissue.last {
			key, err := wire.Canonical([]byte(e.Value))
			if err != nil {
				key = e.Value // it was checked when it came
			}
			again := gossip.Entry{Origin: r.origin, Counter: r.counter + 1, Value: e.Value}
			if r.journal == nil {
				r.own(now, &again, key, replyTo{}, false)
			} else if !r.journal.Offer(now, walItem{kind: walOwn, replyTo: replyTo{arrived: now}, entry: again, key: key}) {
				return
			}
			r.counter++
		}
		r.reissue.next++
	}
}
