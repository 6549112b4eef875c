package node

import (
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/journal"
	"treecast/node/inject"
	"treecast/wire"
)

// store is the store: it checks what comes, in the order of stdin, gives counters
// to the node's own entries and answers reads. What promises something, an answer to
// a broadcast or an ack, it hands to the journal, which lets it out when it is durable;
// nothing comes back, and nothing here waits for the journal. A node without one
// applies at once.
type store struct {
	inbox  *chans.Inbox[workItem]
	wake   wake
	faults *inject.Injector
	log    *slog.Logger

	state   *state
	journal *chans.Queue[walItem] // nil: there is none
	failing *atomic.Bool          // it cannot be written

	origin      gossip.OriginID // of own entries; set by begin
	logName     string
	incarnation uint64    // the least of this life, as the journal is told
	counter     uint64    // of the newest own entry; none is given twice
	issued      issuedLog // what others can have of it
	reissue     reissue   // what is to be given out again
	keys        []string  // scratch of learn
	handedOn    bool      // the job in hand was handed on, or applied

	out          *outbox
	storedSignal *storedSignal
	intakeBytes  *budget
	counters     *counters
}

const storeName = "store"

// Name is the service's.
func (r *store) Name() string { return storeName }

// Wake is the service's.
func (r *store) Wake() <-chan struct{} { return r.wake }

// Next is when there is something to do, and room for what that may have to say.
func (r *store) Next(now time.Duration) time.Duration {
	switch {
	case r.inbox.Depth() == 0 && !r.reissueDue():
		return Never
	case r.out.full():
		return max(now, r.out.stuckAt())
	}
	return now
}

// Step does one thing.
func (r *store) Step(now time.Duration) (Work, error) {
	if r.out.blocked(now) {
		return Work{}, nil
	}
	if r.reissueDue() {
		r.reissueSome(now)
		return Work{Did: true, Messages: 1}, nil
	}
	queued := r.out.queue.Depth()
	if j, ok := r.inbox.TryNext(); ok {
		bytes := j.bytes
		r.handedOn = false
		r.faults.Begin(now, true)
		r.handle(now, &j)
		r.faults.End()
		r.inbox.Done()
		return Work{Did: true, Brief: r.faults == nil, Messages: 1 + r.out.queue.Depth() - queued, Bytes: bytes}, nil
	}
	if r.inbox.Drained() {
		if r.journal != nil {
			r.journal.Close()
		} else {
			r.out.queue.Close()
		}
		return Work{}, errOver
	}
	return Work{}, nil
}

// Crashed answers for a job that crashed the store.
func (r *store) Crashed(now time.Duration) int {
	j, lost := r.inbox.Abandon()
	if !lost {
		return 0
	}
	r.lost(now, &j)
	return 1
}

// lost answers for a job. A broadcast may have been done where it was handed on, or
// its value is known.
func (r *store) lost(now time.Duration, j *workItem) {
	if !r.handedOn || r.journal == nil {
		r.intakeBytes.put(j.bytes)
	}
	switch j.kind {
	case workInit:
		if j.membership != nil && !r.handedOn {
			r.begin(now, j) // without it there is no node
		}
	case workBroadcast:
		logLost(r.log, storeName, "broadcast", &j.replyTo, j.value)
		switch {
		case r.handedOn && r.journal != nil: // that answers
		case r.handedOn || r.state.knows(j.value):
			r.out.fail(now, j.replyTo, wire.Crash, crashedText)
		default:
			r.out.fail(now, j.replyTo, wire.Abort, abortedText)
		}
	case workRead:
		logLost(r.log, storeName, "read", &j.replyTo, nil)
		r.out.fail(now, j.replyTo, wire.Abort, abortedText)
	case workDelivery: // not acked, so it comes again
		logLost(r.log, storeName, "delta", &replyTo{client: j.delivery.Ticket.From}, nil)
	}
}

// handle does one job. Its bytes are given back when it is done; those of a job
// that crashed the service, when it is counted as lost.
func (r *store) handle(now time.Duration, j *workItem) {
	switch j.kind {
	case workInit:
		r.begin(now, j)
	case workBroadcast:
		r.broadcast(now, j)
	case workRead:
		shown := r.state.view()
		r.out.offer(now, outgoing{kind: replyRead, to: j.replyTo, values: &shown})
	case workDelivery:
		r.learn(now, j)
	case workNewLog:
		r.switchLog(string(j.value), j.replyTo.client)
	}
	if !r.handedOn || r.journal == nil {
		r.intakeBytes.put(j.bytes) // else they went on to the journal
	}
}

// toJournal hands something to the journal, with the bytes that it counts. It never waits:
// false if there is no room.
func (r *store) toJournal(now time.Duration, item walItem) bool {
	r.handedOn = r.journal.Offer(now, item)
	return r.handedOn
}

