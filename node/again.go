package node

import (
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
	is   bool
	of   gossip.OriginID // the old log
	last uint64          // of its counters that this life may have used
	next int             // the position in the record's log to look at
}

// mostAgain is how many entries are looked at in one step.
const mostAgain = 64

// goOnElsewhere has the node's entries go on in a log of another name.
func (r *record) goOnElsewhere(name string, why string) {
	if r.again.is {
		return
	}
	r.logger.Error("a peer has entries of this node's own log that it has not given out: there are two of this life, or somebody forges its entries. It goes on in a new log, and gives out there again what it has given out",
		"peer", why, "entries", r.counter)
	r.count.ownLogs.Add(1)
	r.again = again{is: true, of: r.source, last: r.counter}
	r.logName, r.counter, r.keeping.used = name, 0, 0
	r.source = gossip.NewOriginID(r.source.Value().Node, name)
	r.given.begin(r.source)
}

// owesAgain reports whether something is left to be given out again.
func (r *record) owesAgain() bool { return r.again.is && r.again.next < r.log.Len() }

// giveAgain gives out some of it; there is room in the journal's queue.
func (r *record) giveAgain(now time.Duration) {
	for range mostAgain {
		if !r.owesAgain() || !r.keeping.room() {
			return
		}
		at := r.again.next
		r.again.next++
		e := r.log.At(at)
		if e.Origin != r.again.of || e.Counter > r.again.last {
			continue
		}
		key, err := wire.Canonical([]byte(e.Value))
		if err != nil {
			continue // it was checked when it came
		}
		r.counter++
		if r.keeping.queue != nil {
			r.keeping.ownOut++
			r.hand(now, keep{kind: keepAgain, source: r.source, counter: r.counter, value: e.Value, key: key, position: at, request: request{came: now}})
			continue
		}
		again := gossip.Entry{Origin: r.source, Counter: r.counter, Value: e.Value}
		r.own(now, &again, key, request{}, false)
	}
}
