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

// record is the store: it checks what comes, in the order of stdin, gives counters
// to the node's own entries and answers reads. What promises something, an answer to
// a broadcast or an ack, it hands to the journal, which lets it out when it is durable;
// nothing comes back, and nothing here waits for the journal. A node without one
// applies at once.
type record struct {
	inbox  *chans.Inbox[job]
	wake   wake
	faults *inject.Injector
	logger *slog.Logger

	state   *state
	journal *chans.Queue[walItem] // nil: there is none
	failing *atomic.Bool          // it cannot be written

	source   gossip.OriginID // of own entries; set by begin
	logName  string
	epoch    uint64   // the least of this life, as the journal is told
	counter  uint64   // of the newest own entry; none is given twice
	given    given    // what others can have of it
	again    again    // what is to be given out again
	keys     []string // scratch of learn
	promised bool     // the job in hand was handed on, or applied

	out     *outbox
	notices *notices
	intake  *budget
	count   *counters
}

const recordName = "record"

// Name is the service's.
func (r *record) Name() string { return recordName }

// Wake is the service's.
func (r *record) Wake() <-chan struct{} { return r.wake }

// Next is when there is something to do, and room for what that may have to say.
func (r *record) Next(now time.Duration) time.Duration {
	switch {
	case r.inbox.Depth() == 0 && !r.owesAgain():
		return Never
	case r.out.full():
		return max(now, r.out.stuckAt())
	}
	return now
}

