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

// walItem is an item of the journal's queue: what is to be let out when it is
// durable.
type walItem struct {
	kind    walKind
	silent  bool         // own: there is nobody to be answered
	bytes   int32        // what it counts in the intake's byte budget
	request request      // own: who asks; of all, when it had come
	entry   gossip.Entry // own
	key     string       // own: its value in canonical form, where that is another; see canonical
	learnt  *learnt
	open    *opening
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
	walOpen   walKind = iota // the node has got its name
	walOwn                   // an entry of the node's own
	walLearnt                // entries that gossip has learnt
)

// learnt is a delivery of gossip's.
type learnt struct {
	entries  []gossip.Entry
	keys     []string // of their values, canonical
	ticket   gossip.Ticket
	accepted bool // what was known already is left out
}

// opening is an init.
type opening struct {
	setup   *setup
	request request
	start   *journal.Start
}

// owed is an entry that is to be written first when the journal can be written
// again.
type owed struct {
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
	keeper Keeper
	inbox  *chans.Inbox[walItem]
	wake   wake
	faults *inject.Injector // nil as a rule
	log    *slog.Logger

	state   *state
	store   *record // which rests until the journal has been read
	out     *outbox
	notices *notices
	intake  *budget
	count   *counters
	seen    func() journal.Seen
	unkept  *unkept
	figures *journalFigures

	syncing  time.Duration                                // how often to sync; 0: never
	checking time.Duration                                // how often to look where nothing is appended; 0: never
	blank    bool                                         // begin with nothing where a journal of this run cannot be used
	blocked  func(now time.Duration)                      // is told when the init must wait for a journal that is in use
	began    func(now time.Duration, s *setup, r request) // when what the journal held is there
	refused  func(now time.Duration, r request, err error)

	hand  []walItem // taken and not let out; survives a crash of the service
	begun bool      // some of it may have been written
	bytes int
	batch journal.Batch

	opening   *opening      // the init waits; nil: none does
	openAt    time.Duration // when to try again
	openUntil time.Duration // when to stop that
	rewriting *rewriting    // the journal was gone; nil: it was not
	checkAt   time.Duration // when to look next

	start    *opening // nil before an init
	isOpen   bool
	hasBegun bool
	failing  bool
	retryAt  time.Duration
	owes     []owed
	unsynced bool // there is something to be synced
	syncAt   time.Duration
}

const journalName = "journal"

// Name is the service's.
func (j *journaler) Name() string { return journalName }

// Wake is the service's.
func (j *journaler) Wake() <-chan struct{} { return j.wake }

// Next is when something is to be made durable, tried again, or synced.
func (j *journaler) Next(now time.Duration) time.Duration {
	switch {
	case len(j.hand) == 0 && j.inbox.Depth() == 0:
		return max(now, j.next())
	case j.out.full():
		return max(now, j.out.stuckAt())
	}
	return now
}

// Step makes a batch durable and lets it out.
func (j *journaler) Step(now time.Duration) (Work, error) {
	if (len(j.hand) > 0 || j.inbox.Depth() > 0) && j.out.blocked(now) {
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
		j.sync(now)
	}
	j.bytes, j.begun = 0, false
	for len(j.hand) < keepItems && j.bytes < keepBytes {
		if len(j.hand) > 0 && j.inbox.Depth() == 1 {
			break // the last one counts as waiting for as long as the write takes
		}
		item, ok := j.inbox.TryNext()
		if !ok {
			break
		}
		j.hand = append(j.hand, item)
		j.bytes += int(item.bytes)
		if item.kind == walOpen {
			break
		}
	}
	if len(j.hand) == 0 {
		return j.idle(now) || rewrote
	}
	j.faults.Begin(now, true)
	if j.hand[0].kind == walOpen {
		j.open(now)
		j.faults.End()
	} else {
		err := j.append(now)
		j.faults.End() // a write that takes long keeps back what it is to let out
		j.letOut(now, err)
	}
	j.inbox.Done()
	return true
}

// open opens the journal for the init in hand.
func (j *journaler) open(now time.Duration) {
	j.start = j.hand[0].open
	found, err := j.openKeeper(now)
	if blocked := blockedBy(err); blocked != nil {
		j.await(now, blocked)
		return
	}
	j.opened(now, found)
	if err == nil {
		j.figures.failing.Store(j.failing)
		j.figures.tidied.Add(uint64(j.keeper.Tidy()))
	}
}

