package node

import (
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip"
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
