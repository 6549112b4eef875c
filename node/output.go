package node

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/chans"
	"treecast/gossip"
	"treecast/node/inject"
	"treecast/node/stdin"
	"treecast/wire"
)

// output is the output service: it writes the items of its queue as lines.
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

	since time.Duration // when the oldest line in the buffer was written

	writing atomic.Int64 // since when this step has waited for stdout; 0: no step is under way
	drained func()       // called after each step; may be nil
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

// Step writes one item, and flushes when the queue is empty. The error is stdout's.
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

// Crashed answers for the reply that crashed the output, unless a part of it may have been
// written: the client must not get two.
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
	if item.kind == replyPatient { // it was a read
		code, text = wire.Abort, abortedText
	}
	o.box.fail(now, item.to, code, text)
	return 1
}

// flushAfter is how long a line may wait in the buffer for others. At full speed the buffer
// is full long before that; without a bound, a slow output would hold replies back for half
// a second.
const flushAfter = 10 * time.Millisecond

// handle writes one item or drops it if it is too late, and returns its bytes to the
// budget. The error is stdout's.
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

// write writes one item or drops it if it is too late.
func (o *output) write(now time.Duration, item *outgoing) error {
	if item.kind == toPeer {
		return o.writer.WriteMessage(o.self(), item.to.client, item.body)
	}
	late := now - item.to.arrived
	if late > stdin.ReplyDeadline && item.kind != replyPatient && item.kind != replyNoDeadline || late > stdin.ReadDeadline && item.kind == replyPatient {
		o.counters.lateReplies.Add(1)
		return nil
	}
	switch item.kind {
	case replyBody, replyNoDeadline:
		return o.writer.WriteMessage(o.self(), item.to.client, item.body)
	case replyError:
		o.body = wire.AppendError(o.body[:0], item.to.msgID, item.refusal.code, item.refusal.text)
		return o.writer.WriteMessage(o.self(), item.to.client, o.body)
	default:
		if !item.to.wantsReply {
			return nil
		}
		return o.reply(item)
	}
}

// reply writes what a workload has answered.
func (o *output) reply(item *outgoing) error {
	r := item.reply
	o.body = append(wire.AppendReplyOpen(o.body[:0], r.Type, item.to.msgID), r.Fields...)
	if r.List == nil {
		o.body = append(o.body, '}')
		return o.writer.WriteMessage(o.self(), item.to.client, o.body)
	}
	o.parts = append(o.parts[:0], o.body, r.Open)
	o.parts = r.List.Parts(o.parts)
	o.parts = append(o.parts, r.Close, bodyClose)
	err := o.writer.WriteParts(o.self(), item.to.client, o.parts...)
	clear(o.parts)
	return err
}

var bodyClose = []byte{'}'}

// progressBytes is how much is written at a time: little enough that a slow stream is seen
// to move.
const progressBytes = 32 << 10

// progressWriter is a writer that reports whenever a part of a write is done.
type progressWriter struct {
	to    io.Writer
	moved func() // may be nil
}

// Write writes in parts.
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

// outgoing is an item of the output queue. Rare fields are behind a pointer, as it is copied.
type outgoing struct {
	to      replyTo    // toPeer: only the client's name is set
	body    []byte     // raw and gossip: the whole body
	refusal *refusal   // errors
	reply   *app.Reply // of the workload
	kind    outKind
}

// bytes is what a reply takes of its own: lists are shared with the state.
func (o *outgoing) bytes() int {
	if o.reply != nil {
		return len(o.reply.Fields)
	}
	return len(o.body)
}

// refusal is what an error reply says.
type refusal struct {
	code int
	text string
}

type outKind uint8

const (
	replyBody       outKind = iota // body, as it is; dropped when too late
	replyNoDeadline                // body, as it is, however late
	toPeer                         // body, as it is; counts in gossip's byte budget
	replyApp                       // reply; dropped when too late
	replyError                     // dropped when too late
	replyPatient                   // reply; dropped when much too late: its client stays the same for a while
)

