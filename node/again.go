package node

import (
	"sync/atomic"
	"time"

	"treecast/gossip"
	"treecast/wire"
)

// again is a log that others have more of than this life has given out: the node
// goes on in a new one, and gives out there, once more, what it has given out in
// the old one, as others may have other values under the same counters. It shows
// no value twice.
//
// That happens once in a life at most: whoever forges counters has a node give out
// its values twice, and not more often.
type again struct {
	is   atomic.Bool     // it was; the journal then says when the log has grown
	of   gossip.OriginID // the old log
	last uint64          // of its counters that this life may have used
	next int             // the position in the record's log to look at
}

// mostAgain is how many entries are looked at in one step.
const mostAgain = 64

// goOnElsewhere has the node's entries go on in a log of another name.
func (r *record) goOnElsewhere(name string, why string) {
	if r.again.is.Load() {
		return
	}
	r.logger.Error("a peer has entries of this node's own log that it has not given out: there are two of this life, or somebody forges its entries. It goes on in a new log, and gives out there again what it has given out",
		"peer", why, "entries", r.counter)
	r.count.ownLogs.Add(1)
	r.again.of, r.again.last = r.source, r.counter
	r.again.is.Store(true)
	r.logName, r.counter = name, 0
	r.source = gossip.NewOriginID(r.source.Value().Node, name)
	r.given.begin(r.source)
}

// owesAgain reports whether something is left to be given out again, and can be.
func (r *record) owesAgain() bool {
	return r.again.is.Load() && r.again.next < r.state.log.Len() && (r.journal == nil || !r.failing.Load() && r.journal.Depth() < r.journal.Capacity())
}

// giveAgain gives out some of it.
func (r *record) giveAgain(now time.Duration) {
	for looked := 0; looked < mostAgain && r.owesAgain(); looked++ {
		e := r.state.log.At(r.again.next)
		if e.Origin == r.again.of && e.Counter <= r.again.last {
			key, err := wire.Canonical([]byte(e.Value))
			if err != nil {
				key = e.Value // it was checked when it came
			}
			again := gossip.Entry{Origin: r.source, Counter: r.counter + 1, Value: e.Value}
			if r.journal == nil {
				r.own(now, &again, key, request{}, false)
			} else if !r.journal.Offer(now, walItem{kind: walOwn, request: request{came: now}, entry: again, key: key}) {
				return
			}
			r.counter++
		}
		r.again.next++
	}
}
