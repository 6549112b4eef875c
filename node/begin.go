package node

import (
	"sync/atomic"
	"time"

	"treecast/journal"
	"treecast/wire"
)

// makeJournaler makes the journal service.
func (n *Node) makeJournaler() {
	n.begun = make(chan struct{}, 1)
	n.intake.seen = &seen{}
	n.journaler = &journaler{
		keeper: n.cfg.Keeper, inbox: n.keeps, wake: n.wakes.journal, faults: n.faults[journalName], log: n.cfg.Log,
		state: n.state, store: n.record, out: n.outbox, notices: n.notices, intake: &n.jobBytes, count: &n.count,
		seen: n.intake.seen.highest, unkept: n.unkept, figures: &journalFigures{},
		syncing: n.cfg.KeepSync, checking: n.cfg.KeepCheck, blank: n.cfg.BeginBlank,
		blocked: n.blocked, began: n.began, refused: n.refused,
	}
	n.record.journal, n.record.failing = n.keepsQ, &n.journaler.figures.failing
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
