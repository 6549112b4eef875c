package node

import (
	"errors"
	"fmt"
	"time"

	"treecast/gossip"
	"treecast/journal"
)

// openRequest is an init that asks for the journal.
type openRequest struct {
	membership *membership
	replyTo    replyTo
	start      *journal.Start
}

// open opens the journal for the init in hand.
func (j *journaler) open(now time.Duration) {
	j.start = j.group[0].open
	found, err := j.openJournal(now)
	if blocked := blockedBy(err); blocked != nil {
		j.waitForLock(now, blocked)
		return
	}
	j.opened(now, found)
	if err == nil {
		j.figures.failing.Store(j.failing)
		j.figures.removed.Add(uint64(j.journal.Tidy()))
	}
}

// opened lets the node begin with what was found; nil: the journal could not be opened. It
// is tried again then, and what it holds is applied later.
func (j *journaler) opened(now time.Duration, found *journal.Recovered) {
	if found == nil {
		found = &journal.Recovered{Log: j.start.start.Log, Incarnation: j.start.start.Incarnation}
	}
	j.recover(found)
	j.nodeBegan = true
	j.done()
	j.onOpened(now, j.start.membership, j.start.replyTo)
}

// recover applies what an earlier incarnation has left. If the journal could not be opened
// when the node began, the node has a log by now and keeps it.
func (j *journaler) recover(found *journal.Recovered) {
	s := j.start.membership
	if !j.nodeBegan {
		r := j.store
		r.logName, r.counter = found.Log, found.Counter
		r.startLog(s.id)
		r.issued.issue(&gossip.Entry{Origin: r.origin, Counter: found.Counter})
	}
	s.incarnation = found.Incarnation
	if !found.Former {
		return
	}
	s.former, s.greet = true, true
	j.state.restarted()
	j.figures.recovered.Add(uint64(j.state.recover(found)))
	j.grown()
}

// openJournal calls the journal's Open.
func (j *journaler) openJournal(now time.Duration) (*journal.Recovered, error) {
	r, err := j.journal.Open(*j.start.start)
	if err != nil {
		if blockedBy(err) == nil || len(j.group) == 0 { // otherwise the init waits
			j.fail(now, err)
		}
		return nil, err
	}
	j.isOpen, j.checkAt = true, now+j.checkEvery
	for _, text := range r.Warnings {
		j.log.Warn("journal: " + text)
	}
	return r, nil
}

const (
	// lockPatience is how long an init waits for a journal that is in use: the system
	// releases the lock of a killed process when it has reclaimed all of its memory.
	// Maelstrom waits 10 s for the reply to an init.
	lockPatience = 8 * time.Second
	// lockRetry is the time between two tries.
	lockRetry = 20 * time.Millisecond
)

// blockedBy returns the *journal.BlockedError in an error of Open, or nil.
func blockedBy(err error) *journal.BlockedError {
	var b *journal.BlockedError
	if errors.As(err, &b) {
		return b
	}
	return nil
}

// waitForLock makes the init in hand wait, or ends that: where it is useless to wait, the
// node begins without the journal or refuses the init.
func (j *journaler) waitForLock(now time.Duration, b *journal.BlockedError) {
	first := j.openUntil == 0
	if first {
		j.openUntil = now + lockPatience
	}
	if b.Lasting || now >= j.openUntil || j.inbox.Drained() {
		j.openUntil = 0
		j.beginWithout(now, b)
		return
	}
	j.initWaits, j.openAt = j.group[0].open, now+lockRetry
	j.done()
	if first {
		j.log.Warn("this node's journal cannot be used yet: its init waits for it", "file", b.Path, "why", b.Why, "at_most", lockPatience)
		j.figures.failing.Store(true)
		j.onBlocked(now)
	}
}

// reopen tries again to open the journal that the init waits for.
func (j *journaler) reopen(now time.Duration) {
	j.group = append(j.group, walItem{kind: walOpen, open: j.initWaits}) // where a crash finds it
	j.initWaits = nil
	j.open(now)
	if j.isOpen && j.openUntil != 0 {
		j.log.Info("the journal that the init has waited for can be used", "waited", (now - (j.openUntil - lockPatience)).Round(time.Millisecond))
		j.openUntil = 0
	}
}

// beginWithout begins with nothing if the configuration allows that, or refuses the init.
func (j *journaler) beginWithout(now time.Duration, b *journal.BlockedError) {
	if !j.beginBlank || j.start.start.Blank {
		j.log.Error("this node's journal cannot be used, so its init is refused: to begin without it would lose what was acknowledged. --journal-lost begin does that", "file", b.Path, "why", b.Why)
		j.figures.failing.Store(true)
		request := j.start.replyTo
		j.done()
		j.onRefused(now, request, fmt.Errorf("this node's journal cannot be used, and to begin without it would lose what was acknowledged (--journal-lost begin does that): %w", b))
		return
	}
	j.log.Error("this node's journal cannot be used, and --journal-lost says to begin with nothing: WHAT THIS NODE ALONE KNEW IS LOST", "file", b.Path, "why", b.Why)
	blank := *j.start.start
	blank.Blank = true
	j.group[0].open = &openRequest{membership: j.start.membership, replyTo: j.start.replyTo, start: &blank}
	j.open(now)
}
