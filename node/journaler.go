package node

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/journal"
	"treecast/node/inject"
)

// Keeper keeps what a node knows through the death of its process:
// journal.Files does so in a file, journal.Memory for drivers that model
// processes and kill them. The node's journal service calls it, from one
// goroutine at a time, Open first; what Append has returned for is kept.
type Keeper interface {
	// Open begins this life of the node, with what former ones of this run have
	// left. After an error it is called again: a second later, or sooner where the
	// error is a *journal.BlockedError that may pass.
	Open(journal.Start) (*journal.Recovered, error)
	// Append keeps a batch, all of it or, with an error, nothing. An error that
	// wraps journal.ErrGone says that what was kept before is lost as well.
	Append(*journal.Batch) error
	// Check looks whether the next life would find what was kept; the error wraps
	// journal.ErrGone.
	Check() error
	// Rewrite begins anew with nothing, after a journal.ErrGone. What is appended
	// then is found by the next life once Publish has returned.
	Rewrite() error
	Publish() error
	// Sync has what was appended survive the machine as well.
	Sync() error
	// Tidy removes what runs have left that are over, and returns how many.
	Tidy() int
	// Close ends the node's life. clean says that the run is over, as stdin was
	// read to its end: nothing need be kept any more.
	Close(clean bool) error
}

// keep is an item of the journal queue. It is the record's, which lends it to
// the journal service and uses it again when it has come back.
type keep struct {
	kind     keepKind
	silent   bool            // broadcast: store, but do not answer
	bytes    int             // what it counts in the intake's byte budget
	request  request         // broadcast, read, open; of a delivery, when it came
	source   gossip.OriginID // broadcast
	counter  uint64          // broadcast
	value    string          // broadcast
	key      string          // broadcast: the value's canonical form
	position int             // again: where in the record's log it stands
	store    *storing        // store
	start    *journal.Start  // open
}

// storing is a delivery of gossip's, without what is known already.
type storing struct {
	entries []gossip.Entry
	keys    []string // of their values, canonical
	ticket  gossip.Ticket
}

type keepKind uint8

const (
	keepOpen      keepKind = iota // the node has got its name
	keepBroadcast                 // a client's value
	keepAgain                     // a value that is given out again, in another log
	keepStore                     // entries that gossip has learnt
	keepRead                      // a client's read that came behind others of these
)

const (
	// keepItems and keepBytes bound what goes into one append.
	keepItems = 1024
	keepBytes = 256 << 10
	// keepRetry is how long after a failed append another one is tried.
	keepRetry = time.Second
)

// The fate of what the journal service had in hand when it crashed: it was not
// written, or nobody knows.
var (
	errAborted = errors.New("the journal service crashed before it wrote")
	errCrashed = errors.New("the journal service crashed while it wrote")
)

// journaler is the journal service: it appends what the record hands it, as
// much at a time as there is, and says when it is kept.
//
// While the journal cannot be written, everything is answered at once, and a
// write is tried once a second. What gossip has learnt meanwhile waits in
// pending, and in unkept, for the gossip service not to ack it.
type journaler struct {
	keeper   Keeper
	inbox    *chans.Inbox[*keep]
	outcomes *outcomes
	seen     func() journal.Seen
	unkept   *unkept
	figures  *journalFigures
	log      *slog.Logger
	syncing  time.Duration // how often to sync; 0: never
	wake     wake
	faults   *inject.Injector // nil as a rule

	hand  []*keep // taken and not answered; survives a crash of the service
	begun bool    // some of it may have been written
	bytes int
	batch journal.Batch

	known     *gossip.Log             // the record's; holds all that was kept, but for what it is about to commit
	checking  time.Duration           // how often to look where nothing is appended; 0: never
	blank     bool                    // begin with nothing where a journal of this run cannot be used
	blocked   func(now time.Duration) // is told when the init must wait for a journal that is in use
	opening   *keep                   // the init waits; nil: none does
	openAt    time.Duration           // when to try again
	openUntil time.Duration           // when to stop that
	rewriting *rewriting              // the journal was gone; nil: it was not
	checkAt   time.Duration           // when to look next
	answered  uint64                  // items

	start    *journal.Start // nil before open
	isOpen   bool
	failing  bool
	retryAt  time.Duration
	pending  []gossip.Entry
	unsynced bool // there is something to be synced
	syncAt   time.Duration

	busy atomic.Int64 // since when it has been writing; 0: it is not
}

const journalName = "journal"

// Name is the service's.
func (j *journaler) Name() string { return journalName }

// Wake is the service's.
func (j *journaler) Wake() <-chan struct{} { return j.wake }

