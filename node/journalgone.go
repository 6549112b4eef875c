package node

import (
	"time"
)

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
