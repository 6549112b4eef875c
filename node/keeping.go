package node

import (
	"errors"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/journal"
	"treecast/wire"
)

// keeping is the record's dealings with the journal service. What is handed to
// it comes back in the same order, with what became of it, and only then is it
// shown, told to gossip and answered: what leaves the node is in the journal.
type keeping struct {
	queue    *chans.Queue[*keep] // nil: there is no journal
	outcomes *outcomes
	stalled  func(now time.Duration) bool // nobody should wait for the journal now
	began    func(now time.Duration, s *setup, from request)
	refused  func(now time.Duration, from request, err error)
	figures  *journalFigures
	epoch    uint64

	setup    *setup
	handed   int    // to the journal and not come back
	ownOut   int    // of these, own entries
	used     uint64 // highest counter that others can know
	came     []outcome
	at, item int // position in came
	hasBegun bool
	free     []*keep // to be used again
	inHand   *keep   // a crash loses it
}

// maxFree bounds what is kept to be used again.
const maxFree = 4096

// blank returns an item that holds nothing.
func (k *keeping) blank() *keep {
	n := len(k.free)
	if n == 0 {
		return &keep{}
	}
	item := k.free[n-1]
	k.free = k.free[:n-1]
	return item
}

// done takes back an item that nobody looks at any more.
func (k *keeping) done(item *keep) {
	if len(k.free) < maxFree {
		*item = keep{}
		k.free = append(k.free, item)
	}
}

// room reports whether the journal can be handed something.
func (k *keeping) room() bool { return k.queue == nil || k.queue.Depth() < k.queue.Capacity() }

// any reports whether something has come back.
func (k *keeping) any() bool { return k.at < len(k.came) || k.outcomes.any.Load() }

// idle reports whether everything has come back.
func (k *keeping) idle() bool { return k.handed == 0 && (k.queue == nil || !k.any()) }

// close says that nothing more will be handed over.
func (k *keeping) close() {
	if k.queue != nil {
		k.queue.Close()
	}
}

// waits reports whether a read follows what is on its way to the journal, so
// that it shows what its client has sent before it.
func (r *record) waits(now time.Duration) bool {
	return r.keeping.handed > 0 && !r.keeping.stalled(now)
}

// hand hands something to the journal; there is room.
func (r *record) hand(now time.Duration, k keep) {
	item := r.keeping.blank()
	*item = k
	if r.keeping.queue.Offer(now, item) {
		r.keeping.handed++
	}
}

// openJournal has the journal look for what a former life has left.
func (r *record) openJournal(now time.Duration, j *job) {
	s := *j.setup
	r.keeping.setup = &s
	r.hand(now, keep{kind: keepOpen, request: j.request, start: &journal.Start{
		Node: s.id, Nodes: s.members.Len(), Init: s.seen, Log: r.logName, Epoch: r.keeping.epoch,
	}})
}

// keepBroadcast hands a client's value to the journal.
func (r *record) keepBroadcast(now time.Duration, j *job, value, key string) {
	r.keeping.ownOut++
	r.hand(now, keep{kind: keepBroadcast, request: j.request, source: r.source, counter: r.counter, value: value, key: key, bytes: j.bytes, silent: j.silent})
	j.bytes = 0
}

// keepDelivery hands what gossip has learnt to the journal. Where all of it is
// known it still follows what is on its way, as that may be the same.
func (r *record) keepDelivery(now time.Duration, j *job) {
	s := &storing{ticket: j.store.Ticket}
	for i, e := range j.store.Entries {
		if !r.held.Contains(e.Origin, e.Counter) {
			s.entries = append(s.entries, e)
			s.keys = append(s.keys, r.keys[i])
		}
	}
	if len(s.entries) == 0 && r.keeping.handed == 0 {
		r.notices.stored(s.ticket)
		return
	}
	r.hand(now, keep{kind: keepStore, request: j.request, store: s, bytes: j.bytes})
	j.bytes = 0
}

