package node

import (
	"sync"
	"sync/atomic"

	"treecast/journal"
)

// outcome is what became of a batch. Of what was opened, err may say that it
// could not be, and opened is what the node begins with all the same.
type outcome struct {
	batch  []*keep
	err    error
	opened *journal.Recovered
}

// outcomes is how the journal service answers the record. It holds no more
// than the journal queue did, so it needs no bound of its own, and the journal
// never waits for the record: there is no cycle of bounded queues.
type outcomes struct {
	committed atomic.Uint64 // items that the record has dealt with

	mu    sync.Mutex
	done  []outcome
	spare [][]*keep // slices for batches
	wake  wake      // the record's
	any   atomic.Bool
}

func newOutcomes(w wake) *outcomes { return &outcomes{wake: w} }

// put leaves an outcome.
func (o *outcomes) put(item outcome) {
	o.mu.Lock()
	o.done = append(o.done, item)
	o.any.Store(true)
	o.mu.Unlock()
	o.wake.ring()
}

// take moves what is there into buf.
func (o *outcomes) take(buf []outcome) []outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	buf = append(buf[:0], o.done...)
	clear(o.done)
	o.done = o.done[:0]
	o.any.Store(false)
	return buf
}

// recycle gives back the slice of a batch that was dealt with.
func (o *outcomes) recycle(batch []*keep) {
	if cap(batch) == 0 {
		return
	}
	clear(batch)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.spare) < 4 {
		o.spare = append(o.spare, batch[:0])
	}
}

// empty returns an empty slice for a batch.
func (o *outcomes) empty() []*keep {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.spare)
	if n == 0 {
		return make([]*keep, 0, 16)
	}
	batch := o.spare[n-1]
	o.spare = o.spare[:n-1]
	return batch
}
