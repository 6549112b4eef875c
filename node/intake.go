package node

import (
	"encoding/json"
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
	queue *chans.Queue[job]
	mail  *chans.Queue[mail]
	out   *outbox
	gates *gates
	wait  func() time.Duration // expected of a broadcast that is taken now
	count *counters
	log   *slog.Logger

	jobBytes, mailBytes *budget
	maxValueBytes       int                            // so that a peer can take it with an envelope around it
	health              func(now time.Duration) []byte // the fields of a health reply
	name                func(string)                   // makes the node's name known to the output

	roster *Roster // may be nil
	self   *setup  // nil before init

	seen    *seen        // nil without a journal
	later   bool         // the reader looks at what is on stdin before a restart's init is answered
	opened  func()       // answers that init; nil: there is none. The reader's
	opening atomic.Bool  // init waits for the journal, and everything behind it with it
	blocked atomic.Int32 // notBlocked, or init waits and nothing with it
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
	from := request{client: m.Src, msgID: m.MsgID, asks: m.Answerable(), came: came}
	if from.asks && !client.Answers(m.Type) {
		from.asks = false
		if m.Type != "broadcast" { // that is counted when it is stored
			in.count.silenced.Add(1)
		}
	}
	blocked := in.blocked.Load()
	if blocked == blockedForGood {
		in.self = nil
		in.blocked.Store(notBlocked)
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
		in.peerMail(now, m)
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
		in.count.strayMessages.Add(1)
		in.out.fail(now, from, wire.NotSupported, fmt.Sprintf("%q is not a request that this node knows", shorten(m.Type)))
	}
}

// reject handles a line that is no message.
func (in *intake) reject(now, came time.Duration, item *wire.Item, silent bool) {
	if item.Kind == wire.TooLong {
		in.count.longLines.Add(1)
	} else {
		in.count.malformedLines.Add(1)
	}
	in.log.Warn("a line on stdin is no message", "why", item.Err, "bytes", item.LineBytes)
	m := &item.Message
	if !m.Answerable() || in.isPeer(m.Src) || silent {
		return
	}
	in.nameFrom(m)
	in.out.fail(now, request{client: m.Src, msgID: m.MsgID, asks: true, came: came}, wire.MalformedRequest, item.Err.Error())
}

// nameFrom lets errors that go out before init bear the name that they were
// asked under.
func (in *intake) nameFrom(m *wire.Message) {
	if in.self == nil && m.Dest != "" {
		in.name(m.Dest)
	}
}

// beforeInit handles messages that come before init is done.
func (in *intake) beforeInit(now time.Duration, m *wire.Message, from request) {
	if m.Type == codec.Type || m.HasInReplyTo {
		in.count.droppedMail.Add(1) // not acked, so it comes again
		return
	}
	in.nameFrom(m)
	switch m.Type {
	case "init":
		in.init(now, m, from)
	case "health":
		body := wire.AppendReplyOpen(nil, "health_ok", from.msgID)
		in.answerLate(now, from, append(body, in.health(now)...))
	default:
		in.out.fail(now, from, wire.TemporarilyUnavailable, "this node is not initialised yet: send init first")
	}
}

// init gives the node its name and starts the services' work.
func (in *intake) init(now time.Duration, m *wire.Message, from request) {
	s, err := parseInit(m, in.roster)
	if err != nil {
		in.out.fail(now, from, wire.MalformedRequest, err.Error())
		return
	}
	in.self = s
	in.name(s.id)
	// Both queues are empty, as nothing is admitted before init.
	if in.seen != nil {
		in.opening.Store(true)
	}
	in.queue.Offer(now, job{kind: jobBegin, setup: s, request: from})
	switch {
	case in.seen != nil:
	case in.later && s.restart:
		in.opened = func() { in.begin(now, s, from) }
	default:
		in.begin(now, s, from)
	}
	if s.restart {
		in.log.Info("taken for a restart, as the init's id is not one of a run's first: broadcasts that already wait on stdin are stored and not answered", "id", m.ID)
	}
}

// begin lets gossip begin and answers the init.
func (in *intake) begin(now time.Duration, s *setup, from request) {
	in.mail.Offer(now, mail{setup: s})
	in.blocked.Store(notBlocked) // before the client knows
	in.log.Info("initialised", "node", s.id, "nodes", s.members.Len())
	in.answerLate(now, from, wire.AppendReply(nil, "init_ok", from.msgID))
}

