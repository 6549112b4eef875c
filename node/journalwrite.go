package node

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/journal"
)

const (
	// groupItems and groupBytes bound one append.
	groupItems = 1024
	groupBytes = 256 << 10
	// writeRetry is the time between two tries while appends fail.
	writeRetry = time.Second
)

// append writes the group in hand, or fails at once between two tries.
func (j *journaler) append(now time.Duration) error {
	writable := !j.failing || now >= j.retryAt && j.retry(now)
	j.batch.Reset()
	for i := range j.group {
		item := &j.group[i]
		switch item.kind {
		case walOwn:
			j.add(&item.entry)
			continue
		case walReply:
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
		return nil // all of it was known
	}
	return j.write(now)
}

// Reasons for which a group was not written.
var (
	errNotWritable = errors.New("it failed a moment ago, and is tried again once a second")
	errCrashed     = errors.New("the journal service crashed on it")
)

func (j *journaler) add(e *gossip.Entry) {
	o := e.Origin.Value()
	j.batch.Add(journal.Origin{Node: o.Node, Log: o.Log}, e.Counter, e.Value)
}

// accept removes from a delivery what is known already. nil: there is none.
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

// write appends the batch.
func (j *journaler) write(now time.Duration) error {
	j.batch.Seen = j.seen()
	err := j.journal.Append(&j.batch)
	if errors.Is(err, journal.ErrGone) {
		j.gone(now, err)
		return err
	}
	if err != nil {
		j.fail(now, err)
		return err
	}
	j.checkAt = now + j.checkEvery // Append has checked
	j.figures.appends.Add(1)
	j.figures.entries.Add(uint64(j.batch.Entries()))
	j.figures.bytes.Add(uint64(j.batch.Bytes()))
	if j.syncEvery > 0 && !j.unsynced {
		j.unsynced, j.syncAt = true, now+j.syncEvery
	}
	return nil
}

// fail marks the journal as failing and logs that once.
func (j *journaler) fail(now time.Duration, err error) {
	j.retryAt = now + writeRetry
	if !j.failing {
		j.failing = true
		j.figures.failing.Store(true)
		j.log.Error("the journal cannot be written: broadcasts get error 11 until it can, reads and gossip go on; --journal DIR names another place, --journal off does without",
			"why", err)
	}
}

// retry opens the journal if it is not open and writes what is unwritten. It reports
// whether all is well.
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

// sync syncs what was appended to the disk.
func (j *journaler) sync(now time.Duration) {
	j.unsynced = false
	err := j.journal.Sync()
	if err != nil {
		j.log.Error("the journal cannot be synced: what was acknowledged survives this process, but not the machine", "why", err)
	}
}

// rewriting is the state of a journal that is written again from memory, because the file
// was removed, moved, replaced or truncated.
type rewriting struct {
	begun bool
	next  int // position in state.log
}

// DefaultJournalCheck is the time between two checks of the journal where nothing is
// appended. A file that is removed is missing for this long, and until it is written
// again.
const DefaultJournalCheck = 500 * time.Millisecond

// checks reports whether the journal is checked from time to time.
func (j *journaler) checks() bool { return j.checkEvery > 0 && j.isOpen && !j.failing }

// check checks the journal.
func (j *journaler) check(now time.Duration) {
	j.checkAt = now + j.checkEvery
	if err := j.journal.Check(); err != nil {
		j.gone(now, err)
	}
}

// gone begins to write the journal again.
func (j *journaler) gone(now time.Duration, err error) {
	j.log.Error("the journal is gone: it is written again from memory. Until that is done, broadcasts get error 11, and a kill would lose what it held", "why", err)
	j.failing, j.retryAt = true, now
	j.figures.failing.Store(true)
	j.rewriting = &rewriting{}
}

// rewrite does one part of writing the journal again, so that items are answered between
// two parts.
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

// rewriteSome appends some of the log, and reports whether there was any left.
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

// notDurable is the set of entries that the node shows and passes on while its journal
// cannot be written: a batch with one of them is not acked. It is empty while all is well.
// Any goroutine may use it.
type notDurable struct {
	any     atomic.Bool
	mu      sync.Mutex
	held    *gossip.Digest
	version uint64 // how often it has changed
}

// add adds entries.
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
	u.version++
}

// clear empties the set: all of them are durable.
func (u *notDurable) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held = nil
	u.any.Store(false)
	u.version++
}

// changed returns what there is as data if it has changed since a version, or all is
// wanted and there is something; nil if not. It returns the version that is now.
func (u *notDurable) changed(since uint64, all bool) (*service.NotDurable, uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.version == since && !(all && u.held != nil) {
		return nil, u.version
	}
	out := &service.NotDurable{}
	if u.held != nil {
		for _, line := range u.held.Lines() {
			out.Lines = append(out.Lines, gossip.DigestLine{Origin: line.Origin, Counters: line.Counters.Clone()})
		}
	}
	return out, u.version
}

// holds reports whether a message brings one of the entries.
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
