package node

import (
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/wire"
)

// outbox is the way into the output queue.
type outbox struct {
	queue  *chans.Queue[outgoing]
	gossip budget
	raw    budget
	count  *counters
}

// offer queues a reply. At hard capacity, which means that stdout has stood
// still for long, it is dropped and counted.
func (o *outbox) offer(now time.Duration, item outgoing) {
	if !o.raw.take(len(item.body)) {
		o.count.droppedReplies.Add(1)
		return
	}
	if !o.queue.Offer(now, item) {
		o.raw.put(len(item.body))
		o.count.droppedReplies.Add(1)
	}
}

// fail queues an error reply, where somebody waits for one.
func (o *outbox) fail(now time.Duration, to request, code int, text string) {
	if to.asks {
		o.offer(now, outgoing{kind: outError, req: to, refusal: &refusal{code, text}})
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
	if !o.queue.Offer(now, outgoing{kind: outGossip, req: request{client: dest}, body: body}) {
		o.gossip.put(len(body))
		o.count.droppedGossip.Add(1)
	}
}

// handled gives back the bytes of an item that is written, dropped or lost.
func (o *outbox) handled(item *outgoing) {
	switch item.kind {
	case outGossip:
		o.gossip.put(len(item.body))
	case outRaw, outPatient:
		o.raw.put(len(item.body))
	}
}

// The pieces of a read's reply around the list of values.
var (
	listOpen  = []byte(`,"messages":[`)
	listClose = []byte(`]}`)
)

// replyDeadline is how long after its request had come a reply is still
// written. A client waits 5 s from when it sent the request, which the node
// cannot see; a reply to one that has gone makes Maelstrom deaf to the node.
const replyDeadline = 4 * time.Second

// readDeadline is the same for reads. Their client does not go when it has
// waited in vain, but it may when its next operation has: after 5 s more.
const readDeadline = 9 * time.Second

// output turns items of the output queue into lines.
type output struct {
	self   func() string
	writer *wire.Writer
	box    *outbox
	count  *counters
	body   []byte
	parts  [][]byte
	begun  bool // some of the item in hand may have been written

	since time.Duration // when the oldest line was written that waits for a flush
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
	if item.kind == outGossip {
		return o.writer.WriteMessage(o.self(), item.req.client, item.body)
	}
	late := now - item.req.came
	if late > replyDeadline && item.kind != outReadOK && item.kind != outPatient || late > readDeadline && item.kind == outReadOK {
		o.count.lateReplies.Add(1)
		return nil
	}
	switch item.kind {
	case outRaw, outPatient:
		return o.writer.WriteMessage(o.self(), item.req.client, item.body)
	case outBroadcastOK:
		o.body = wire.AppendReply(o.body[:0], "broadcast_ok", item.req.msgID)
		return o.writer.WriteMessage(o.self(), item.req.client, o.body)
	case outError:
		o.body = wire.AppendError(o.body[:0], item.req.msgID, item.refusal.code, item.refusal.text)
		return o.writer.WriteMessage(o.self(), item.req.client, o.body)
	default: // outReadOK
		if !item.req.asks {
			return nil
		}
		o.body = wire.AppendReplyOpen(o.body[:0], "read_ok", item.req.msgID)
		o.parts = append(o.parts[:0], o.body, listOpen)
		o.parts = item.values.parts(o.parts)
		o.parts = append(o.parts, listClose)
		err := o.writer.WriteParts(o.self(), item.req.client, o.parts...)
		clear(o.parts)
		return err
	}
}
