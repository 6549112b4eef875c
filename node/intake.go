package node

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/gossip/codec"
	"treecast/node/stdin"
	"treecast/wire"
)

// intake decides what becomes of every line: it is the reader's step. It
// never waits, and nothing that it is handed makes it fail.
type intake struct {
	queue        *chans.Queue[workItem]
	gossip       *chans.Queue[peerMsg]
	out          *outbox
	gates        *gates
	expectedWait func() time.Duration // expected of a broadcast that is taken now
	counters     *counters
	log          *slog.Logger

	intakeBytes, gossipBytes *budget
	maxValueBytes            int                            // so that a peer can take it with an envelope around it
	health                   func(now time.Duration) []byte // the fields of a health reply
	name                     func(string)                   // makes the node's name known to the output

	memberships *MembershipCache // may be nil
	self        *membership      // nil before init

	seen          *seenIDs     // nil without a journal
	readerAnswers bool         // the reader looks at what is on stdin before a restart's init is answered
	answerInit    func()       // answers that init; nil: there is none. The reader's
	initPending   atomic.Bool  // init waits for the journal, and everything behind it with it
	initBlocked   atomic.Int32 // notBlocked, or init waits and nothing with it
}

// admit takes one line, which had come at the latest at a time. Where its
// client may have gone, a broadcast is stored, not answered.
func (in *intake) admit(now, came time.Duration, item *wire.Item, client stdin.Client) {
	silent := client != stdin.Waiting
	m := &item.Message
	if item.Kind != wire.Valid {
		in.reject(now, came, item, silent)
		return
	}
	if in.seen != nil {
		in.seen.note(m)
	}
	from := replyTo{client: m.Src, msgID: m.MsgID, wantsReply: m.Answerable(), arrived: came}
	if from.wantsReply && !client.Answers(m.Type) {
		from.wantsReply = false
		if m.Type != "broadcast" { // that is counted when it is stored
			in.counters.silenced.Add(1)
		}
	}
	blocked := in.initBlocked.Load()
	if blocked == blockedForGood {
		in.self = nil
		in.initBlocked.Store(notBlocked)
	}
	if in.self == nil {
		in.beforeInit(now, m, from)
		return
	}
	if blocked == blockedNow && in.whileBlocked(now, m, from) {
		return
	}
	if m.Dest != in.self.id {
		in.stray("for another node", m)
		return
	}
	if m.Type == codec.Type {
		in.peerMessage(now, m)
		return
	}
	if m.HasInReplyTo {
		in.stray("a reply to nothing we asked", m)
		return
	}
	switch m.Type {
	case "broadcast":
		in.broadcast(now, m, from, silent)
	case "read":
		in.read(now, from)
	case "topology":
		in.answer(now, from, wire.AppendReply(nil, "topology_ok", from.msgID))
	case "echo":
		body := wire.AppendReplyOpen(nil, "echo_ok", from.msgID)
		if text, ok := wire.Field(m.Body, "echo"); ok {
			body = append(wire.AppendKey(body, "echo"), text...)
		}
		in.answer(now, from, append(body, '}'))
	case "health":
		body := wire.AppendReplyOpen(nil, "health_ok", from.msgID)
		in.answerLate(now, from, append(body, in.health(now)...))
	case "init":
		in.out.fail(now, from, wire.MalformedRequest, "this node is initialised already, as "+in.self.id)
	default:
		in.counters.strayMessages.Add(1)
		in.out.fail(now, from, wire.NotSupported, fmt.Sprintf("%q is not a request that this node knows", shorten(m.Type)))
	}
}

// reject handles a line that is no message.
func (in *intake) reject(now, came time.Duration, item *wire.Item, silent bool) {
	if item.Kind == wire.TooLong {
		in.counters.longLines.Add(1)
	} else {
		in.counters.malformedLines.Add(1)
	}
	in.log.Warn("a line on stdin is no message", "why", item.Err, "bytes", item.LineBytes)
	m := &item.Message
	if !m.Answerable() || in.isPeer(m.Src) || silent {
		return
	}
	in.nameFrom(m)
	in.out.fail(now, replyTo{client: m.Src, msgID: m.MsgID, wantsReply: true, arrived: came}, wire.MalformedRequest, item.Err.Error())
}

