package virtual

import (
	"time"

	"treecast/journal"
	"treecast/testbed/nemesis"
)

// mendedWithin is how long a node that is at work may take to notice that its
// journal was harmed, and to write it again from memory: twice what it promises.
// If it is killed before that, what the journal held may be lost with it.
const mendedWithin = 2 * time.Second

// harm is what a node has to notice, and to mend.
type harm struct {
	is bool
	at time.Duration // since when the node has had the time to; never: it stands still
	// late says that nobody knows how long it takes, as services are slow on
	// purpose.
	late bool
}

// mayShow says whether a kill now may lose what the journal held before.
func (h *harm) mayShow(now time.Duration) bool {
	return h.is && (h.late || h.at == never || now-h.at < mendedWithin)
}

// stop takes note that the node stands still.
func (h *harm) stop(now time.Duration) {
	if h.is = h.mayShow(now); h.is {
		h.at = never
	}
}

// goOn takes note that it goes on.
func (h *harm) goOn(now time.Duration) {
	if h.at == never {
		h.at = now
	}
}

// harmJournal does to a node's journal what the nemesis wants.
func (b *bed) harmJournal(h *host, what nemesis.Harm) {
	if h.kept == nil {
		return
	}
	h.kept.Harm(what.Keep, what.Whole)
	if h.node != nil {
		h.harm = harm{is: true, at: b.now, late: len(b.cfg.Node.Faults) > 0}
		if h.paused {
			h.harm.at = never
		}
	}
	if b.cfg.Watch != nil {
		b.cfg.Watch.Left(b.now, h.index, h.left)
	}
}

// left calls yield for what the next life would find.
func (h *host) left(yield func(origin, log string, first uint64, count int)) {
	h.kept.Each(func(r journal.Run) { yield(r.Node, r.Log, r.First, len(r.Values)) })
}
