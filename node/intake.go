package node

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/chans"
	"treecast/gossip/codec"
	"treecast/node/stdin"
	"treecast/wire"
)

// intake is the reader's step: it decides what is done with a line. It never waits, and
// no line makes it fail.
type intake struct {
	queue        *chans.Queue[workItem]
	gossip       *chans.Queue[peerMsg]
	out          *outbox
	gates        *gates
	expectedWait func() time.Duration // of a broadcast that is accepted now
	counters     *counters
	log          *slog.Logger

	intakeBytes, gossipBytes *budget
	maxValueBytes            int                            // so that it fits into a peer's line with an envelope around it
	health                   func(now time.Duration) []byte // the fields of a health reply
	name                     func(string)                   // sets the node's name in the output

	peers       *peerAllowances
	memberships *MembershipCache // may be nil
	self        *membership      // nil before init
	state       *state           // for what the node is for; the rest of it is others'
	env         app.Env          // of what the reader answers by itself
	request     requestRead      // the one in hand

	seen          *seenIDs     // nil without a journal
	readerAnswers bool         // Run's reader answers inits, after it has looked at what is on stdin
	answerInit    func()       // answers that init; nil: there is none. Of the reader's goroutine
	initPending   atomic.Bool  // the init waits for the journal, and the reader with it
	initBlocked   atomic.Int32 // other than notBlocked: the init waits for the lock, and the reader does not
}

// admit handles one line, which had arrived at came at the latest. If its client may have
// gone, a broadcast is stored and not answered.
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
	r := in.read(item)
	if from.wantsReply && !r.answered(client) {
		from.wantsReply = false
		if r.call.Class < app.Write { // others are counted when they are stored
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
	if blocked == blockedNow && in.whileBlocked(now, m, r, from) {
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
	switch {
	case m.Type == "health":
		body := wire.AppendReplyOpen(nil, "health_ok", from.msgID)
		in.answerLate(now, from, append(body, in.health(now)...))
	case m.Type == "init":
		in.out.fail(now, from, wire.MalformedRequest, "this node is initialised already, as "+in.self.id)
	default:
		in.handle(now, m, r, from, silent)
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

// isPeer reports whether a name is that of another node of the cluster.
func (in *intake) isPeer(name string) bool {
	if in.self == nil || name == in.self.id {
		return false
	}
	_, ok := in.self.members.Index(name)
	return ok
}

// peerMessage queues a message for gossip.
func (in *intake) peerMessage(now time.Duration, m *wire.Message) {
	if !in.isPeer(m.Src) {
		in.stray("gossip from a stranger", m)
		return
	}
	if !in.peers.take(now, m.Src, len(m.Body)) {
		in.counters.limitedPeerMsgs.Add(1)
		in.log.Warn("a peer sends more than it may, and some of it is dropped", "from", m.Src)
		return
	}
	if !in.gossipBytes.take(len(m.Body)) {
		in.counters.droppedPeerMsgs.Add(1)
		return
	}
	in.peers.waits(m.Src, len(m.Body))
	if !in.gossip.Offer(now, peerMsg{from: m.Src, body: m.Body}) {
		in.peers.handled(m.Src, len(m.Body))
		in.gossipBytes.put(len(m.Body))
		in.counters.droppedPeerMsgs.Add(1)
	}
}

// fullText is what a client is told for whose request there is no room.
const fullText = "overloaded: this node's intake is full; try again"

// full refuses a request for which there is no room.
func (in *intake) full(now time.Duration, from replyTo) {
	in.counters.refusedFull.Add(1)
	in.out.fail(now, from, wire.TemporarilyUnavailable, fullText)
}

// answer queues a reply, dropped if it is too late.
func (in *intake) answer(now time.Duration, to replyTo, body []byte) {
	if to.wantsReply {
		in.out.offer(now, outgoing{kind: replyBody, to: to, body: body})
	}
}

// answerLate queues a reply that is sent however late it is.
func (in *intake) answerLate(now time.Duration, to replyTo, body []byte) {
	if to.wantsReply {
		in.out.offer(now, outgoing{kind: replyNoDeadline, to: to, body: body})
	}
}

// shorten cuts a text from outside to a length for logs.
func shorten(text string) string {
	if len(text) <= 64 {
		return text
	}
	return strings.ToValidUTF8(text[:64], "") + "..."
}

// stray counts and logs a message that is ignored.
func (in *intake) stray(why string, m *wire.Message) {
	in.counters.strayMessages.Add(1)
	in.log.Warn("message ignored", "why", why, "src", shorten(m.Src), "dest", shorten(m.Dest), "type", shorten(m.Type))
}

// replyTo is the reply address of a request, and when the request arrived, as far as that is
// known: see package stdin.
type replyTo struct {
	client     string
	msgID      wire.ID
	wantsReply bool // it has a msg_id
	arrived    time.Duration
}
