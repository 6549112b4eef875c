package node

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"treecast/gossip"
	"treecast/journal"
)

const (
	// groupItems and keepBytes bound what goes into one append.
	groupItems = 1024
	groupBytes = 256 << 10
	// writeRetry is how long after a failed append another one is tried.
	writeRetry = time.Second
)

// append writes the batch in hand. While that is known to fail it does not try.
func (j *journaler) append(now time.Duration) error {
	writable := !j.failing || now >= j.retryAt && j.retry(now)
	j.batch.Reset()
	for i := range j.group {
		item := &j.group[i]
		if item.kind == walOwn {
			j.add(&item.entry)
			continue
		}
		j.accept(item.delivery)
		for i := range item.delivery.entries {
			j.add(&item.delivery.entries[i])
		}
	}
	switch {
	case !writable:
		return errNotWritable
	case j.batch.Entries() == 0:
		return nil // all of it is known, and nothing is ahead of it
	}
	return j.write(now)
}

// The reasons for which a batch was not written.
var (
	errNotWritable = errors.New("it failed a moment ago, and is tried again once a second")
	errCrashed     = errors.New("the journal service crashed on it")
)

func (j *journaler) add(e *gossip.Entry) {
	o := e.Origin.Value()
	j.batch.Add(journal.Origin{Node: o.Node, Log: o.Log}, e.Counter, e.Value)
}

// accept leaves out of a delivery what is known already; nil: there is none.
func (j *journaler) accept(l *delivery) {
	if l == nil || l.accepted {
		return
	}
	n := 0
	for i := range l.entries {
		if j.state.accept(&l.entries[i]) {
			l.entries[n], l.keys[n] = l.entries[i], l.keys[i]
			n++
		}
	}
	l.entries, l.keys, l.accepted = l.entries[:n], l.keys[:n], true
}

// write appends the batch that was made.
func (j *journaler) write(now time.Duration) error {
	j.batch.Seen = j.seen()
	j.begun = true
	err := j.journal.Append(&j.batch)
	if errors.Is(err, journal.ErrGone) {
		j.gone(now, err)
		return err
	}
	if err != nil {
		j.fail(now, err)
		return err
	}
	j.checkAt = now + j.checkEvery // that was looked at
	j.figures.appends.Add(1)
	j.figures.entries.Add(uint64(j.batch.Entries()))
	j.figures.bytes.Add(uint64(j.batch.Bytes()))
	if j.syncEvery > 0 && !j.unsynced {
		j.unsynced, j.syncAt = true, now+j.syncEvery
	}
	return nil
}

// fail says, once, that the journal cannot be written.
func (j *journaler) fail(now time.Duration, err error) {
	j.retryAt = now + writeRetry
	if !j.failing {
		j.failing = true
		j.figures.failing.Store(true)
		j.log.Error("the journal cannot be written: broadcasts get error 11 until it can, reads and gossip go on; --journal DIR names another place, --journal off does without",
			"why", err)
	}
}

// retry tries to open what could not be opened and to write what is owed, and
// reports whether all is well.
func (j *journaler) retry(now time.Duration) bool {
	if j.rewriting != nil {
		return false
	}
	if !j.isOpen {
		found, err := j.openJournal(now)
		if err != nil {
			return false
		}
		j.recover(found)
	}
	for done := false; !done; {
		j.batch.Reset()
		n := 0
		for n < len(j.unwritten) && j.batch.Bytes() < groupBytes {
			j.add(&j.unwritten[n].entry)
			n++
		}
		if j.write(now) != nil {
			return false
		}
		j.state.mu.Lock()
		for i := range j.unwritten[:n] {
			if o := &j.unwritten[i]; o.key != "" {
				j.applyOwn(&o.entry, o.key)
			}
		}
		j.state.mu.Unlock()
		j.unwritten = j.unwritten[n:]
		done = len(j.unwritten) == 0
	}
	j.unwritten = nil
	j.notDurable.clear()
	j.failing = false
	j.figures.failing.Store(false)
	j.log.Warn("the journal can be written again")
	j.grown()
	return true
}