// Next is when something is to be kept, tried again, or synced.
func (j *journaler) Next(now time.Duration) time.Duration {
	if len(j.hand) > 0 || j.inbox.Depth() > 0 {
		return now
	}
	return max(now, j.next())
}

// Step keeps a batch.
func (j *journaler) Step(now time.Duration) (Work, error) {
	before, written := j.inbox.Depth(), j.figures.bytes.Load()
	did := j.step(now)
	if !did && j.inbox.Drained() {
		return Work{}, errOver
	}
	return Work{Did: did, Messages: before - j.inbox.Depth(), Bytes: int(j.figures.bytes.Load() - written)}, nil
}

// Crashed leaves the batch in hand for the next step to answer.
func (j *journaler) Crashed(time.Duration) int {
	j.busy.Store(0)
	j.inbox.Abandon()
	return len(j.hand)
}

// step does one piece of work and reports whether there may be more at once.
func (j *journaler) step(now time.Duration) bool {
	if len(j.hand) > 0 {
		j.crashed(now)
		return true
	}
	rewrote := j.rewriting != nil && now >= j.retryAt
	if rewrote {
		j.rewrite(now)
	}
	if j.unsynced && now >= j.syncAt && j.inbox.Depth() > 0 { // there may always be something
		j.syncNow(now)
	}
	j.bytes, j.begun = 0, false
	for len(j.hand) < keepItems && j.bytes < keepBytes {
		k, ok := j.inbox.TryNext()
		if !ok {
			break
		}
		if j.hand == nil {
			j.hand = j.outcomes.empty()
		}
		j.hand = append(j.hand, k)
		j.bytes += k.bytes
		if k.kind == keepOpen {
			break
		}
	}
	if len(j.hand) == 0 {
		return j.idle(now) || rewrote
	}
	j.busy.Store(int64(max(now, 1)))
	defer j.busy.Store(0)
	j.faults.Begin(now, true)
	switch {
	case j.hand[0].kind == keepOpen:
		j.open(now)
		j.faults.End()
	default:
		err := j.append(now)
		j.faults.End()
		j.answer(err, nil)
	}
	j.inbox.Done()
	return true
}

// open opens the journal for the init in hand.
func (j *journaler) open(now time.Duration) {
	j.start = j.hand[0].start
	found, err := j.openKeeper(now)
	if blocked := blockedBy(err); blocked != nil {
		j.await(now, blocked)
		return
	}
	j.opened(err, found)
	if err == nil {
		j.figures.failing.Store(j.failing)
		j.figures.tidied.Add(uint64(j.keeper.Tidy()))
	}
}

// opened answers what the node has begun with. Where there is nothing, as the
// journal could not be opened, it is tried again, and what that finds is known
// later.
func (j *journaler) opened(err error, found *journal.Recovered) {
	if found == nil {
		found = &journal.Recovered{Log: j.start.Log, Epoch: j.start.Epoch}
	}
	j.answer(err, found)
}

// crashed answers for what the service had in hand when it crashed.
func (j *journaler) crashed(now time.Duration) {
	err := errAborted
	if j.begun {
		err = errCrashed
	}
	if first := j.hand[0]; first.kind == keepOpen {
		j.start = first.start
		j.fail(now, err)
		j.opened(err, nil)
		return
	}
	j.answer(err, nil)
}

// idle does what there is time for.
func (j *journaler) idle(now time.Duration) bool {
	j.busy.Store(int64(max(now, 1)))
	defer j.busy.Store(0)
	switch {
	case j.opening != nil && (now >= j.openAt || j.inbox.Drained()):
		j.reopen(now)
	case j.failing && now >= j.retryAt && j.rewriting == nil:
		j.retry(now)
	case j.checks() && now >= j.checkAt:
		j.check(now)
	case j.unsynced && now >= j.syncAt:
		j.sync(now)
	default:
		return false
	}
	return true
}

// next is when the service wants its step called, if nothing arrives before.
func (j *journaler) next() time.Duration {
	next := gossip.Never
	if j.failing {
		next = j.retryAt
	}
	if j.unsynced {
		next = min(next, j.syncAt)
	}
	if j.opening != nil {
		next = min(next, j.openAt)
	}
	if j.checks() {
		next = min(next, j.checkAt)
	}
	return next
}

// openKeeper begins the journal.
func (j *journaler) openKeeper(now time.Duration) (*journal.Recovered, error) {
	r, err := j.keeper.Open(*j.start)
	if err != nil {
		if blockedBy(err) == nil || len(j.hand) == 0 { // else the init waits
			j.fail(now, err)
		}
		return nil, err
	}
	j.isOpen, j.checkAt = true, now+j.checking
	for _, text := range r.Told {
		j.log.Warn("journal: " + text)
	}
	return r, nil
}