// opened has the node begin with what was found. Where there is nothing, as the
// journal could not be opened, it is tried again, and what that finds is known
// later.
func (j *journaler) opened(now time.Duration, found *journal.Recovered) {
	if found == nil {
		found = &journal.Recovered{Log: j.start.start.Log, Epoch: j.start.start.Epoch}
	}
	j.recover(found)
	j.hasBegun = true
	j.done()
	j.began(now, j.start.setup, j.start.request)
}

// recover takes in what a former life has left. Where the journal could not be
// opened when the node began, its own log has a name of its own by now.
func (j *journaler) recover(found *journal.Recovered) {
	s := j.start.setup
	if !j.hasBegun {
		r := j.store
		r.logName, r.counter = found.Log, found.Counter
		r.source = gossip.NewOriginID(s.id, r.logName)
		r.given.begin(r.source)
		r.given.note(&gossip.Entry{Origin: r.source, Counter: found.Counter})
	}
	s.epoch = found.Epoch
	if !found.Former {
		return
	}
	s.former, s.greet = true, true
	j.figures.recovered.Add(uint64(j.state.recover(found)))
	j.grown()
}

// grown tells those who read the log that there is more of it.
func (j *journaler) grown() {
	j.notices.ring()
	if j.store.again.is.Load() {
		j.store.wake.ring()
	}
}

// crashed answers for what the service had in hand when it crashed. Some of it may
// have been written.
func (j *journaler) crashed(now time.Duration) {
	if j.hand[0].kind == walOpen {
		j.start = j.hand[0].open
		j.fail(now, errCrashed)
		j.opened(now, nil)
		return
	}
	for i := range j.hand {
		j.accept(j.hand[i].learnt)
	}
	j.letOut(now, errCrashed)
}

// idle does what there is time for.
func (j *journaler) idle(now time.Duration) bool {
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
	r, err := j.keeper.Open(*j.start.start)
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

// letOut lets out the batch in hand: all of it is durable or, with an error, none of
// it.
func (j *journaler) letOut(now time.Duration, err error) {
	j.letOutHand(now, err)
	if len(j.owes) > 0 && !j.failing { // after a crash
		j.failing = true
		j.figures.failing.Store(true)
	}
	j.done()
	j.grown()
}

func (j *journaler) letOutHand(now time.Duration, err error) {
	j.state.mu.Lock()
	defer j.state.mu.Unlock()
	for i := range j.hand {
		item := &j.hand[i]
		if item.kind == walLearnt {
			j.letOutLearnt(now, item, err)
		} else {
			j.letOutOwn(now, item, err)
		}
		j.intake.put(int(item.bytes))
		item.learnt = nil // it may be large
	}
}

// done says that nothing is in hand any more.
func (j *journaler) done() {
	j.hand, j.begun = j.hand[:0], false
}

// letOutOwn answers a broadcast. One that is not durable has its counter for good, so
// it may yet come to be.
func (j *journaler) letOutOwn(now time.Duration, item *walItem, err error) {
	if err == nil {
		j.figures.delays.add(now - item.request.came)
		j.applyOwn(&item.entry, item.canonical())
		if item.silent {
			j.count.silenced.Add(1)
		}
		if item.request.asks {
			j.out.offer(now, outgoing{kind: outBroadcastOK, req: item.request})
		}
		return
	}
	j.owes = append(j.owes, owed{item.entry, item.canonical()})
	switch {
	case errors.Is(err, errCrashed):
		j.out.fail(now, item.request, wire.Crash, crashedText)
	default:
		j.count.refusedUnkept.Add(1)
		j.out.fail(now, item.request, wire.Crash, "this node's journal cannot be written, so that the value may not survive it: "+err.Error())
	}
}

// applyOwn applies an entry of the node's own that is durable. The state is locked.
func (j *journaler) applyOwn(e *gossip.Entry, key string) {
	j.store.given.note(e)
	j.state.accept(e)
	j.state.apply(*e, key)
}

// letOutLearnt applies what a peer has brought, durable or not; the ack waits for
// that.
func (j *journaler) letOutLearnt(now time.Duration, item *walItem, err error) {
	l := item.learnt
	if err != nil && len(l.entries) > 0 {
		j.unkept.add(l.entries) // before anybody can know of them
		for _, e := range l.entries {
			j.owes = append(j.owes, owed{entry: e})
		}
	}
	for i := range l.entries {
		j.state.apply(l.entries[i], l.keys[i])
	}
	if err == nil {
		j.figures.delivered.add(now - item.request.came)
		j.notices.stored(l.ticket)
	}
}
