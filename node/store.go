package node

import (
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/chans"
	"treecast/gossip"
	"treecast/journal"
	"treecast/node/inject"
	"treecast/wire"
)

// store is the store service: in the order of stdin it validates values, gives counters
// to the node's own entries and answers reads. Whatever makes a promise, a reply to a
// broadcast or an ack to a peer, goes on to the journal, which releases it when it is
// durable. Nothing comes back, and the store never waits for the journal. Without a
// journal it applies at once.
type store struct {
	inbox  *chans.Inbox[workItem]
	wake   wake
	faults *inject.Injector
	log    *slog.Logger

	state   *state
	journal *chans.Queue[walItem] // nil: there is none
	failing *atomic.Bool          // it cannot be written

	kind        *app.Kind       // what the origin is of; nil: nobody knows
	waiting     []workItem      // requests that came before anybody knew
	origin      gossip.OriginID // of own entries; set by begin
	logName     string
	incarnation uint64    // of this process, by its clock
	counter     uint64    // of the newest own entry; none is used twice
	issued      issuedLog // what others may know of it
	reissue     reissue   // see there
	item        workItem  // in hand
	keys        []string  // scratch of learn
	handedOn    bool      // the item in hand went to the journal, or was applied

	out          *outbox
	storedSignal *storedSignal
	intakeBytes  *budget
	counters     *counters
}

const storeName = "store"

// Name is the service's.
func (s *store) Name() string { return storeName }

// Wake is the service's.
func (s *store) Wake() <-chan struct{} { return s.wake }

// Next is when there is something to do and room for its reply.
func (s *store) Next(now time.Duration) time.Duration {
	switch {
	case s.inbox.Depth() == 0 && !s.reissueDue():
		if next := max(now, s.nextOwn(now)); next > now || !s.out.full() {
			return next
		}
		return max(now, s.out.stuckAt())
	case s.out.full():
		return max(now, s.out.stuckAt())
	}
	return now
}

// Step handles one item.
func (s *store) Step(now time.Duration) (Work, error) {
	if s.out.blocked(now) {
		return Work{}, nil
	}
	if s.reissueDue() {
		s.reissueSome(now)
		return Work{Did: true, Messages: 1}, nil
	}
	if s.nextOwn(now) <= now && s.ownStep(now) {
		return Work{Did: true, Messages: 1}, nil
	}
	queued := s.out.queue.Depth()
	var ok bool
	if s.item, ok = s.inbox.TryNext(); ok {
		bytes := int(s.item.bytes)
		s.handedOn = false
		s.faults.Begin(now, true)
		s.handle(now, &s.item)
		s.faults.End()
		s.inbox.Done()
		return Work{Did: true, Brief: s.faults == nil, Messages: 1 + s.out.queue.Depth() - queued, Bytes: bytes}, nil
	}
	if s.inbox.Drained() {
		if s.journal != nil {
			s.journal.Close()
		} else {
			s.out.queue.Close()
		}
		return Work{}, errOver
	}
	return Work{}, nil
}

// Crashed answers for the item that crashed the store.
func (s *store) Crashed(now time.Duration) int {
	j, lost := s.inbox.Abandon()
	if !lost {
		return 0
	}
	s.lost(now, &j)
	return 1
}

// lost answers for an item that was lost. A broadcast may have been done if it went to
// the journal, or if its value is known.
func (s *store) lost(now time.Duration, j *workItem) {
	if !s.handedOn || s.journal == nil {
		s.intakeBytes.put(int(j.bytes))
	}
	switch j.kind {
	case workInit:
		if j.more != nil && !s.handedOn {
			s.begin(now, j) // there is no node without it
		}
	case workRequest:
		logLost(s.log, storeName, "request", &j.replyTo, j.call.Value)
		switch {
		case s.handedOn && s.journal != nil: // that answers
		case s.handedOn:
			s.out.fail(now, j.replyTo, wire.Crash, crashedText)
		default:
			s.out.fail(now, j.replyTo, wire.Abort, abortedText)
		}
	case workDelivery: // not acked, so it comes again
		logLost(s.log, storeName, "delta", &replyTo{client: j.delivery().Ticket.From}, nil)
	}
}

