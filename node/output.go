package node

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/node/inject"
	"treecast/node/stdin"
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
