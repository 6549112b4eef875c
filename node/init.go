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

	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/journal"
	"treecast/topology"
	"treecast/wire"
)

// nameFrom lets errors that go out before init bear the name that they were
// asked under.
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
	in.self = s
	in.name(s.id)
	// Both queues are empty, as nothing is admitted before init.
	if in.seen != nil {
		in.initPending.Store(true)
	}
	in.queue.Offer(now, workItem{kind: workInit, membership: s, replyTo: from})
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

// begin lets gossip begin and answers the init.
func (in *intake) begin(now time.Duration, s *membership, from replyTo) {
	in.gossip.Offer(now, peerMsg{membership: s})
	in.initBlocked.Store(notBlocked) // before the client knows
	in.log.Info("initialised", "node", s.id, "nodes", s.members.Len())
	in.answerLate(now, from, wire.AppendReply(nil, "init_ok", from.msgID))
}

// parseInit reads and checks an init request.
func parseInit(m *wire.Message, roster *MembershipCache) (*membership, error) {
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
	members, err := roster.parse(nodeIDs)
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
	return &membership{
		id: id, members: members,
		greet:   !m.HasID || m.ID >= first,
		restart: m.HasID && m.ID >= first,
		seen:    seenIn(m),
	}, nil
}

// pendingInit is an init that was answered by the journal.
type pendingInit struct {
	membership *membership
	replyTo    replyTo
}

// initOpened takes note that what the journal held is there. Run's reader has the
// node begin, if it waits; where there is none, nothing can have come in between.
func (n *Node) initOpened(now time.Duration, s *membership, from replyTo) {
	logBegan(n.cfg.Log, s, n.journaler.figures.recovered.Load(), n.store.logName)
	n.pendingInit.Store(&pendingInit{s, from})
	readerGoesOn := n.intake.initBlocked.Load() != notBlocked
	if s.former && !s.restart && !readerGoesOn {
		n.age.Restarted() // the reader waits, so this is not in its way
	}
	if !n.intake.readerAnswers || readerGoesOn {
		n.answerInit(now)
		return
	}
	n.wakeReader()
}

// wakeReader has the reader look whether it must still wait for the journal.
func (n *Node) wakeReader() {
	select {
	case n.journalRead <- struct{}{}:
	default:
	}
}

// answerInit lets gossip begin and answers the init.
func (n *Node) answerInit(now time.Duration) {
	if b := n.pendingInit.Swap(nil); b != nil {
		n.intake.begin(now, b.membership, b.replyTo)
		n.intake.initPending.Store(false)
	}
}

// seenIDs is the highest id and client's number of what was admitted. The reader
// notes, any goroutine may look.
type seenIDs struct {
	id, client atomic.Int64 // and 1; 0: none
}

// note takes in a message's.
func (s *seenIDs) note(m *wire.Message) {
	if m.HasID && m.ID >= s.id.Load() && m.ID < 1<<62 {
		s.id.Store(m.ID + 1)
	}
	if n, ok := journal.ClientNumber(m.Src); ok && n >= s.client.Load() && n < 1<<62 {
		s.client.Store(n + 1)
	}
}

// highest is what is noted.
func (s *seenIDs) highest() (h journal.Seen) {
	if id := s.id.Load(); id > 0 {
		h.ID, h.HasID = id-1, true
	}
	if client := s.client.Load(); client > 0 {
		h.Client, h.HasClient = client-1, true
	}
	return h
}

// seenIn is what one message shows.
func seenIn(m *wire.Message) journal.Seen {
	var s seenIDs
	s.note(m)
	return s.highest()
}

// membership is what init tells a node.
type membership struct {
	id      string
	members *topology.Tree // the cluster; its fan-out says nothing
	// greet says that this may be a restart, as the init is not known to be one
	// of the first of a run.
	greet bool
	// restart says that it is one: the init came later than those.
	restart bool
	// seen is the id and the client's number of the init.
	seen journal.Seen
	// incarnation is what the gossip of this life begins with at least, and former says
	// that the log holds what a former life knew. The journal tells both.
	incarnation uint64
	former      bool
}

// forGossip is what gossip needs of it.
func (s *membership) forGossip() *service.Membership {
	return &service.Membership{Self: s.id, Members: s.members, Greet: s.greet, Former: s.former, Epoch: s.incarnation}
}

// initBlocked has the reader refuse what comes, as the init may wait for a while.
func (n *Node) initBlocked(time.Duration) {
	n.intake.initBlocked.Store(blockedNow)
	n.intake.initPending.Store(false)
	n.wakeReader()
}

// initRefused answers an init whose journal cannot be used. Another one may follow.
func (n *Node) initRefused(now time.Duration, from replyTo, err error) {
	n.intake.initBlocked.Store(blockedForGood)
	n.intake.initPending.Store(false)
	if from.wantsReply { // it is never too late for that
		n.outbox.offer(now, outgoing{kind: replyNoDeadline, to: from, body: wire.AppendError(nil, from.msgID, wire.Crash, err.Error())})
	}
	n.wakeReader()
}

// What blocked says of an init that waits for the journal.
const (
	notBlocked     int32 = iota
	blockedNow           // it is in use by another process
	blockedForGood       // the init was refused
)

// whileBlocked handles a line that comes while the init waits for the journal, and
// reports whether it has: what needs no journal is served.
func (in *intake) whileBlocked(now time.Duration, m *wire.Message, from replyTo) bool {
	switch {
	case m.Type == codec.Type || m.HasInReplyTo:
		in.counters.droppedPeerMsgs.Add(1) // not acked, so it comes again
	case m.Type == "health" || m.Type == "echo" || m.Type == "topology":
		return false
	default:
		in.out.fail(now, from, wire.TemporarilyUnavailable, "this node is not initialised yet: its journal is still in use by another process, for which its init waits")
	}
	return true
}

// logBegan tells people what the node begins with.
func logBegan(log *slog.Logger, s *membership, recovered uint64, logName string) {
	switch {
	case s.former:
		log.Info("a former life of this node has left a journal", "entries", recovered, "log", logName)
	case s.restart:
		log.Warn("no journal shows that it is of a former life of this node in this run: it begins with nothing")
	}
}

// MembershipCache lets the nodes of one process that are told of the same cluster share
// what they make of it. Ten thousand nodes with ten thousand ids each are a
// hundred million otherwise. A process that is one node has none.
//
// The zero value is ready; it is for one goroutine at a time.
type MembershipCache struct {
	nodeIDs []byte // node_ids as the last init had it
	tree    *topology.Tree

	shared *codec.Origins // of gossip messages
}

// origins is the table in which ids of origins are found; it is the caller's own
// without a roster.
func (r *MembershipCache) origins() *codec.Origins {
	if r == nil {
		return nil
	}
	if r.shared == nil {
		r.shared = codec.NewSharedOrigins()
	}
	return r.shared
}

// parse reads the node_ids of an init. A nil roster is one that shares
// nothing.
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