// outbox puts items into the output queue.
type outbox struct {
	queue    *chans.Queue[outgoing]
	gossip   budget
	replies  budget
	counters *counters

	roomWanted atomic.Bool   // a service waits for room
	waiters    []wake        // of the services that may wait for it
	writing    *atomic.Int64 // the output's
}

// stuckAfter is how long stdout may stand still until services stop waiting for it.
const stuckAfter = time.Second

// full reports whether the queue is full.
func (o *outbox) full() bool { return o.queue.Depth() >= o.queue.Capacity() }

// stuckAt is when stdout will have stood still for stuckAfter; Never while no write is
// under way.
func (o *outbox) stuckAt() time.Duration {
	since := time.Duration(o.writing.Load())
	if since == 0 {
		return Never
	}
	return since + stuckAfter + 1
}

// blocked reports whether a service has to wait for room. If so, all waiters are woken when
// there is some.
func (o *outbox) blocked(now time.Duration) bool {
	if !o.full() || now >= o.stuckAt() {
		return false
	}
	o.roomWanted.Store(true)
	return o.full() // the output may have made room before it saw roomWanted
}

// roomAgain wakes the waiters if there is room.
func (o *outbox) roomAgain() {
	if o.roomWanted.Load() && !o.full() {
		o.roomWanted.Store(false)
		for _, w := range o.waiters {
			w.notify()
		}
	}
}

// offer queues a reply. At capacity, when stdout has stood still for long, the reply is
// dropped and counted.
func (o *outbox) offer(now time.Duration, item outgoing) {
	if !o.replies.take(item.bytes()) {
		o.counters.droppedReplies.Add(1)
		return
	}
	if !o.queue.Offer(now, item) {
		o.replies.put(item.bytes())
		o.counters.droppedReplies.Add(1)
	}
}

// answer queues the reply of the workload. One that nobody waits for is dropped when its
// turn comes.
func (o *outbox) answer(now time.Duration, to replyTo, r *app.Reply, patient bool) {
	kind := replyApp
	if patient {
		kind = replyPatient
	}
	o.offer(now, outgoing{kind: kind, to: to, reply: r})
}

// acknowledge queues the replies to requests whose entries are durable.
func (o *outbox) acknowledge(now time.Duration, replies []outgoing) {
	room := replies[:0]
	for i := range replies {
		if n := replies[i].bytes(); n > 0 && !o.replies.take(n) {
			o.counters.droppedReplies.Add(1)
			continue
		}
		room = append(room, replies[i])
	}
	if len(room) == 0 {
		return
	}
	for i := o.queue.OfferAll(now, room); i < len(room); i++ {
		o.replies.put(room[i].bytes())
		o.counters.droppedReplies.Add(1)
	}
}

// fail queues an error reply if the client waits for a reply.
func (o *outbox) fail(now time.Duration, to replyTo, code int, text string) {
	if to.wantsReply {
		o.offer(now, outgoing{kind: replyError, to: to, refusal: &refusal{code, text}})
	}
}

// room is how many gossip messages may be queued now. They may fill half of the preferred
// size, so that they alone never make the output unhealthy, and their byte budget.
func (o *outbox) room() int {
	bytes := o.gossip.limit - o.gossip.used.Load()
	return max(0, min(max(1, o.queue.Preferred()/2)-o.queue.Depth(), int(bytes+gossip.MaxLineBytes-1)/gossip.MaxLineBytes))
}

// send queues a gossip message, for which there was room.
func (o *outbox) send(now time.Duration, dest string, body []byte) {
	o.gossip.used.Add(int64(len(body)))
	if !o.queue.Offer(now, outgoing{kind: toPeer, to: replyTo{client: dest}, body: body}) {
		o.gossip.put(len(body))
		o.counters.droppedGossip.Add(1)
	}
}

// handled returns the bytes of an item that was written, dropped or lost to the budget.
func (o *outbox) handled(item *outgoing) {
	switch item.kind {
	case toPeer:
		o.gossip.put(len(item.body))
	default:
		o.replies.put(item.bytes())
	}
}
