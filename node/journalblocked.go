package node

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"treecast/gossip/codec"
	"treecast/journal"
	"treecast/wire"
)

const (
	// lockPatience is how long an init waits for a journal that is in use: a killed
	// process holds its lock until the system has taken back all of its memory.
	// Maelstrom waits for 10 s for the answer to an init.
	lockPatience = 8 * time.Second
	// lockRetry is how often it is tried meanwhile.
	lockRetry = 20 * time.Millisecond
)

// blockedBy returns the obstacle that an error of Open is about; nil: it is about
// something else.
func blockedBy(err error) *journal.BlockedError {
	var b *journal.BlockedError
	if errors.As(err, &b) {
		return b
	}
	return nil
}

// waitForLock has the init in hand wait for what is in its way, and begins without it,
// or refuses, where that is of no use.
func (j *journaler) waitForLock(now time.Duration, b *journal.BlockedError) {
	first := j.openUntil == 0
	if first {
		j.openUntil = now + lockPatience
	}
	if b.Lasting || now >= j.openUntil || j.inbox.Drained() {
		j.openUntil = 0
		j.beginWithout(now, b)
		return
	}
	j.initWaits, j.openAt = j.group[0].open, now+lockRetry
	j.done()
	if first {
		j.log.Warn("this node's journal cannot be used yet: its init waits for it", "file", b.Path, "why", b.Why, "at_most", lockPatience)
		j.figures.failing.Store(true)
		j.onBlocked(now)
	}
}

// reopen tries again to open what the init waits for.
func (j *journaler) reopen(now time.Duration) {
	j.group = append(j.group, walItem{kind: walOpen, open: j.initWaits}) // a crash finds it there
	j.initWaits = nil
	j.open(now)
	if j.isOpen && j.openUntil != 0 {
		j.log.Info("the journal that the init has waited for can be used", "waited", (now - (j.openUntil - lockPatience)).Round(time.Millisecond))
		j.openUntil = 0
	}
}

// beginWithout begins with nothing, if that was asked for, or has the init refused.
func (j *journaler) beginWithout(now time.Duration, b *journal.BlockedError) {
	if !j.beginBlank || j.start.start.Blank {
		j.log.Error("this node's journal cannot be used, so its init is refused: to begin without it would lose what was acknowledged. --journal-lost begin does that", "file", b.Path, "why", b.Why)
		j.figures.failing.Store(true)
		request := j.start.replyTo
		j.done()
		j.onRefused(now, request, fmt.Errorf("this node's journal cannot be used, and to begin without it would lose what was acknowledged (--journal-lost begin does that): %w", b))
		return
	}
	j.log.Error("this node's journal cannot be used, and --journal-lost says to begin with nothing: WHAT THIS NODE ALONE KNEW IS LOST", "file", b.Path, "why", b.Why)
	blank := *j.start.start
	blank.Blank = true
	j.group[0].open = &openRequest{membership: j.start.membership, replyTo: j.start.replyTo, start: &blank}
	j.open(now)
}

// initBlocked has the reader refuse what comes, as the init may wait for a while.
func (n *Node) initBlocked(time.Duration) {
	n.intake.initBlocked.Store(blockedNow)
	n.intake.initPending.Store(false)
	n.wakeReader()
}

// initRefused answers an init whose journal cannot be used. Another one may follow.
func (n *Node) initRefused(now time.Duration, from replyTo, err error) {
	n.intake.initBlocked.Store(blockedForGood)
	n.intake.initPending.Store(false)
	if from.wantsReply { // it is never too late for that
		n.outbox.offer(now, outgoing{kind: replyNoDeadline, to: from, body: wire.AppendError(nil, from.msgID, wire.Crash, err.Error())})
	}
	n.wakeReader()
}

// What blocked says of an init that waits for the journal.
const (
	notBlocked     int32 = iota
	blockedNow           // it is in use by another process
	blockedForGood       // the init was refused
)

// whileBlocked handles a line that comes while the init waits for the journal, and
// reports whether it has: what needs no journal is served.
func (in *intake) whileBlocked(now time.Duration, m *wire.Message, from replyTo) bool {
	switch {
	case m.Type == codec.Type || m.HasInReplyTo:
		in.counters.droppedPeerMsgs.Add(1) // not acked, so it comes again
	case m.Type == "health" || m.Type == "echo" || m.Type == "topology":
		return false
	default:
		in.out.fail(now, from, wire.TemporarilyUnavailable, "this node is not initialised yet: its journal is still in use by another process, for which its init waits")
	}
	return true
}

// logBegan tells people what the node begins with.
func logBegan(log *slog.Logger, s *membership, recovered uint64, logName string) {
	switch {
	case s.former:
		log.Info("a former life of this node has left a journal", "entries", recovered, "log", logName)
	case s.restart:
		log.Warn("no journal shows that it is of a former life of this node in this run: it begins with nothing")
	}
}
