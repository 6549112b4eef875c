package node

import (
	"errors"
	"log/slog"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/journal"
	"treecast/node/inject"
	"treecast/wire"
)

// Journal keeps what a node knows through the death of its process:
// journal.Files does so in a file, journal.Memory for drivers that model
// processes and kill them. The node's journal service calls it, from one
// goroutine at a time, Open first; what Append has returned for is kept.
type Journal interface {
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

// walItem is an item of the journal's queue: what is to be let out when it is
// durable.
type walItem struct {
	kind      walKind
	maybeGone bool         // own: there is nobody to be answered
	bytes     int32        // what it counts in the intake's byte budget
	replyTo   replyTo      // own: who asks; of all, when it had come
	entry     gossip.Entry // own
	key       string       // own: its value in canonical form, where that is another; see canonical
	delivery  *delivery
	open      *openRequest
}

// canonical is an own value in canonical form.
func (i *walItem) canonical() string {
	if i.key == "" {
		return i.entry.Value
	}
	return i.key
}

type walKind uint8

const (
	walOpen     walKind = iota // the node has got its name
	walOwn                     // an entry of the node's own
	walDelivery                // entries that gossip has learnt
)

// delivery is a delivery of gossip's.
type delivery struct {
	entries  []gossip.Entry
	keys     []string // of their values, canonical
	ticket   gossip.Ticket
	accepted bool // what was known already is left out
}

// unwritten is an entry that is to be written first when the journal can be written
// again.
type unwritten struct {
	entry gossip.Entry
	key   string // of an own one, which is applied then; "" of a peer's, which has been
}

// journaler is the journal service: it appends what the store hands it, as much at a
// time as there is, and lets out what is durable then: it applies the entries, answers
// the broadcasts, and tells gossip what it may ack.
//
// While the journal cannot be written, a write is tried once a second. The store
// refuses broadcasts meanwhile. Those that had a counter by then are answered with
// error 13 and owed to the journal: they are written first when it can be written,
// and applied then. Entries of peers are applied at once and owed, too; as long as
// that is so they are in unkept, for gossip not to ack them.
type journaler struct {
	journal Journal
	inbox   *chans.Inbox[walItem]
	wake    wake
	faults  *inject.Injector // nil as a rule
	log     *slog.Logger

	state        *state
	store        *store // which rests until the journal has been read
	out          *outbox
	storedSignal *storedSignal
	intakeBytes  *budget
	counters     *counters
	seen         func() journal.Seen
	notDurable   *notDurable
	figures      *journalFigures

	syncEvery  time.Duration                                     // how often to sync; 0: never
	checkEvery time.Duration                                     // how often to look where nothing is appended; 0: never
	beginBlank bool                                              // begin with nothing where a journal of this run cannot be used
	onBlocked  func(now time.Duration)                           // is told when the init must wait for a journal that is in use
	onOpened   func(now time.Duration, s *membership, r replyTo) // when what the journal held is there
	onRefused  func(now time.Duration, r replyTo, err error)

	group []walItem // taken and not let out; survives a crash of the service
	begun bool      // some of it may have been written
	bytes int
	batch journal.Batch

	initWaits *openRequest  // the init waits; nil: none does
	openAt    time.Duration // when to try again
	openUntil time.Duration // when to stop that
	rewriting *rewriting    // the journal was gone; nil: it was not
	checkAt   time.Duration // when to look next

	start     *openRequest // nil before an init
	isOpen    bool
	nodeBegan bool
	failing   bool
	retryAt   time.Duration
	unwritten []unwritten
	unsynced  bool // there is something to be synced
	syncAt    time.Duration
}

const journalName = "journal"

// Name is the service's.
func (j *journaler) Name() string { return journalName }

// Wake is the service's.
func (j *journaler) Wake() <-chan struct{} { return j.wake }

// Next is when something is to be made durable, tried again, or synced.
func (j *journaler) Next(now time.Duration) time.Duration {
	switch {
	case len(j.group) == 0 && j.inbox.Depth() == 0:
		return max(now, j.next())
	case j.out.full():
		return max(now, j.out.stuckAt())
	}
	return now
}

// Step makes a batch durable and lets it out.
func (j *journaler) Step(now time.Duration) (Work, error) {
	if (len(j.group) > 0 || j.inbox.Depth() > 0) && j.out.blocked(now) {
		return Work{}, nil
	}
	before, written := j.inbox.Depth(), j.figures.bytes.Load()
	did := j.step(now)
	if !did && j.inbox.Drained() {
		j.out.queue.Close()
		return Work{}, errOver
	}
	return Work{Did: did, Messages: before - j.inbox.Depth(), Bytes: int(j.figures.bytes.Load() - written)}, nil
}

// Crashed leaves the batch in hand for the next step to answer.
func (j *journaler) Crashed(time.Duration) int {
	j.inbox.Abandon()
	return len(j.group)
}

// step does one piece of work and reports whether there may be more at once.
func (j *journaler) step(now time.Duration) bool {
	if len(j.group) > 0 {
		j.crashed(now)
		return true
	}
	rewrote := j.rewriting != nil && now >= j.retryAt
	if rewrote {
		j.rewrite(now)
	}
	if j.unsynced && now >= j.syncAt && j.inbox.Depth() > 0 { // there may always be something
		j.sync(now)
	}
	j.bytes, j.begun = 0, false
	for len(j.group) < groupItems && j.bytes < groupBytes {
		if len(j.group) > 0 && j.inbox.Depth() == 1 {
			break // the last one counts as waiting for as long as the write takes
		}
		item, ok := j.inbox.TryNext()
		if !ok {
			break
		}
		j.group = append(j.group, item)
		j.bytes += int(item.bytes)
		if item.kind == walOpen {
			break
		}
	}
	if len(j.group) == 0 {
		return j.idle(now) || rewrote
	}
	j.faults.Begin(now, true)
	if j.group[0].kind == walOpen {
		j.open(now)
		j.faults.End()
	} else {
		err := j.append(now)
		j.faults.End() // a write that takes long keeps back what it is to let out
		j.release(now, err)
	}
	j.inbox.Done()
	return true
}

// grown tells those who read the log that there is more of it.
func (j *journaler) grown() {
	j.storedSignal.notify()
	if j.store.reissue.active.Load() {
		j.store.wake.notify()
	}
}

// crashed answers for what the service had in hand when it crashed. Some of it may
// have been written.
func (j *journaler) crashed(now time.Duration) {
	if j.group[0].kind == walOpen {
		j.start = j.group[0].open
		j.fail(now, errCrashed)
		j.opened(now, nil)
		return
	}
	for i := range j.group {
		j.accept(j.group[i].delivery)
	}
	j.release(now, errCrashed)
}

// idle does what there is time for.
func (j *journaler) idle(now time.Duration) bool {
	switch {
	case j.initWaits != nil && (now >= j.openAt || j.inbox.Drained()):
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
	if j.initWaits != nil {
		next = min(next, j.openAt)
	}
	if j.checks() {
		next = min(next, j.checkAt)
	}
	return next
}

// release lets out the batch in hand: all of it is durable or, with an error, none of
// it.
func (j *journaler) release(now time.Duration, err error) {
	j.releaseGroup(now, err)
	if len(j.unwritten) > 0 && !j.failing { // after a crash
		j.failing = true
		j.figures.failing.Store(true)
	}
	j.done()
	j.grown()
}

func (j *journaler) releaseGroup(now time.Duration, err error) {
	j.state.mu.Lock()
	defer j.state.mu.Unlock()
	for i := range j.group {
		item := &j.group[i]
		if item.kind == walDelivery {
			j.releaseDelivery(now, item, err)
		} else {
			j.releaseOwn(now, item, err)
		}
		j.intakeBytes.put(int(item.bytes))
		item.delivery = nil // it may be large
	}
}

// done says that nothing is in hand any more.
func (j *journaler) done() {
	j.group, j.begun = j.group[:0], false
}

// releaseOwn answers a broadcast. One that is not durable has its counter for good, so
// it may yet come to be.
func (j *journaler) releaseOwn(now time.Duration, item *walItem, err error) {
	if err == nil {
		j.figures.ownLatency.add(now - item.replyTo.arrived)
		j.applyOwn(&item.entry, item.canonical())
		if item.maybeGone {
			j.counters.silenced.Add(1)
		}
		if item.replyTo.wantsReply {
			j.out.offer(now, outgoing{kind: replyBroadcastOK, to: item.replyTo})
		}
		return
	}
	j.unwritten = append(j.unwritten, unwritten{item.entry, item.canonical()})
	switch {
	case errors.Is(err, errCrashed):
		j.out.fail(now, item.replyTo, wire.Crash, crashedText)
	default:
		j.counters.refusedNotDurable.Add(1)
		j.out.fail(now, item.replyTo, wire.Crash, "this node's journal cannot be written, so that the value may not survive it: "+err.Error())
	}
}

// applyOwn applies an entry of the node's own that is durable. The state is locked.
func (j *journaler) applyOwn(e *gossip.Entry, key string) {
	j.store.issued.issue(e)
	j.state.accept(e)
	j.state.apply(*e, key)
}

// releaseDelivery applies what a peer has brought, durable or not; the ack waits for
// that.
func (j *journaler) releaseDelivery(now time.Duration, item *walItem, err error) {
	l := item.delivery
	if err != nil && len(l.entries) > 0 {
		j.notDurable.add(l.entries) // before anybody can know of them
		for _, e := range l.entries {
			j.unwritten = append(j.unwritten, unwritten{entry: e})
		}
	}
	for i := range l.entries {
		j.state.apply(l.entries[i], l.keys[i])
	}
	if err == nil {
		j.figures.deliveryLatency.add(now - item.replyTo.arrived)
		j.storedSignal.stored(l.ticket)
	}
}
