package node

import (
	"sync/atomic"
	"time"

	"treecast/journal"
	"treecast/wire"
)

// makeJournaler makes the journal service.
func (n *Node) makeJournaler() {
	n.journalRead = make(chan struct{}, 1)
	n.intake.seen = &seenIDs{}
	n.journaler = &journaler{
		journal: n.cfg.Journal, inbox: n.journalInbox, wake: n.wakes.journal, faults: n.faults[journalName], log: n.cfg.Log,
		state: n.state, store: n.store, out: n.outbox, storedSignal: n.storedSignal, intakeBytes: &n.intakeBytes, counters: &n.counters,
		seen: n.intake.seen.highest, notDurable: n.notDurable, figures: &journalFigures{},
		syncEvery: n.cfg.JournalSync, checkEvery: n.cfg.JournalCheck, beginBlank: n.cfg.BeginBlank,
		onBlocked: n.initBlocked, onOpened: n.initOpened, onRefused: n.initRefused,
	}
	n.store.journal, n.store.failing = n.journalQueue, &n.journaler.figures.failing
}

// pendingInit is an init that was answered by the journal.
type pendingInit struct {
	membership *membership
	replyTo    replyTo
}

// initOpened takes note that what the journal held is there. Run's reader has the
// node begin, if it waits; where there is none, nothing can have come in between.
func (n *Node) initOpened(now time.Duration, s *membership, from replyTo) {
	logBegan(n.cfg.Log, s, n.journaler.figures.recovered.Load(), n.store.logName)
	n.pendingInit.Store(&pendingInit{s, from})
	readerGoesOn := n.intake.initBlocked.Load() != notBlocked
	if s.former && !s.restart && !readerGoesOn {
		n.age.Restarted() // the reader waits, so this is not in its way
	}
	if !n.intake.readerAnswers || readerGoesOn {
		n.answerInit(now)
		return
	}
	n.wakeReader()
}

// wakeReader has the reader look whether it must still wait for the journal.
func (n *Node) wakeReader() {
	select {
	case n.journalRead <- struct{}{}:
	default:
	}
}

// answerInit lets gossip begin and answers the init.
func (n *Node) answerInit(now time.Duration) {
	if b := n.pendingInit.Swap(nil); b != nil {
		n.intake.begin(now, b.membership, b.replyTo)
		n.intake.initPending.Store(false)
	}
}

// seenIDs is the highest id and client's number of what was admitted. The reader
// notes, any goroutine may look.
type seenIDs struct {
	id, client atomic.Int64 // and 1; 0: none
}

// note takes in a message's.
func (s *seenIDs) note(m *wire.Message) {
	if m.HasID && m.ID >= s.id.Load() && m.ID < 1<<62 {
		s.id.Store(m.ID + 1)
	}
	if n, ok := journal.ClientNumber(m.Src); ok && n >= s.client.Load() && n < 1<<62 {
		s.client.Store(n + 1)
	}
}

// highest is what is noted.
func (s *seenIDs) highest() (h journal.Seen) {
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
	var s seenIDs
	s.note(m)
	return s.highest()
}