// isPeer reports whether a name is another node's of the cluster.
func (in *intake) isPeer(name string) bool {
	if in.self == nil || name == in.self.id {
		return false
	}
	_, ok := in.self.members.Index(name)
	return ok
}

// peerMessage passes a gossip message on.
func (in *intake) peerMessage(now time.Duration, m *wire.Message) {
	if !in.isPeer(m.Src) {
		in.stray("gossip from a stranger", m)
		return
	}
	if !in.gossipBytes.take(len(m.Body)) {
		in.counters.droppedPeerMsgs.Add(1)
		return
	}
	if !in.gossip.Offer(now, peerMsg{from: m.Src, body: m.Body}) {
		in.gossipBytes.put(len(m.Body))
		in.counters.droppedPeerMsgs.Add(1)
	}
}

// maxBehindMail is how deep the queue of peers' messages may be for a read to
// wait behind it. A gossip service that is late, or stuck, holds up no more
// reads than that.
const maxAhead = 16

// read queues a client's read. It shows what peers' messages have brought that
// were on stdin before it, so it follows them through the gossip queue; they
// take microseconds.
func (in *intake) read(now time.Duration, from replyTo) {
	if n := in.gossip.Depth(); n > 0 && n <= maxAhead && in.gossip.Offer(now, peerMsg{read: &from}) {
		return
	}
	if !in.queue.Offer(now, workItem{kind: workRead, replyTo: from}) {
		in.full(now, from)
	}
}

// broadcast queues a client's value, unless the node is in distress.
func (in *intake) broadcast(now time.Duration, m *wire.Message, from replyTo, silent bool) {
	value, ok := wire.Field(m.Body, "message")
	if !ok {
		in.out.fail(now, from, wire.MalformedRequest, "a broadcast needs a message")
		return
	}
	if len(value) > in.maxValueBytes {
		in.out.fail(now, from, wire.MalformedRequest, fmt.Sprintf("a value of %d bytes is too large to be passed on; at most %d", len(value), in.maxValueBytes))
		return
	}
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
	if len(m.Body) > 4*len(value)+256 {
		value = slices.Clone(value) // not to keep alive what nobody counts
	}
	j := workItem{kind: workBroadcast, replyTo: from, value: value, bytes: len(m.Body), maybeGone: silent}
	if in.intakeBytes.take(j.bytes) {
		if in.queue.Offer(now, j) {
			return
		}
		in.intakeBytes.put(j.bytes)
	}
	in.full(now, from)
}

// fullText is what a client is told for whose request there is no room.
const fullText = "overloaded: this node's intake is full; try again"

// full answers a request for which there is no room.
func (in *intake) full(now time.Duration, from replyTo) {
	in.counters.refusedFull.Add(1)
	in.out.fail(now, from, wire.TemporarilyUnavailable, fullText)
}

// answer queues a reply with a body of its own.
func (in *intake) answer(now time.Duration, to replyTo, body []byte) {
	if to.wantsReply {
		in.out.offer(now, outgoing{kind: replyBody, to: to, body: body})
	}
}

// answerLate queues a reply that is given however late.
func (in *intake) answerLate(now time.Duration, to replyTo, body []byte) {
	if to.wantsReply {
		in.out.offer(now, outgoing{kind: replyNoDeadline, to: to, body: body})
	}
}

// shorten cuts what others sent to a length that can be quoted.
func shorten(text string) string {
	if len(text) <= 64 {
		return text
	}
	return strings.ToValidUTF8(text[:64], "") + "..."
}

// stray handles a message that nobody here can use.
func (in *intake) stray(why string, m *wire.Message) {
	in.counters.strayMessages.Add(1)
	in.log.Warn("message ignored", "why", why, "src", shorten(m.Src), "dest", shorten(m.Dest), "type", shorten(m.Type))
}

// replyTo is whom to answer, and when the question had come, as far as is known:
// see package stdin.
type replyTo struct {
	client     string
	msgID      wire.ID
	wantsReply bool // it has a msg_id; otherwise nobody waits for an answer
	arrived    time.Duration
}
