package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/journal"
	"treecast/topology"
	"treecast/wire"
)

// nameFrom takes the node's name from a message that comes before init, so that an
// error reply bears the name that the client used.
func (in *intake) nameFrom(m *wire.Message) {
	if in.self == nil && m.Dest != "" {
		in.name(m.Dest)
	}
}

// beforeInit handles messages that come before init is done.
func (in *intake) beforeInit(now time.Duration, m *wire.Message, from replyTo) {
	if m.Type == codec.Type || m.HasInReplyTo {
		in.counters.droppedPeerMsgs.Add(1) // not acked, so it comes again
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
func (in *intake) init(now time.Duration, m *wire.Message, from replyTo) {
	s, err := parseInit(m, in.memberships)
	if err != nil {
		in.out.fail(now, from, wire.MalformedRequest, err.Error())
		return
	}
	in.self, in.env.Self = s, s.id
	if in.state.wrong != nil {
		in.env = in.state.wrong.Env(in.env)
	}
	in.name(s.id)
	// Both queues have room: nothing is admitted before init.
	if in.seen != nil {
		in.initPending.Store(true)
	}
	in.queue.Offer(now, workItem{kind: workInit, more: s, replyTo: from})
	switch {
	case in.seen != nil:
	case in.readerAnswers && s.restart:
		in.answerInit = func() { in.begin(now, s, from) }
	default:
		in.begin(now, s, from)
	}
	if s.restart {
		in.log.Info("taken for a restart, as the init's id is not one of a run's first: broadcasts that already wait on stdin are stored and not answered", "id", m.ID)
	}
}

// begin starts gossip and answers the init.
func (in *intake) begin(now time.Duration, s *membership, from replyTo) {
	in.gossip.Offer(now, peerMsg{membership: s})
	in.initBlocked.Store(notBlocked) // before the client knows
	in.log.Info("initialised", "node", s.id, "nodes", s.members.Len())
	in.answerLate(now, from, wire.AppendReply(nil, "init_ok", from.msgID))
}

// parseInit reads and checks an init request.
func parseInit(m *wire.Message, cache *MembershipCache) (*membership, error) {
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
	members, err := cache.parse(nodeIDs)
	if err != nil {
		return nil, fmt.Errorf("init: %w", err)
	}
	if _, ok := members.Index(id); !ok {
		return nil, fmt.Errorf("init: node_id %q is not among node_ids", id)
	}
	// Maelstrom numbers all messages of a run. The first inits and their replies are the
	// first two per node, so an init with a higher id is for a node that was restarted.
	// Without an id it may be either.
	first := int64(2 * members.Len())
	return &membership{
		id: id, members: members,
		greet:   !m.HasID || m.ID >= first,
		restart: m.HasID && m.ID >= first,
		seen:    seenIn(m),
	}, nil
}

// pendingInit is an init whose journal has been read and that is to be answered.
type pendingInit struct {
	membership *membership
	replyTo    replyTo
}

// initOpened is called when the journal has been read. Run's reader answers the init
// where it waits for that; otherwise the init is answered here.
func (n *Node) initOpened(now time.Duration, s *membership, from replyTo) {
	logBegan(n.cfg.Log, s, n.journaler.figures.recovered.Load(), n.store.logName)
	n.pendingInit.Store(&pendingInit{s, from})
	readerGoesOn := n.intake.initBlocked.Load() != notBlocked
	if s.former && !s.restart && !readerGoesOn {
		n.age.Restarted() // the reader waits, so this is no race
	}
	if !n.intake.readerAnswers || readerGoesOn {
		n.answerInit(now)
		return
	}
	n.wakeReader()
}

// wakeReader makes the reader check whether it still has to wait for the journal.
func (n *Node) wakeReader() {
	select {
	case n.journalRead <- struct{}{}:
	default:
	}
}

// answerInit answers the pending init, if there is one.
func (n *Node) answerInit(now time.Duration) {
	if b := n.pendingInit.Swap(nil); b != nil {
		n.intake.begin(now, b.membership, b.replyTo)
		n.intake.initPending.Store(false)
	}
}

// seenIDs is the highest message id and client number among the admitted lines. The
// reader writes, any goroutine may read.
type seenIDs struct {
	id, client atomic.Int64 // plus 1; 0: none
	last       string       // client name of the last message
}

// note adds a message.
func (s *seenIDs) note(m *wire.Message) {
	if m.HasID && m.ID >= s.id.Load() && m.ID < 1<<62 {
		s.id.Store(m.ID + 1)
	}
	if m.Src == s.last {
		return
	}
	s.last = m.Src
	if n, ok := journal.ClientNumber(m.Src); ok && n >= s.client.Load() && n < 1<<62 {
		s.client.Store(n + 1)
	}
}

// highest returns the two numbers.
func (s *seenIDs) highest() (h journal.Seen) {
	if id := s.id.Load(); id > 0 {
		h.ID, h.HasID = id-1, true
	}
	if client := s.client.Load(); client > 0 {
		h.Client, h.HasClient = client-1, true
	}
	return h
}

// seenIn is seenIDs of one message.
func seenIn(m *wire.Message) journal.Seen {
	var s seenIDs
	s.note(m)
	return s.highest()
}

// membership is what init tells a node.
type membership struct {
	id      string
	members *topology.Tree // the cluster; its fan-out is not used
	// greet: this may be a restart, as the init is not known to be the run's first.
	greet bool
	// restart: it is one, by the init's id.
	restart bool
	// seen is the id and the client number of the init.
	seen journal.Seen
	// incarnation is the least one of gossip's; former: the log holds what an earlier
	// incarnation knew. Both come from the journal.
	incarnation uint64
	former      bool
}

// forGossip is the part that gossip needs.
func (s *membership) forGossip() *service.Membership {
	return &service.Membership{Self: s.id, Members: s.members, Greet: s.greet, Former: s.former, Epoch: s.incarnation}
}

// initBlocked is called when the init has to wait for the journal's lock. The reader
// goes on meanwhile and serves what needs no journal.
func (n *Node) initBlocked(time.Duration) {
	n.intake.initBlocked.Store(blockedNow)
	n.intake.initPending.Store(false)
	n.wakeReader()
}

// initRefused answers an init whose journal cannot be used. The client may try again.
func (n *Node) initRefused(now time.Duration, from replyTo, err error) {
	n.intake.initBlocked.Store(blockedForGood)
	n.intake.initPending.Store(false)
	if from.wantsReply { // it is never too late for that
		n.outbox.offer(now, outgoing{kind: replyNoDeadline, to: from, body: wire.AppendError(nil, from.msgID, wire.Crash, err.Error())})
	}
	n.wakeReader()
}

// Values of intake.initBlocked.
const (
	notBlocked     int32 = iota
	blockedNow           // it is in use by another process
	blockedForGood       // the init was refused
)

// whileBlocked handles a line that comes while the init waits for the journal, and
// reports whether it has: what needs no journal is served.
func (in *intake) whileBlocked(now time.Duration, m *wire.Message, r *requestRead, from replyTo) bool {
	switch {
	case m.Type == codec.Type || m.HasInReplyTo:
		in.counters.droppedPeerMsgs.Add(1) // not acked, so it comes again
	case m.Type == "health" || r.call.Class == app.Now:
		return false
	default:
		in.out.fail(now, from, wire.TemporarilyUnavailable, "this node is not initialised yet: its journal is still in use by another process, for which its init waits")
	}
	return true
}

// logBegan logs what the node begins with.
func logBegan(log *slog.Logger, s *membership, recovered uint64, logName string) {
	switch {
	case s.former:
		log.Info("a former life of this node has left a journal", "entries", recovered, "log", logName)
	case s.restart:
		log.Warn("no journal shows that it is of a former life of this node in this run: it begins with nothing")
	}
}

// MembershipCache lets nodes of one process that belong to the same cluster share its
// parsed membership: ten thousand nodes of ten thousand names each would hold a hundred
// million otherwise. A process that is one node has none.
//
// The zero value is ready; it is for one goroutine at a time.
type MembershipCache struct {
	nodeIDs []byte // of the last init, as JSON
	tree    *topology.Tree

	shared *codec.Origins // of gossip messages
}

// origins is the table of origin ids that decoders share; nil without a cache.
func (r *MembershipCache) origins() *codec.Origins {
	if r == nil {
		return nil
	}
	if r.shared == nil {
		r.shared = codec.NewSharedOrigins()
	}
	return r.shared
}

// parse reads the node_ids of an init. A nil cache shares nothing.
func (r *MembershipCache) parse(nodeIDs json.RawMessage) (*topology.Tree, error) {
	if r != nil && r.tree != nil && bytes.Equal(r.nodeIDs, nodeIDs) {
		return r.tree, nil
	}
	var ids []string
	if nodeIDs != nil {
		if err := json.Unmarshal(nodeIDs, &ids); err != nil {
			return nil, fmt.Errorf("node_ids must be a list of strings: %w", err)
		}
		if slices.Contains(ids, "") { // null decodes to it, too
			return nil, errors.New("node_ids has an empty name, to which nothing can be sent")
		}
	}
	tree, err := topology.New(ids, 1)
	if err == nil && r != nil {
		r.nodeIDs, r.tree = bytes.Clone(nodeIDs), tree
	}
	return tree, err
}