// sync has the disk keep what was appended.
func (j *journaler) sync(now time.Duration) {
	j.unsynced = false
	err := j.journal.Sync()
	if err != nil {
		j.log.Error("the journal cannot be synced: what was acknowledged survives this process, but not the machine", "why", err)
	}
}

// rewriting is a journal being written from memory, as the one that the node had
// is gone: somebody has removed, moved, replaced or truncated it.
type rewriting struct {
	begun bool
	next  int // of the entries that the node knows
}

// DefaultKeepCheck is how often a node looks whether its journal is still there,
// where nothing is appended. What is gone is so for this long, and for as long as
// it takes to write it again.
const DefaultJournalCheck = 500 * time.Millisecond

// checks reports whether the journal is looked at now and then.
func (j *journaler) checks() bool { return j.checkEvery > 0 && j.isOpen && !j.failing }

// check looks whether the next life would find the journal.
func (j *journaler) check(now time.Duration) {
	j.checkAt = now + j.checkEvery
	if err := j.journal.Check(); err != nil {
		j.gone(now, err)
	}
}

// gone has the journal written again.
func (j *journaler) gone(now time.Duration, err error) {
	j.log.Error("the journal is gone: it is written again from memory. Until that is done, broadcasts get error 11, and a kill would lose what it held", "why", err)
	j.failing, j.retryAt = true, now
	j.figures.failing.Store(true)
	j.rewriting = &rewriting{}
}

// rewrite writes a part of what the node knows, or what comes before and behind
// that. What arrives goes on being answered in between.
func (j *journaler) rewrite(now time.Duration) {
	if more, err := j.rewriteSome(); err != nil {
		j.log.Error("the journal cannot be written again; it is tried once a second", "why", err)
		j.rewriting.begun, j.retryAt = false, now+writeRetry
		return
	} else if more {
		return
	}
	w := j.rewriting
	if w.next < j.state.log.Len() {
		return
	}
	if err := j.journal.Publish(); err != nil {
		j.log.Error("the journal cannot be written again; it is tried once a second", "why", err)
		w.begun, j.retryAt = false, now+writeRetry
		return
	}
	j.rewriting, j.checkAt = nil, now+j.checkEvery
	j.figures.rewritten.Add(1)
	j.log.Warn("the journal has been written again", "entries", w.next)
	j.retry(now)
}

// rewriteSome appends a part of what the node knows, and reports whether it did.
func (j *journaler) rewriteSome() (any bool, err error) {
	w := j.rewriting
	if !w.begun {
		if err := j.journal.Rewrite(); err != nil {
			return false, err
		}
		w.begun, w.next = true, 0
	}
	j.batch.Reset()
	next := w.next
	for known := j.state.log.Len(); next < known && j.batch.Bytes() < groupBytes; next++ {
		e := j.state.log.At(next)
		j.add(&e)
	}
	if next == w.next {
		return false, nil
	}
	j.batch.Seen = j.seen()
	if err := j.journal.Append(&j.batch); err != nil {
		return false, err
	}
	w.next = next
	return true, nil
}

// notDurable is the entries that the node shows and passes on, but that are not in
// its journal, as that cannot be written: a batch with one of them is not acked.
// Empty but for trouble. Any goroutine may use it.
type notDurable struct {
	any  atomic.Bool
	mu   sync.Mutex
	held *gossip.Digest
}

// add puts entries in.
func (u *notDurable) add(entries []gossip.Entry) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held == nil {
		u.held = gossip.NewDigest()
	}
	for _, e := range entries {
		u.held.Add(e.Origin, e.Counter)
	}
	u.any.Store(true)
}

// clear says that all of them are kept by now.
func (u *notDurable) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held = nil
	u.any.Store(false)
}

// holds reports whether a message brings one of them.
func (u *notDurable) holds(m *gossip.Message) bool {
	if !u.any.Load() {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held == nil {
		return false
	}
	for _, r := range m.Runs {
		for i := range r.Values {
			if u.held.Contains(r.Origin, r.First+uint64(i)) {
				return true
			}
		}
	}
	return false
}