// isPeer reports whether a name is another node's of the cluster.
func (in *intake) isPeer(name string) bool {
	if in.self == nil || name == in.self.id {
		return false
	}
	_, ok := in.self.members.Index(name)
	return ok
}

// parseInit reads and checks an init request.
func parseInit(m *wire.Message, roster *Roster) (*setup, error) {
	var id, problem string
	var nodeIDs json.RawMessage
	wire.EachField(m.Body, func(key []byte, value json.RawMessage) bool {
		switch string(key) {
		case "node_id":
			var isText bool
			if id, isText = wire.Text(value); !isText && string(value) != "null" {
				problem = "must be a string"
			}
		case "node_ids":
			nodeIDs = value
		}
		return true
	})
	switch {
	case problem != "":
		return nil, fmt.Errorf("init: node_id %s", problem)
	case id == "":
		return nil, fmt.Errorf("init: node_id is missing")
	}
	members, err := roster.members(nodeIDs)
	if err != nil {
		return nil, fmt.Errorf("init: %w", err)
	}
	if _, ok := members.Index(id); !ok {
		return nil, fmt.Errorf("init: node_id %q is not among node_ids", id)
	}
	// Maelstrom counts all messages of a run. Those of the first inits are its
	// first two per node; a later one is for a node that was restarted. Where
	// the count is missing, nobody can tell.
	first := int64(2 * members.Len())
	return &setup{
		id: id, members: members,
		greet:   !m.HasID || m.ID >= first,
		restart: m.HasID && m.ID >= first,
		seen:    seenIn(m),
	}, nil
}

// peerMail passes a gossip message on.
func (in *intake) peerMail(now time.Duration, m *wire.Message) {
	if !in.isPeer(m.Src) {
		in.stray("gossip from a stranger", m)
		return
	}
	if !in.mailBytes.take(len(m.Body)) {
		in.count.droppedMail.Add(1)
		return
	}
	if !in.mail.Offer(now, mail{from: m.Src, body: m.Body}) {
		in.mailBytes.put(len(m.Body))
		in.count.droppedMail.Add(1)
	}
}

// maxBehindMail is how deep the queue of peers' messages may be for a read to
// wait behind it. A gossip service that is late, or stuck, holds up no more
// reads than that.
const maxBehindMail = 16

// read queues a client's read. It shows what peers' messages have brought that
// were on stdin before it, so it follows them through the gossip queue; they
// take microseconds.
func (in *intake) read(now time.Duration, from request) {
	if n := in.mail.Depth(); n > 0 && n <= maxBehindMail && in.mail.Offer(now, mail{read: &from}) {
		return
	}
	if !in.queue.Offer(now, job{kind: jobRead, request: from}) {
		in.full(now, from)
	}
}

// broadcast queues a client's value, unless the node is in distress.
func (in *intake) broadcast(now time.Duration, m *wire.Message, from request, silent bool) {
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
		in.count.refusedByGate.Add(1)
		in.out.fail(now, from, wire.TemporarilyUnavailable, *in.gates.closeText.Load())
		return
	}
	if in.wait() > in.gates.maxWait {
		in.count.refusedByWait.Add(1)
		in.out.fail(now, from, wire.TemporarilyUnavailable, in.gates.slowText)
		return
	}
	if len(m.Body) > 4*len(value)+256 {
		value = slices.Clone(value) // not to keep alive what nobody counts
	}
	j := job{kind: jobBroadcast, request: from, value: value, bytes: len(m.Body), silent: silent}
	if in.jobBytes.take(j.bytes) {
		if in.queue.Offer(now, j) {
			return
		}
		in.jobBytes.put(j.bytes)
	}
	in.full(now, from)
}

// fullText is what a client is told for whose request there is no room.
const fullText = "overloaded: this node's intake is full; try again"

// full answers a request for which there is no room.
func (in *intake) full(now time.Duration, from request) {
	in.count.refusedFull.Add(1)
	in.out.fail(now, from, wire.TemporarilyUnavailable, fullText)
}

// answer queues a reply with a body of its own.
func (in *intake) answer(now time.Duration, to request, body []byte) {
	if to.asks {
		in.out.offer(now, outgoing{kind: outRaw, req: to, body: body})
	}
}

// answerLate queues a reply that is given however late.
func (in *intake) answerLate(now time.Duration, to request, body []byte) {
	if to.asks {
		in.out.offer(now, outgoing{kind: outPatient, req: to, body: body})
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
	in.count.strayMessages.Add(1)
	in.log.Warn("message ignored", "why", why, "src", shorten(m.Src), "dest", shorten(m.Dest), "type", shorten(m.Type))
}
