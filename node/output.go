package node

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/node/inject"
	"treecast/node/stdin"
	"treecast/node/values"
	"treecast/wire"
)

// The pieces of a read's reply around the list of values.
var (
	listOpen  = []byte(`,"messages":[`)
	listClose = []byte(`]}`)
)

// output turns items of the output queue into lines.
type output struct {
	inbox  *chans.Inbox[outgoing]
	wake   wake
	faults *inject.Injector
	log    *slog.Logger

	self     func() string
	writer   *wire.Writer
	box      *outbox
	counters *counters
	body     []byte
	parts    [][]byte
	begun    bool // some of the item in hand may have been written

	since time.Duration // when the oldest line was written that waits for a flush

	writing atomic.Int64 // since when stdout has not moved in this step; 0: none is under way
	drained func()       // called when the queue has become shorter; may be nil
}

const outputName = "output"

// Name is the service's.
func (o *output) Name() string { return outputName }

// Wake is the service's.
func (o *output) Wake() <-chan struct{} { return o.wake }

// Next is when there is something to write.
func (o *output) Next(now time.Duration) time.Duration {
	if o.inbox.Depth() > 0 || o.writer.Buffered() > 0 {
		return now
	}
	return Never
}

// Step writes one item. What is written is flushed when nothing more is waiting.
// The error is stdout's.
func (o *output) Step(now time.Duration) (w Work, err error) {
	o.writing.Store(int64(max(now, 1)))
	if item, ok := o.inbox.TryNext(); ok {
		w = Work{Did: true, Messages: 1}
		o.faults.Begin(now, true)
		if err := o.handle(now, &item); err != nil {
			return w, err
		}
		o.faults.End()
		o.inbox.Done()
	}
	if o.inbox.Depth() == 0 {
		if err := o.writer.Flush(); err != nil {
			return w, err
		}
	}
	o.writing.Store(0)
	o.box.roomAgain()
	if o.drained != nil {
		o.drained()
	}
	if !w.Did && o.inbox.Drained() {
		return w, errOver
	}
	return w, nil
}

// Crashed answers for a reply that crashed the output, unless a part of it may have
// been written: a second answer would be one too many.
func (o *output) Crashed(now time.Duration) int {
	o.writing.Store(0)
	item, lost := o.inbox.Abandon()
	if !lost {
		return 0
	}
	o.box.handled(&item)
	begun := o.begun
	o.begun = false
	logLost(o.log, outputName, "line", &replyTo{client: item.to.client, msgID: item.to.msgID}, item.body)
	if begun || item.kind == toPeer {
		return 1
	}
	code, text := wire.Crash, crashedText
	if item.kind == replyRead {
		code, text = wire.Abort, abortedText
	}
	o.box.fail(now, item.to, code, text)
	return 1
}

// flushAfter is how long a line waits at most for others to be written with it.
// At full speed the writer's buffer is full long before; an output that is slow
// would collect half a second of replies and let them go all at once.
const flushAfter = 10 * time.Millisecond

// handle writes one item, or drops it if it is too late, and gives its bytes
// back. The error is the stream's.
func (o *output) handle(now time.Duration, item *outgoing) error {
	if o.writer.Buffered() == 0 {
		o.since = now
	}
	o.begun = true
	err := o.write(now, item)
	o.begun = false
	if err == nil && now-o.since >= flushAfter {
		err = o.writer.Flush()
	}
	o.box.handled(item)
	return err
}

// write writes one item, or drops it if it is too late.
func (o *output) write(now time.Duration, item *outgoing) error {
	if item.kind == toPeer {
		return o.writer.WriteMessage(o.self(), item.to.client, item.body)
	}
	late := now - item.to.arrived
	if late > stdin.ReplyDeadline && item.kind != replyRead && item.kind != replyNoDeadline || late > stdin.ReadDeadline && item.kind == replyRead {
		o.counters.lateReplies.Add(1)
		return nil
	}
	switch item.kind {
	case replyBody, replyNoDeadline:
		return o.writer.WriteMessage(o.self(), item.to.client, item.body)
	case replyBroadcastOK:
		o.body = wire.AppendReply(o.body[:0], "broadcast_ok", item.to.msgID)
		return o.writer.WriteMessage(o.self(), item.to.client, o.body)
	case replyError:
		o.body = wire.AppendError(o.body[:0], item.to.msgID, item.refusal.code, item.refusal.text)
		return o.writer.WriteMessage(o.self(), item.to.client, o.body)
	default: // outReadOK
		if !item.to.wantsReply {
			return nil
		}
		o.body = wire.AppendReplyOpen(o.body[:0], "read_ok", item.to.msgID)
		o.parts = append(o.parts[:0], o.body, listOpen)
		o.parts = item.values.Parts(o.parts)
		o.parts = append(o.parts, listClose)
		err := o.writer.WriteParts(o.self(), item.to.client, o.parts...)
		clear(o.parts)
		return err
	}
}