// commit takes one thing that has come back from the journal and reports
// whether there was any.
func (r *record) commit(now time.Duration) bool {
	k := &r.keeping
	if k.at == len(k.came) {
		if k.queue == nil || !k.outcomes.any.Load() {
			return false
		}
		clear(k.came)
		k.came = k.outcomes.take(k.came)
		k.at, k.item = 0, 0
	}
	o := &k.came[k.at]
	if found := o.opened; found != nil {
		o.opened = nil
		r.recover(found)
	}
	if k.item == len(o.batch) {
		k.outcomes.recycle(o.batch)
		*o = outcome{}
		k.at, k.item = k.at+1, 0
		return true
	}
	item := o.batch[k.item]
	k.item++
	k.handed--
	k.inHand = item
	r.commitItem(now, item, o.err)
	k.inHand = nil
	k.outcomes.committed.Add(1)
	k.done(item)
	return true
}

// refuse answers a broadcast that the journal has not kept.
func (r *record) refuse(now time.Duration, to request, uncertain bool, err error) {
	switch {
	case errors.Is(err, errAborted):
		r.out.fail(now, to, wire.Abort, abortedText)
	case errors.Is(err, errCrashed):
		r.out.fail(now, to, wire.Crash, crashedText)
	case uncertain: // it may be found after a restart
		r.count.refusedUnkept.Add(1)
		r.out.fail(now, to, wire.Crash, "this node's journal cannot be written, but it may have been: "+err.Error())
	default:
		r.count.refusedUnkept.Add(1)
		r.out.fail(now, to, wire.TemporarilyUnavailable, "this node's journal cannot be written, so that the value would not survive it: "+err.Error())
	}
}

// resume goes on after a crash of the record. What had come back from the
// journal and crashed it may have been done: a value is in the journal, and
// shown in the node's next life at the latest.
func (r *record) resume(now time.Duration) {
	item := r.keeping.inHand
	if item == nil {
		return
	}
	r.keeping.inHand = nil
	r.keeping.outcomes.committed.Add(1)
	r.intake.put(item.bytes)
	if item.kind == keepAgain {
		r.again.next = min(r.again.next, item.position)
	}
	if item.kind == keepRead || item.kind == keepBroadcast {
		r.out.fail(now, item.request, wire.Crash, crashedText)
	}
}

// commitItem takes one item that the journal has kept or, with an error, not.
func (r *record) commitItem(now time.Duration, item *keep, err error) {
	k := &r.keeping
	switch item.kind {
	case keepOpen:
		if blockedBy(err) != nil {
			k.refused(now, item.request, err)
			break
		}
		k.hasBegun = true
		k.began(now, k.setup, item.request)
	case keepRead:
		r.answerRead(now, item.request)
	case keepStore:
		r.take(item.store.entries, item.store.keys)
		if err == nil {
			k.figures.delivered.add(now - item.request.came)
			r.notices.stored(item.store.ticket)
		} else {
			r.notices.ring()
		}
	case keepBroadcast, keepAgain:
		k.ownOut--
		uncertain := errors.Is(err, journal.ErrUncertain) || errors.Is(err, errCrashed)
		if (err == nil || uncertain) && item.source == r.source {
			k.used = max(k.used, item.counter)
		}
		if k.ownOut == 0 {
			r.counter = k.used // what was refused leaves no gap
		}
		if err == nil {
			k.figures.delays.add(now - item.request.came)
			e := gossip.Entry{Origin: item.source, Counter: item.counter, Value: item.value}
			r.own(now, &e, item.key, item.request, item.silent)
			break
		}
		if item.kind == keepAgain {
			r.again.next = min(r.again.next, item.position)
			break
		}
		r.refuse(now, item.request, uncertain, err)
	}
	r.intake.put(item.bytes)
}

