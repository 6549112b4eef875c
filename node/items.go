package node

import (
	"time"

	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/journal"
	"treecast/node/values"
	"treecast/topology"
	"treecast/wire"
)

// workItem is an item of the intake queue: what the store service has to do. Items
// are copied into queues and out of them, so what few of them have is behind a
// pointer.
type workItem struct {
	replyTo    replyTo
	value      []byte           // broadcast: the value's JSON, as spelt
	membership *membership      // begin
	delivery   *gossip.Delivery // learnt
	bytes      int              // what it counts in the intake's byte budget
	kind       workKind
	maybeGone  bool // broadcast: store, but do not answer
}

type workKind uint8

const (
	workInit      workKind = iota // the node has got its name
	workBroadcast                 // a client's value
	workRead                      // a client wants to know all values
	workDelivery                  // entries that gossip has learnt
	workNewLog                    // a peer has more of the node's log than there is: the name of another one
)

// replyTo is whom to answer, and when the question had come, as far as is known:
// see package stdin.
type replyTo struct {
	client     string
	msgID      wire.ID
	wantsReply bool // it has a msg_id; otherwise nobody waits for an answer
	arrived    time.Duration
}

// peerMsg is an item of the gossip queue: a peer's message, or the beginning.
type peerMsg struct {
	from       string
	body       []byte
	membership *membership
	read       *replyTo // a client's read that came behind mail; to be passed on
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

// outgoing is an item of the output queue. As with jobs, what few of them have
// is behind a pointer.
type outgoing struct {
	to      replyTo      // whom it is for; of gossip the name alone
	body    []byte       // raw and gossip: the whole body
	refusal *refusal     // errors
	values  *values.View // reads
	kind    outKind
}

// refusal is what an error reply says.
type refusal struct {
	code int
	text string
}

type outKind uint8

const (
	replyBody        outKind = iota // body, as it is; dropped when too late
	replyNoDeadline                 // body, as it is, however late
	toPeer                          // body, as it is; counts in gossip's byte budget
	replyBroadcastOK                // dropped when too late
	replyError                      // dropped when too late
	replyRead                       // dropped when much too late: a read's client stays the same for a while
)
