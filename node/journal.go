package node

import (
	"errors"
	"log/slog"
	"time"

	"treecast/app"
	"treecast/chans"
	"treecast/gossip"
	"treecast/journal"
	"treecast/node/inject"
	"treecast/wire"
)

// Journal is the node's write-ahead log: what was appended outlives the process.
// journal.Files is one in a file, journal.Memory one for drivers that model processes.
// The journal service calls it, from one goroutine at a time, Open first.
type Journal interface {
	// Open begins this incarnation of the node and returns what earlier ones of this run
	// have left. After an error it is called again: after a second, or after lockRetry
	// where the error is a *journal.BlockedError that may pass.
	Open(journal.Start) (*journal.Recovered, error)
	// Append makes a batch durable, all of it or, with an error, nothing. An error that
	// wraps journal.ErrGone says that what was appended before is lost as well.
	Append(*journal.Batch) error
	// Check returns an error that wraps journal.ErrGone if the next incarnation would not
	// find what was appended.
	Check() error
	// Rewrite starts an empty journal, after a journal.ErrGone. The next incarnation finds
	// what is appended to it once Publish has returned.
	Rewrite() error
	Publish() error
	// Sync makes what was appended survive a crash of the machine as well.
	Sync() error
	// Tidy removes the journals of runs that are over and returns how many there were.
	Tidy() int
	// Close ends the incarnation. clean: stdin was read to its end, so the run is over and
	// the journal is not needed any more.
	Close(clean bool) error
}

// walItem is an item of the journal's queue: what is to be released when it is durable.
type walItem struct {
	kind      walKind
	maybeGone bool         // own: do not answer
	bytes     int32        // what it counts in the intake's byte budget
	replyTo   replyTo      // own: the client; of all: when it arrived
	entry     gossip.Entry // own
	key       string       // own: what the workload calls its value, where that is another; see canonical
	reply     *app.Reply   // own, reply: what the client is told; nil: nobody asks
	delivery  *delivery
	open      *openRequest
}

// canonical is the canonical form of an own value.
func (i *walItem) canonical() string {
	if i.key == "" {
		return i.entry.Value
	}
	return i.key
}

type walKind uint8

const (
	walOpen     walKind = iota // the node has a name
	walOwn                     // an own entry
	walDelivery                // entries of peers
	walReply                   // a reply that waits for the entries before it
)

// delivery is a delivery of gossip.
type delivery struct {
	entries  []gossip.Entry
	keys     []string // canonical values
	ticket   gossip.Ticket
	accepted bool // entries that were known already are removed
}

// unwritten is an entry to be written first when the journal can be written again.
type unwritten struct {
	entry gossip.Entry
	key   string // own: it is applied then; a peer's: "", it is applied already
}

// journaler is the journal service. It appends what its queue holds as one group and
// releases the group when it is durable: it applies the entries, answers the broadcasts
// and tells gossip what it may ack.
//
// While the journal cannot be written, it tries once a second, and the store refuses
// broadcasts. Broadcasts that had a counter by then get error 13 and stay in unwritten:
// they are written first when the journal can be written, and applied then. Entries of
// peers are applied at once and stay in unwritten, too; they are in notDurable until they
// are written, so that gossip does not ack them.
type journaler struct {
	journal Journal
	inbox   *chans.Inbox[walItem]
	wake    wake
	faults  *inject.Injector // nil as a rule
	log     *slog.Logger

	state        *state
	store        *store
	out          *outbox
	storedSignal *storedSignal
	intakeBytes  *budget
	counters     *counters
	seen         func() journal.Seen
	notDurable   *notDurable
	figures      *journalFigures

	syncEvery  time.Duration                                     // between syncs; 0: never
	checkEvery time.Duration                                     // between checks where nothing is appended; 0: never
	beginBlank bool                                              // begin with nothing if a journal of this run cannot be used
	onBlocked  func(now time.Duration)                           // the init waits for a journal that is in use
	onOpened   func(now time.Duration, s *membership, r replyTo) // the journal has been read
	onRefused  func(now time.Duration, r replyTo, err error)     // the journal cannot be used

	group   []walItem  // taken and not released; survives a crash of the service
	replies []outgoing // scratch of release
	bytes   int
	batch   journal.Batch

	initWaits *openRequest  // an init that waits for the lock; nil: none
	openAt    time.Duration // when to try again
	openUntil time.Duration // when to give up
	rewriting *rewriting    // the journal was gone and is being written again; nil: no
	checkAt   time.Duration // when to check next

	start     *openRequest // nil before an init
	isOpen    bool
	nodeBegan bool
	failing   bool
	retryAt   time.Duration
	unwritten []unwritten
	unsynced  bool // something is to be synced
	syncAt    time.Duration
}