// meterBytes is how much a meter hands on at a time: little enough that a
// stream which moves slowly is seen to move.
const progressBytes = 32 << 10

// progressWriter is a stream that says whenever some of what was written has gone.
type progressWriter struct {
	to    io.Writer
	moved func() // may be nil
}

// Write writes in pieces.
func (m *progressWriter) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		n, err := m.to.Write(b[written:min(len(b), written+progressBytes)])
		written += n
		if err != nil {
			return written, err
		}
		if n == 0 {
			return written, io.ErrShortWrite
		}
		if m.moved != nil {
			m.moved()
		}
	}
	return written, nil
}

// outgoing is an item of the output queue. As with jobs, what few of them have
// is behind a pointer.
type outgoing struct {
	to      replyTo      // whom it is for; of gossip the name alone
	body    []byte       // raw and gossip: the whole body
	refusal *refusal     // errors
	values  *values.View // reads
	kind    outKind
}

// refusal is what an error reply says.
type refusal struct {
	code int
	text string
}

type outKind uint8

const (
	replyBody        outKind = iota // body, as it is; dropped when too late
	replyNoDeadline                 // body, as it is, however late
	toPeer                          // body, as it is; counts in gossip's byte budget
	replyBroadcastOK                // dropped when too late
	replyError                      // dropped when too late
	replyRead                       // dropped when much too late: a read's client stays the same for a while
)

// outbox is the way into the output queue.
type outbox struct {
	queue    *chans.Queue[outgoing]
	gossip   budget
	replies  budget
	counters *counters

	roomWanted atomic.Bool   // somebody waits for room
	waiters    []wake        // all that may
	writing    *atomic.Int64 // the output's
}

// stuckAfter is how long stdout may stand still before nobody waits for it
// any more.
const stuckAfter = time.Second

// full reports whether there is no room for another item.
func (o *outbox) full() bool { return o.queue.Depth() >= o.queue.Capacity() }

// stuckAt is when stdout will have stood still for so long that nobody should wait
// for it; Never while nothing is being written to it.
func (o *outbox) stuckAt() time.Duration {
	since := time.Duration(o.writing.Load())
	if since == 0 {
		return Never
	}
	return since + stuckAfter + 1
}

// blocked reports whether there is no room, so that a service has to wait. If so, all
// that may wait are woken when there is some.
func (o *outbox) blocked(now time.Duration) bool {
	if !o.full() || now >= o.stuckAt() {
		return false
	}
	o.roomWanted.Store(true)
	return o.full() // the output may have made room before it knew
}

// roomAgain wakes who waits for room if there is some.
func (o *outbox) roomAgain() {
	if o.roomWanted.Load() && !o.full() {
		o.roomWanted.Store(false)
		for _, w := range o.waiters {
			w.notify()
		}
	}
}

// offer queues a reply. At hard capacity, which means that stdout has stood
// still for long, it is dropped and counted.
func (o *outbox) offer(now time.Duration, item outgoing) {
	if !o.replies.take(len(item.body)) {
		o.counters.droppedReplies.Add(1)
		return
	}
	if !o.queue.Offer(now, item) {
		o.replies.put(len(item.body))
		o.counters.droppedReplies.Add(1)
	}
}

// fail queues an error reply, where somebody waits for one.
func (o *outbox) fail(now time.Duration, to replyTo, code int, text string) {
	if to.wantsReply {
		o.offer(now, outgoing{kind: replyError, to: to, refusal: &refusal{code, text}})
	}
}

// room is how many gossip messages may be queued now. They get half of the
// preferred size, so that they alone never make the output unhealthy, and no
// more bytes than are set aside for them.
func (o *outbox) room() int {
	bytes := o.gossip.limit - o.gossip.used.Load()
	return max(0, min(max(1, o.queue.Preferred()/2)-o.queue.Depth(), int(bytes+gossip.MaxLineBytes-1)/gossip.MaxLineBytes))
}

// send queues a gossip message for which there was room.
func (o *outbox) send(now time.Duration, dest string, body []byte) {
	o.gossip.used.Add(int64(len(body)))
	if !o.queue.Offer(now, outgoing{kind: toPeer, to: replyTo{client: dest}, body: body}) {
		o.gossip.put(len(body))
		o.counters.droppedGossip.Add(1)
	}
}

// handled gives back the bytes of an item that is written, dropped or lost.
func (o *outbox) handled(item *outgoing) {
	switch item.kind {
	case toPeer:
		o.gossip.put(len(item.body))
	case replyBody, replyNoDeadline:
		o.replies.put(len(item.body))
	}
}
