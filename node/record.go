package node

import (
	"sync/atomic"
	"time"

	"treecast/gossip"
	"treecast/wire"
)

// record is what the node knows: the log of entries, which values a read
// shows, and the counter of its own entries. It belongs to the node, not to
// the goroutine that serves it. Its step checks first and commits last, so
// that a crash loses the item in hand and nothing else.
type record struct {
	log    *gossip.Log
	held   *gossip.Vector
	values valueSet
	list   list

	source  gossip.SourceID // of its own entries; set by begin
	logName string
	counter uint64
	keys    []string // scratch of store

	out     *outbox
	notices *notices
	intake  *budget
	count   *counters

	shownValues atomic.Int64 // list.length, for whoever asks
}

// handle does one job. Its bytes are given back when it is done; those of a job
// that crashed the service, when it is counted as lost.
func (r *record) handle(now time.Duration, j *job) {
	switch j.kind {
	case jobBegin:
		r.begin(j.setup)
	case jobBroadcast:
		r.broadcast(now, j)
	case jobRead:
		r.out.offer(now, outgoing{dest: j.request.client, kind: outReadOK, req: j.request, values: r.list.view()})
	case jobStore:
		r.store(&j.store)
	}
	r.intake.put(j.bytes)
}

// begin takes note of the node's name.
func (r *record) begin(s *setup) { r.source = gossip.NewSourceID(s.id, r.logName) }

// knows reports whether a value is in the record.
func (r *record) knows(value []byte) bool {
	key, err := wire.Canonical(value)
	return err == nil && r.values.has(key)
}

// store takes in what gossip has learnt, all of it or, where a value cannot be
// read, none: a batch that is not acked comes again.
func (r *record) store(d *gossip.Delivery) {
	r.keys = r.keys[:0]
	for _, e := range d.Entries {
		key, err := wire.Canonical([]byte(e.Value))
		if err != nil {
			r.count.badMail.Add(1)
			return
		}
		r.keys = append(r.keys, key)
	}
	for i, e := range d.Entries {
		if r.held.Add(e.Source, e.Counter) {
			r.append(e, r.keys[i])
		}
	}
	r.notices.stored(d.Ticket)
}

// broadcast stores a client's value and says so.
func (r *record) broadcast(now time.Duration, j *job) {
	key, err := wire.Canonical(j.value)
	if err != nil {
		r.out.fail(now, j.request, wire.MalformedRequest, "the message of a broadcast must be a JSON value: "+err.Error())
		return
	}
	e := gossip.Entry{Source: r.source, Counter: r.counter + 1, Value: string(j.value)}
	r.counter++
	r.held.Add(e.Source, e.Counter)
	r.append(e, key)
	r.notices.ring()
	if j.silent {
		r.count.silenced.Add(1)
	}
	if j.request.asks {
		r.out.offer(now, outgoing{dest: j.request.client, kind: outBroadcastOK, req: j.request})
	}
}

func (r *record) append(e gossip.Entry, key string) {
	r.log.Append(e)
	if r.values.add(key) {
		r.list.add(e.Value)
		r.shownValues.Store(int64(r.list.length))
	}
}