const journalName = "journal"

// Name is the service's.
func (j *journaler) Name() string { return journalName }

// Wake is the service's.
func (j *journaler) Wake() <-chan struct{} { return j.wake }

// Next is when something is to be written, tried again, checked or synced.
func (j *journaler) Next(now time.Duration) time.Duration {
	switch {
	case len(j.group) == 0 && j.inbox.Depth() == 0:
		return max(now, j.next())
	case j.out.full():
		return max(now, j.out.stuckAt())
	}
	return now
}

// Step makes a group durable and releases it.
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

// Crashed leaves the group in hand to the next step.
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
	if j.unsynced && now >= j.syncAt && j.inbox.Depth() > 0 { // the queue may never be empty
		j.sync(now)
	}
	j.bytes = 0
	for len(j.group) < groupItems && j.bytes < groupBytes {
		if len(j.group) > 0 && j.inbox.Depth() == 1 {
			break // the last item is taken during the write, so that it counts as waiting
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
		j.faults.End() // a slow write delays what it releases
		j.release(now, err)
	}
	j.inbox.Done()
	return true
}

// grown wakes the readers of the log: it has grown.
func (j *journaler) grown() {
	j.storedSignal.notify()
	if j.store.reissue.active.Load() || j.state.gives() {
		j.store.wake.notify()
	}
}

// crashed answers for the group that the service had in hand when it crashed. Some of it
// may have been written.
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

// idle does what is due while the queue is empty.
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

// release releases the group in hand: all of it is durable or, with an error, none.
func (j *journaler) release(now time.Duration, err error) {
	j.replies = j.replies[:0]
	j.releaseGroup(now, err)
	j.out.acknowledge(now, j.replies)
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
		switch item.kind {
		case walDelivery:
			j.releaseDelivery(now, item, err)
		case walReply: // whether or not it could be written: it shows what reads show
			j.replies = append(j.replies, outgoing{kind: replyApp, to: item.replyTo, reply: item.reply})
		default:
			j.releaseOwn(now, item, err)
		}
		j.intakeBytes.put(int(item.bytes))
		item.delivery = nil // it may be large
	}
}

// done empties the group.
func (j *journaler) done() {
	j.group = j.group[:0]
}

// releaseOwn answers a broadcast. If it is not durable it keeps its counter, so it may
// become so later.
func (j *journaler) releaseOwn(now time.Duration, item *walItem, err error) {
	if err == nil {
		j.figures.ownLatency.add(now - item.replyTo.arrived)
		j.applyOwn(&item.entry, item.canonical())
		if item.maybeGone {
			j.counters.silenced.Add(1)
		}
		if item.reply != nil && item.replyTo.wantsReply {
			j.replies = append(j.replies, outgoing{kind: replyApp, to: item.replyTo, reply: item.reply})
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

// applyOwn applies a durable own entry. The caller holds the state's lock.
func (j *journaler) applyOwn(e *gossip.Entry, key string) {
	j.store.issued.issue(e)
	j.state.accept(e)
	j.state.apply(*e, key)
}

// releaseDelivery applies a peer's entries, durable or not; only their ack waits for that.
func (j *journaler) releaseDelivery(now time.Duration, item *walItem, err error) {
	l := item.delivery
	if err != nil && len(l.entries) > 0 {
		j.notDurable.add(l.entries) // before gossip can see them
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
