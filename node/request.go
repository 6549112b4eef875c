package node

import (
	"fmt"
	"slices"
	"time"

	"treecast/app"
	"treecast/app/all"
	"treecast/gossip/codec"
	"treecast/node/stdin"
	"treecast/wire"
)

// requestRead is a client's request as the workloads read it.
type requestRead struct {
	kind *app.Kind // whose request it is; nil: nobody's
	call app.Call
	err  error // what is wrong with it
	node bool  // it is one of the node's own, which is answered however late
}

// read has the workloads read a message. A node that does not know which is its own
// asks all; so a request that several have may be read as another's.
func (in *intake) read(item *wire.Item) *requestRead {
	m := &item.Message
	r := &in.request
	*r = requestRead{node: m.Type == "init" || m.Type == "health"}
	if r.node || m.Type == codec.Type {
		return r
	}
	chosen := in.state.kind.Load()
	if chosen != nil && r.readBy(chosen, item) {
		return r
	}
	for _, k := range all.Kinds() {
		if (chosen == nil || k.Stateless) && r.readBy(k, item) {
			if r.call.Vague {
				r.call.Patient = false // not all have patient clients
			}
			return r
		}
	}
	r.kind = nil
	return r
}

// readBy reports whether it is a request of a workload.
func (r *requestRead) readBy(k *app.Kind, item *wire.Item) bool {
	r.kind = k
	r.call, r.err = k.Parse(item.Message.Type, item)
	return r.call.Class != app.None || r.err != nil
}

// unread is a request that came while nobody knew what the node is for: it is read
// again when somebody does.
type unread struct {
	typ  string
	body []byte
}

// answered reports whether the request is still to be answered.
func (r *requestRead) answered(client stdin.Client) bool {
	return r.node || client.Answers(r.call.Patient)
}

// answers is the same of a message.
func (in *intake) answers(item *wire.Item, client stdin.Client) bool {
	return in.read(item).answered(client)
}

// request does what is to be done about a client's request.
func (in *intake) handle(now time.Duration, m *wire.Message, r *requestRead, from replyTo, silent bool) {
	switch {
	case r.kind == nil:
		in.counters.strayMessages.Add(1)
		in.out.fail(now, from, wire.NotSupported, fmt.Sprintf("%q is not a request that this node knows", shorten(m.Type)))
		return
	case r.err != nil:
		in.out.fail(now, from, wire.MalformedRequest, r.err.Error())
		return
	}
	if !r.kind.Stateless && !r.call.Vague {
		in.state.choose(r.kind)
	}
	switch r.call.Class {
	case app.Now:
		body := wire.AppendReplyOpen(nil, r.kind.Reply, from.msgID)
		if r.kind.Answer != nil {
			body = r.kind.Answer(body, &r.call, &in.env)
		}
		in.answer(now, from, append(body, '}'))
	case app.Read:
		in.show(now, m, r, from)
	default:
		in.change(now, m, r, from, silent)
	}
}

// maxAhead is how deep the queue of peers' messages may be for a read to
// wait behind it. A gossip service that is late, or stuck, holds up no more
// reads than that.
const maxAhead = 16

// show queues a client's read. It shows what peers' messages have brought that
// were on stdin before it, so it follows them through the gossip queue; they
// take microseconds.
func (in *intake) show(now time.Duration, m *wire.Message, r *requestRead, from replyTo) {
	j := workItem{kind: workRequest, replyTo: from, call: r.call}
	if r.call.Data != nil || in.state.kind.Load() == nil {
		j.bytes = int32(len(m.Body))
	}
	if in.state.kind.Load() == nil {
		j.more = &unread{typ: m.Type, body: m.Body}
	}
	if !in.intakeBytes.take(int(j.bytes)) {
		in.full(now, from)
		return
	}
	if n := in.gossip.Depth(); n > 0 && n <= maxAhead {
		behind := j
		if in.gossip.Offer(now, peerMsg{read: &behind}) {
			return
		}
	}
	if !in.queue.Offer(now, j) {
		in.intakeBytes.put(int(j.bytes))
		in.full(now, from)
	}
}

// change queues a request that changes something, unless the node is in distress.
func (in *intake) change(now time.Duration, m *wire.Message, r *requestRead, from replyTo, silent bool) {
	value := r.call.Value
	size := len(value)
	if value == nil {
		size = len(m.Body)
	}
	if size > in.maxValueBytes {
		in.out.fail(now, from, wire.MalformedRequest, fmt.Sprintf("a value of %d bytes is too large to be passed on; at most %d", size, in.maxValueBytes))
		return
	}
	if r.call.Class == app.Write {
		if !in.gates.clients.Open(now) {
			in.counters.refusedByGate.Add(1)
			in.out.fail(now, from, wire.TemporarilyUnavailable, *in.gates.closeText.Load())
			return
		}
		if in.expectedWait() > in.gates.maxWait {
			in.counters.refusedByWait.Add(1)
			in.out.fail(now, from, wire.TemporarilyUnavailable, in.gates.slowText)
			return
		}
	}
	if value != nil && len(m.Body) > 4*len(value)+256 {
		r.call.Value = slices.Clone(value) // not to keep alive what nobody counts
	}
	j := workItem{kind: workRequest, replyTo: from, call: r.call, bytes: int32(len(m.Body)), maybeGone: silent}
	if in.intakeBytes.take(int(j.bytes)) {
		if in.queue.Offer(now, j) {
			return
		}
		in.intakeBytes.put(int(j.bytes))
	}
	in.full(now, from)
}