// recover takes in what a former life has left. Where the journal could not be
// opened when the node began, its own log has a name of its own by now.
func (r *record) recover(found *journal.Recovered) {
	k := &r.keeping
	if !k.hasBegun {
		r.logName = found.Log
		r.source = gossip.NewOriginID(k.setup.id, r.logName)
		r.given.begin(r.source)
		r.given.note(found.Counter)
		r.counter, k.used = found.Counter, found.Counter
	}
	k.setup.epoch = found.Epoch
	if !found.Former {
		return
	}
	k.setup.former, k.setup.greet = true, true
	before := r.log.Len()
	var last gossip.OriginID
	var of journal.Source
	found.Each(func(run journal.Run) {
		if run.Source != of || before == r.log.Len() {
			of, last = run.Source, gossip.NewOriginID(run.Origin, run.Log)
		}
		for i, value := range run.Values {
			e := gossip.Entry{Origin: last, Counter: run.First + uint64(i), Value: value}
			if key, err := wire.Canonical([]byte(value)); err == nil && r.held.Add(e.Origin, e.Counter) {
				r.append(e, key)
			}
		}
	})
	k.figures.recovered.Add(uint64(r.log.Len() - before))
	r.notices.ring()
}

// makeJournaler makes the journal service and joins it to the record.
func (n *Node) makeJournaler() {
	n.begun = make(chan struct{}, 1)
	n.intake.seen = &seen{}
	n.journaler = &journaler{
		keeper: n.cfg.Keeper, inbox: n.keeps, outcomes: newOutcomes(n.wakes.record), wake: n.wakes.journal, seen: n.intake.seen.highest,
		unkept: n.unkept, figures: &journalFigures{}, log: n.cfg.Log, syncing: n.cfg.KeepSync,
		known: n.log, checking: n.cfg.KeepCheck, blank: n.cfg.BeginBlank, blocked: n.blocked,
	}
	n.record.keeping = keeping{
		queue: n.keepsQ, outcomes: n.journaler.outcomes, stalled: n.journaler.stalled, began: n.began, refused: n.refused,
		figures: n.journaler.figures, epoch: n.cfg.Epoch,
	}
}

// beginning is an init that was answered by the journal.
type beginning struct {
	setup *setup
	init  request
}

// began takes note that what the journal held is there. Run's reader has the
// node begin, if it waits; where there is none, nothing can have come in between.
func (n *Node) began(now time.Duration, s *setup, from request) {
	logBegan(n.cfg.Log, s, n.journaler.figures.recovered.Load(), n.record.logName)
	n.beginning.Store(&beginning{s, from})
	readerGoesOn := n.intake.blocked.Load() != notBlocked
	if s.former && !s.restart && !readerGoesOn {
		n.age.Restarted() // the reader waits, so this is not in its way
	}
	if !n.intake.later || readerGoesOn {
		n.begin(now)
		return
	}
	n.wakeReader()
}

// wakeReader has the reader look whether it must still wait for the journal.
func (n *Node) wakeReader() {
	select {
	case n.begun <- struct{}{}:
	default:
	}
}

// begin lets gossip begin and answers the init.
func (n *Node) begin(now time.Duration) {
	if b := n.beginning.Swap(nil); b != nil {
		n.intake.begin(now, b.setup, b.init)
		n.intake.opening.Store(false)
	}
}

// seen is the highest id and client's number of what was admitted. The reader
// notes, any goroutine may look.
type seen struct {
	id, client atomic.Int64 // and 1; 0: none
}

// note takes in a message's.
func (s *seen) note(m *wire.Message) {
	if m.HasID && m.ID >= s.id.Load() && m.ID < 1<<62 {
		s.id.Store(m.ID + 1)
	}
	if n, ok := journal.ClientNumber(m.Src); ok && n >= s.client.Load() && n < 1<<62 {
		s.client.Store(n + 1)
	}
}

// highest is what is noted.
func (s *seen) highest() (h journal.Seen) {
	if id := s.id.Load(); id > 0 {
		h.ID, h.HasID = id-1, true
	}
	if client := s.client.Load(); client > 0 {
		h.Client, h.HasClient = client-1, true
	}
	return h
}

// seenIn is what one message shows.
func seenIn(m *wire.Message) journal.Seen {
	var s seen
	s.note(m)
	return s.highest()
}
