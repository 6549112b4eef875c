package node

import (
	"log/slog"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/node/inject"
	"treecast/node/values"
	"treecast/wire"
)

// record is what the node knows: the log of entries, which values a read
// shows, and the counter of its own entries. It belongs to the node, not to
// the goroutine that serves it. Its step checks first and commits last, so
// that a crash loses the item in hand and nothing else.
type record struct {
	inbox  *chans.Inbox[job]
	wake   wake
	faults *inject.Injector
	logger *slog.Logger

	log    *gossip.Log
	held   *gossip.Digest
	values values.Set
	list   values.List

	source  gossip.OriginID // of its own entries; set by begin
	logName string
	counter uint64   // of the newest own entry, kept or on its way to be
	given   given    // what others can have of it
	again   again    // what is to be given out again
	keys    []string // scratch of store

	keeping keeping

	out     *outbox
	notices *notices
	intake  *budget
	count   *counters

	shownValues atomic.Int64 // list.Len, for whoever asks
}

const recordName = "record"

// Name is the service's.
func (r *record) Name() string { return recordName }

// Wake is the service's.
func (r *record) Wake() <-chan struct{} { return r.wake }

// Next is when there is something to do, and room for what that may have to say.
func (r *record) Next(now time.Duration) time.Duration {
	k := &r.keeping
	switch {
	case !((r.inbox.Depth() > 0 || r.owesAgain()) && k.room()) && !(k.queue != nil && k.any()):
		return Never
	case r.out.full():
		return max(now, r.out.stuckAt())
	}
	return now
}

// Step does one thing. What has come back from the journal goes first: that is room
// for more.
func (r *record) Step(now time.Duration) (Work, error) {
	if r.out.blocked(now) {
		return Work{}, nil
	}
	queued := r.out.queue.Depth()
	if r.commit(now) {
		return Work{Did: true, Brief: r.faults == nil, Messages: 1 + r.out.queue.Depth() - queued}, nil
	}
	if !r.keeping.room() {
		return Work{}, nil
	}
	if r.owesAgain() {
		r.giveAgain(now)
		return Work{Did: true, Messages: 1}, nil
	}
	if j, ok := r.inbox.TryNext(); ok {
		bytes := j.bytes
		r.faults.Begin(now, true)
		r.handle(now, &j)
		r.faults.End()
		r.inbox.Done()
		return Work{Did: true, Brief: r.faults == nil, Messages: 1 + r.out.queue.Depth() - queued, Bytes: bytes}, nil
	}
	if r.inbox.Drained() {
		r.keeping.close()
		if r.keeping.idle() {
			r.out.queue.Close()
			return Work{}, errOver
		}
	}
	return Work{}, nil
}

// Crashed answers for a job that crashed the record, or for what had come back from
// the journal.
func (r *record) Crashed(now time.Duration) int {
	j, lost := r.inbox.Abandon()
	if lost {
		r.lost(now, &j)
	}
	r.resume(now)
	if lost {
		return 1
	}
	return 0
}

// lost answers for a job. It may have been done, unless its value is unknown.
func (r *record) lost(now time.Duration, j *job) {
	r.intake.put(j.bytes)
	switch j.kind {
	case jobBegin:
		if j.setup != nil {
			r.begin(now, j) // without it there is no node
		}
	case jobBroadcast:
		logLost(r.logger, recordName, "broadcast", &j.request, j.value)
		if r.knows(j.value) {
			r.out.fail(now, j.request, wire.Crash, crashedText)
		} else {
			r.out.fail(now, j.request, wire.Abort, abortedText)
		}
	case jobRead:
		logLost(r.logger, recordName, "read", &j.request, nil)
		r.out.fail(now, j.request, wire.Abort, abortedText)
	case jobStore: // not acked, so it comes again
		logLost(r.logger, recordName, "delta", &request{client: j.store.Ticket.From}, nil)
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
		if r.waits(now) {
			r.hand(now, keep{kind: keepRead, request: j.request})
		} else {
			r.answerRead(now, j.request)
		}
	case jobStore:
		r.store(now, j)
	case jobElsewhere:
		r.goOnElsewhere(string(j.value), j.request.client)
	}
	r.intake.put(j.bytes) // 0 if they went on to the journal
}

// begin takes note of the node's name, and has its journal opened.
func (r *record) begin(now time.Duration, j *job) {
	r.source = gossip.NewOriginID(j.setup.id, r.logName)
	r.given.begin(r.source)
	if r.keeping.queue != nil {
		r.openJournal(now, j)
	}
}

// answerRead answers a read with what is known.
func (r *record) answerRead(now time.Duration, to request) {
	shown := r.list.View()
	r.out.offer(now, outgoing{kind: outReadOK, req: to, values: &shown})
}

// knows reports whether a value is in the record.
func (r *record) knows(value []byte) bool {
	key, err := wire.Canonical(value)
	return err == nil && r.values.Has(key)
}

// store takes in what gossip has learnt, all of it or, where a value cannot be
// read, none: a batch that is not acked comes again.
func (r *record) store(now time.Duration, j *job) {
	d := j.store
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
	if r.keeping.queue != nil {
		r.keepDelivery(now, j)
		return
	}
	r.take(d.Entries, r.keys)
	r.notices.stored(d.Ticket)
}

// take puts entries in that are new.
func (r *record) take(entries []gossip.Entry, keys []string) {
	for i, e := range entries {
		if r.held.Add(e.Origin, e.Counter) {
			r.append(e, keys[i])
		}
	}
}

// broadcast stores a client's value and says so.
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
	r.counter++
	if r.keeping.queue != nil {
		r.keepBroadcast(now, j, value, key)
		return
	}
	e := gossip.Entry{Origin: r.source, Counter: r.counter, Value: value}
	r.own(now, &e, key, j.request, j.silent)
}

// own puts an entry of the node's own in and says so to its client.
func (r *record) own(now time.Duration, e *gossip.Entry, key string, to request, silent bool) {
	if e.Origin == r.source {
		r.given.note(e.Counter)
	}
	r.held.Add(e.Origin, e.Counter)
	r.append(*e, key)
	r.notices.ring()
	if silent {
		r.count.silenced.Add(1)
	}
	if to.asks {
		r.out.offer(now, outgoing{kind: outBroadcastOK, req: to})
	}
}

func (r *record) append(e gossip.Entry, key string) {
	r.log.Append(e)
	if r.values.Add(key) {
		shown := e.Value
		if shown != key { // else it is canonical, and so without space
			shown = string(wire.OneLine([]byte(shown)))
		}
		r.list.Add(shown)
		r.shownValues.Store(int64(r.list.Len()))
	}
}