// append writes the batch in hand. While that is known to fail it does not try.
func (j *journaler) append(now time.Duration) error {
	if j.failing {
		if now < j.retryAt || !j.retry(now) {
			return errUnkept
		}
	}
	j.batch.Reset()
	for i := range j.hand {
		k := j.hand[i]
		switch k.kind {
		case keepBroadcast, keepAgain:
			j.batch.Add(journalSource(k.source), k.counter, k.value)
		case keepStore:
			for i := range k.store.entries {
				j.add(&k.store.entries[i])
			}
		}
	}
	if j.batch.Entries() == 0 {
		return nil
	}
	return j.write(now)
}

// errUnkept says that the journal is known to fail.
var errUnkept = errors.New("it failed a moment ago, and is tried again once a second")

// journalSource is how the journal calls an origin.
func journalSource(o gossip.OriginID) journal.Source {
	v := o.Value()
	return journal.Source{Origin: v.Node, Log: v.Log}
}

func (j *journaler) add(e *gossip.Entry) {
	j.batch.Add(journalSource(e.Origin), e.Counter, e.Value)
}

// write appends the batch that was made.
func (j *journaler) write(now time.Duration) error {
	j.batch.Seen = j.seen()
	j.begun = true
	err := j.keeper.Append(&j.batch)
	if errors.Is(err, journal.ErrGone) {
		j.gone(now, err)
		return err
	}
	if err != nil {
		j.fail(now, err)
		return err
	}
	j.checkAt = now + j.checking // that was looked at
	j.figures.appends.Add(1)
	j.figures.entries.Add(uint64(j.batch.Entries()))
	j.figures.bytes.Add(uint64(j.batch.Bytes()))
	if j.syncing > 0 && !j.unsynced {
		j.unsynced, j.syncAt = true, now+j.syncing
	}
	return nil
}

// fail says, once, that the journal cannot be written.
func (j *journaler) fail(now time.Duration, err error) {
	j.retryAt = now + keepRetry
	if !j.failing {
		j.failing = true
		j.figures.failing.Store(true)
		j.log.Error("the journal cannot be written: broadcasts get error 11 until it can, reads and gossip go on; --journal DIR names another place, --journal off does without",
			"why", err)
	}
}

// retry tries to open what could not be opened and to write what could not be
// written, and reports whether all is well.
func (j *journaler) retry(now time.Duration) bool {
	if j.rewriting != nil {
		return false
	}
	if !j.isOpen {
		r, err := j.openKeeper(now)
		if err != nil {
			return false
		}
		j.outcomes.put(outcome{opened: r})
	}
	for done := false; !done; {
		j.batch.Reset()
		n := 0
		for n < len(j.pending) && j.batch.Bytes() < keepBytes {
			j.add(&j.pending[n])
			n++
		}
		if j.write(now) != nil {
			return false
		}
		j.pending = j.pending[n:]
		done = len(j.pending) == 0
	}
	j.pending = nil
	j.unkept.clear()
	j.failing = false
	j.figures.failing.Store(false)
	j.log.Warn("the journal can be written again")
	return true
}

// syncNow is sync, for which nobody waits who can do without.
func (j *journaler) syncNow(now time.Duration) {
	j.busy.Store(int64(max(now, 1)))
	defer j.busy.Store(0)
	j.sync(now)
}

// sync has the disk keep what was appended.
func (j *journaler) sync(now time.Duration) {
	j.unsynced = false
	err := j.keeper.Sync()
	if err != nil {
		j.log.Error("the journal cannot be synced: what was acknowledged survives this process, but not the machine", "why", err)
	}
}

// answer tells the record what became of the batch in hand.
func (j *journaler) answer(err error, opened *journal.Recovered) {
	if err != nil {
		for i := range j.hand {
			if s := j.hand[i].store; s != nil && len(s.entries) > 0 {
				j.pending = append(j.pending, s.entries...)
				j.unkept.add(s.entries)
			}
		}
		if len(j.pending) > 0 && !j.failing { // after a crash
			j.failing = true
			j.figures.failing.Store(true)
		}
	}
	hand := j.hand
	j.hand, j.begun = nil, false
	j.answered += uint64(len(hand))
	j.outcomes.put(outcome{batch: hand, err: err, opened: opened})
}

// stalled reports whether a write has taken so long that nobody should wait
// for it.
func (j *journaler) stalled(now time.Duration) bool {
	since := time.Duration(j.busy.Load())
	return since != 0 && now-since > 100*time.Millisecond
}