// handle does one item. Its bytes go back to the budget when it is done; if it crashes
// the service, when it is counted as lost.
func (s *store) handle(now time.Duration, j *workItem) {
	switch j.kind {
	case workInit:
		s.begin(now, j)
	case workRequest:
		s.request(now, j)
	case workDelivery:
		s.learn(now, j)
	case workNewLog:
		s.switchLog(j.more.(string), j.replyTo.client)
	}
	if j.bytes > 0 && (!s.handedOn || s.journal == nil) {
		s.intakeBytes.put(int(j.bytes)) // else they went on to the journal
	}
}

// toJournal puts an item into the journal's queue, along with its bytes in the budget.
// It never waits: false if there is no room.
func (s *store) toJournal(now time.Duration, item walItem) bool {
	s.handedOn = s.journal.Offer(now, item)
	return s.handedOn
}

// begin takes note of the node's name, and has its journal opened.
func (s *store) begin(now time.Duration, j *workItem) {
	m := *j.more.(*membership)
	index, _ := m.members.Index(m.id)
	s.state.know(app.Env{
		Self: m.id, Index: index, Nodes: m.members.Nodes(),
		Life: s.logName, Epoch: s.incarnation, Restart: m.greet,
	})
	s.startLog(m.id)
	if s.journal == nil {
		return
	}
	s.toJournal(now, walItem{kind: walOpen, bytes: j.bytes, open: &openRequest{membership: &m, replyTo: j.replyTo, start: &journal.Start{
		Node: m.id, Nodes: m.members.Len(), Init: m.seen, Log: s.logName, Incarnation: s.incarnation,
	}}})
}

// learn handles a delivery of gossip: all of it or, if a value cannot be read, none. A
// batch that is not acked is sent again.
func (s *store) learn(now time.Duration, j *workItem) {
	d := j.delivery()
	s.keys = s.keys[:0]
	for _, e := range d.Entries {
		key, err := "", error(nil)
		if k := s.state.tell(e.Origin); k != nil {
			key, err = k.Check(e.Value)
		}
		if err != nil {
			s.counters.badPeerMsgs.Add(1)
			s.log.Warn("a peer's value cannot be read, and its message is not used", "from", d.Ticket.From, "origin", shorten(e.Origin.Value().Node), "why", err)
			return
		}
		s.keys = append(s.keys, key)
	}
	if s.journal != nil {
		if s.journal.Depth() >= s.journal.Capacity() {
			s.counters.droppedDeliveries.Add(1) // it comes again
			return
		}
		s.show(d.Entries, s.keys)
		l := &delivery{entries: d.Entries, keys: slices.Clone(s.keys), ticket: d.Ticket}
		s.toJournal(now, walItem{kind: walDelivery, replyTo: j.replyTo, bytes: j.bytes, delivery: l})
		return
	}
	s.state.applyNew(d.Entries, s.keys)
	s.storedSignal.stored(d.Ticket)
}

// show makes a peer's entries visible to reads before they are durable here: they are
// durable at the peer. So a read that follows them on stdin waits for no write.
func (s *store) show(entries []gossip.Entry, keys []string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for i := range entries {
		s.state.show(entries[i], keys[i], app.NotYet)
	}
}

// workItem is an item of the intake queue, for the store. Items are copied into and out
// of queues, so it is two lines of the cache long (TestStore_itemsAreNarrow).
type workItem struct {
	replyTo   replyTo
	call      app.Call // request
	more      any      // request: *unread, if it is to be read again; others: as kind says
	bytes     int32    // what it counts in the intake's byte budget
	kind      workKind
	maybeGone bool // request: carry it out, but do not answer
}

// delivery is what gossip has learnt.
func (j *workItem) delivery() *gossip.Delivery { return j.more.(*gossip.Delivery) }

type workKind uint8

const (
	workInit     workKind = iota // *membership: the node has got its name
	workRequest                  // a client's
	workDelivery                 // *gossip.Delivery: entries that gossip has learnt
	workNewLog                   // string: a peer has more of the node's log than there is: the name of another one
)