// Step does one thing.
func (r *record) Step(now time.Duration) (Work, error) {
	if r.out.blocked(now) {
		return Work{}, nil
	}
	if r.owesAgain() {
		r.giveAgain(now)
		return Work{Did: true, Messages: 1}, nil
	}
	queued := r.out.queue.Depth()
	if j, ok := r.inbox.TryNext(); ok {
		bytes := j.bytes
		r.promised = false
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
func (r *record) Crashed(now time.Duration) int {
	j, lost := r.inbox.Abandon()
	if !lost {
		return 0
	}
	r.lost(now, &j)
	return 1
}

// lost answers for a job. A broadcast may have been done where it was handed on, or
// its value is known.
func (r *record) lost(now time.Duration, j *job) {
	if !r.promised || r.journal == nil {
		r.intake.put(j.bytes)
	}
	switch j.kind {
	case jobBegin:
		if j.setup != nil && !r.promised {
			r.begin(now, j) // without it there is no node
		}
	case jobBroadcast:
		logLost(r.logger, recordName, "broadcast", &j.request, j.value)
		switch {
		case r.promised && r.journal != nil: // that answers
		case r.promised || r.state.knows(j.value):
			r.out.fail(now, j.request, wire.Crash, crashedText)
		default:
			r.out.fail(now, j.request, wire.Abort, abortedText)
		}
	case jobRead:
		logLost(r.logger, recordName, "read", &j.request, nil)
		r.out.fail(now, j.request, wire.Abort, abortedText)
	case jobLearnt: // not acked, so it comes again
		logLost(r.logger, recordName, "delta", &request{client: j.learnt.Ticket.From}, nil)
	}
}

// handle does one job. Its bytes are given back when it is done; those of a job
// that crashed the service, when it is counted as lost.
func (r *record) handle(now time.Duration, j *job) {
	switch j.kind {
	case jobBegin:
		r.begin(now, j)
	case jobBroadcast:
		r.broadcast(now, j)
	case jobRead:
		shown := r.state.view()
		r.out.offer(now, outgoing{kind: outReadOK, req: j.request, values: &shown})
	case jobLearnt:
		r.learn(now, j)
	case jobElsewhere:
		r.goOnElsewhere(string(j.value), j.request.client)
	}
	if !r.promised || r.journal == nil {
		r.intake.put(j.bytes) // else they went on to the journal
	}
}

// hand hands something to the journal, with the bytes that it counts. It never waits:
// false if there is no room.
func (r *record) hand(now time.Duration, item walItem) bool {
	r.promised = r.journal.Offer(now, item)
	return r.promised
}

// begin takes note of the node's name, and has its journal opened.
func (r *record) begin(now time.Duration, j *job) {
	r.source = gossip.NewOriginID(j.setup.id, r.logName)
	r.given.begin(r.source)
	if r.journal == nil {
		return
	}
	s := *j.setup
	r.hand(now, walItem{kind: walOpen, bytes: int32(j.bytes), open: &opening{setup: &s, request: j.request, start: &journal.Start{
		Node: s.id, Nodes: s.members.Len(), Init: s.seen, Log: r.logName, Epoch: r.epoch,
	}}})
}

// learn takes in what gossip has learnt, all of it or, where a value cannot be
// read, none: a batch that is not acked comes again.
func (r *record) learn(now time.Duration, j *job) {
	d := j.learnt
	r.keys = r.keys[:0]
	for _, e := range d.Entries {
		key, err := wire.Canonical([]byte(e.Value))
		if err != nil {
			r.count.badMail.Add(1)
			r.logger.Warn("a peer's value cannot be read, and its message is not used", "from", d.Ticket.From, "origin", shorten(e.Origin.Value().Node), "why", err)
			return
		}
		r.keys = append(r.keys, key)
	}
	if r.journal != nil {
		if r.journal.Depth() >= r.journal.Capacity() {
			r.count.droppedStores.Add(1) // it comes again
			return
		}
		r.show(d.Entries, r.keys)
		l := &learnt{entries: d.Entries, keys: slices.Clone(r.keys), ticket: d.Ticket}
		r.hand(now, walItem{kind: walLearnt, request: j.request, bytes: int32(j.bytes), learnt: l})
		return
	}
	r.state.take(d.Entries, r.keys)
	r.notices.stored(d.Ticket)
}

// show has reads show what a peer has brought, before it is durable here: it is so
// where it comes from. A read that comes behind it on stdin is answered with it and
// waits for no write.
func (r *record) show(entries []gossip.Entry, keys []string) {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	for i := range entries {
		r.state.show(&entries[i], keys[i])
	}
}

// broadcast gives a counter to a client's value. It is answered, and others are told,
// when it is durable.
func (r *record) broadcast(now time.Duration, j *job) {
	key, err := wire.Canonical(j.value)
	if err != nil {
		r.out.fail(now, j.request, wire.MalformedRequest, "the message of a broadcast must be a JSON value: "+err.Error())
		return
	}
	value := key // one string for both, as a rule
	if value != string(j.value) {
		value = string(j.value)
	}
	e := gossip.Entry{Origin: r.source, Counter: r.counter + 1, Value: value}
	if r.journal == nil {
		r.counter++
		r.promised = true
		r.own(now, &e, key, j.request, j.silent)
		return
	}
	if r.failing.Load() {
		r.count.refusedUnkept.Add(1)
		r.out.fail(now, j.request, wire.TemporarilyUnavailable, "this node's journal cannot be written, so that the value would not survive it")
		return
	}
	item := walItem{kind: walOwn, silent: j.silent, bytes: int32(j.bytes), request: j.request, entry: e}
	if key != value {
		item.key = key
	}
	if !r.hand(now, item) {
		r.count.refusedFull.Add(1)
		r.out.fail(now, j.request, wire.TemporarilyUnavailable, fullText)
		return
	}
	r.counter++
}

// own applies an entry of the node's own, which others can know from now on, and
// says so to its client.
func (r *record) own(now time.Duration, e *gossip.Entry, key string, to request, silent bool) {
	r.given.note(e)
	r.state.take([]gossip.Entry{*e}, []string{key})
	r.notices.ring()
	if silent {
		r.count.silenced.Add(1)
	}
	if to.asks {
		r.out.offer(now, outgoing{kind: outBroadcastOK, req: to})
	}
}