// begin takes note of the node's name, and has its journal opened.
func (r *store) begin(now time.Duration, j *workItem) {
	r.origin = gossip.NewOriginID(j.membership.id, r.logName)
	r.issued.start(r.origin)
	if r.journal == nil {
		return
	}
	s := *j.membership
	r.toJournal(now, walItem{kind: walOpen, bytes: int32(j.bytes), open: &openRequest{membership: &s, replyTo: j.replyTo, start: &journal.Start{
		Node: s.id, Nodes: s.members.Len(), Init: s.seen, Log: r.logName, Incarnation: r.incarnation,
	}}})
}

// learn takes in what gossip has learnt, all of it or, where a value cannot be
// read, none: a batch that is not acked comes again.
func (r *store) learn(now time.Duration, j *workItem) {
	d := j.delivery
	r.keys = r.keys[:0]
	for _, e := range d.Entries {
		key, err := wire.Canonical([]byte(e.Value))
		if err != nil {
			r.counters.badPeerMsgs.Add(1)
			r.log.Warn("a peer's value cannot be read, and its message is not used", "from", d.Ticket.From, "origin", shorten(e.Origin.Value().Node), "why", err)
			return
		}
		r.keys = append(r.keys, key)
	}
	if r.journal != nil {
		if r.journal.Depth() >= r.journal.Capacity() {
			r.counters.droppedDeliveries.Add(1) // it comes again
			return
		}
		r.show(d.Entries, r.keys)
		l := &delivery{entries: d.Entries, keys: slices.Clone(r.keys), ticket: d.Ticket}
		r.toJournal(now, walItem{kind: walDelivery, replyTo: j.replyTo, bytes: int32(j.bytes), delivery: l})
		return
	}
	r.state.applyNew(d.Entries, r.keys)
	r.storedSignal.stored(d.Ticket)
}

// show has reads show what a peer has brought, before it is durable here: it is so
// where it comes from. A read that comes behind it on stdin is answered with it and
// waits for no write.
func (r *store) show(entries []gossip.Entry, keys []string) {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	for i := range entries {
		r.state.show(&entries[i], keys[i])
	}
}

// broadcast gives a counter to a client's value. It is answered, and others are told,
// when it is durable.
func (r *store) broadcast(now time.Duration, j *workItem) {
	key, err := wire.Canonical(j.value)
	if err != nil {
		r.out.fail(now, j.replyTo, wire.MalformedRequest, "the message of a broadcast must be a JSON value: "+err.Error())
		return
	}
	value := key // one string for both, as a rule
	if value != string(j.value) {
		value = string(j.value)
	}
	e := gossip.Entry{Origin: r.origin, Counter: r.counter + 1, Value: value}
	if r.journal == nil {
		r.counter++
		r.handedOn = true
		r.own(now, &e, key, j.replyTo, j.maybeGone)
		return
	}
	if r.failing.Load() {
		r.counters.refusedNotDurable.Add(1)
		r.out.fail(now, j.replyTo, wire.TemporarilyUnavailable, "this node's journal cannot be written, so that the value would not survive it")
		return
	}
	item := walItem{kind: walOwn, maybeGone: j.maybeGone, bytes: int32(j.bytes), replyTo: j.replyTo, entry: e}
	if key != value {
		item.key = key
	}
	if !r.toJournal(now, item) {
		r.counters.refusedFull.Add(1)
		r.out.fail(now, j.replyTo, wire.TemporarilyUnavailable, fullText)
		return
	}
	r.counter++
}

// own applies an entry of the node's own, which others can know from now on, and
// says so to its client.
func (r *store) own(now time.Duration, e *gossip.Entry, key string, to replyTo, silent bool) {
	r.issued.issue(e)
	r.state.applyNew([]gossip.Entry{*e}, []string{key})
	r.storedSignal.notify()
	if silent {
		r.counters.silenced.Add(1)
	}
	if to.wantsReply {
		r.out.offer(now, outgoing{kind: replyBroadcastOK, to: to})
	}
}

// workItem is an item of the intake queue: what the store service has to do. Items
// are copied into queues and out of them, so what few of them have is behind a
// pointer.
type workItem struct {
	replyTo    replyTo
	value      []byte           // broadcast: the value's JSON, as spelt
	membership *membership      // begin
	delivery   *gossip.Delivery // learnt
	bytes      int              // what it counts in the intake's byte budget
	kind       workKind
	maybeGone  bool // broadcast: store, but do not answer
}

type workKind uint8

const (
	workInit      workKind = iota // the node has got its name
	workBroadcast                 // a client's value
	workRead                      // a client wants to know all values
	workDelivery                  // entries that gossip has learnt
	workNewLog                    // a peer has more of the node's log than there is: the name of another one
)
