package service

import (
	"time"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/topology"
)

// In is what has happened since the last step. The zero value but for Now says that
// nothing has.
type In struct {
	Now   time.Duration // of one clock throughout
	Begin *Membership   // the node has got its name, or begins again; nil as a rule

	Appended []gossip.Entry  // what the state has gained, in its order; without Shared.Log
	Stood    []int           // positions of entries that others stand for by now, which were appended before; without Shared.Log
	Stored   []gossip.Ticket // deliveries that are stored and durable: they may be acked
	Message  *Message        // of a peer; nil: none

	// NotDurable replaces what was said before of entries that the state shows and that are
	// not durable: a message that brings one is not acked, so that it comes again. It comes
	// no later than those entries do in Appended. Nil: nothing has changed.
	NotDurable *NotDurable

	// Own is the log that the node's own entries are in, and OwnLast the highest
	// counter there that others can know. Nobody can have more of it.
	Own     gossip.OriginID
	OwnLast uint64

	// Period is that of the rounds from now on, as if it had been configured; 0: nothing
	// has changed.
	Period time.Duration

	Health  Health
	Room    int  // how many packets may be sent
	Figures bool // asks for Out.Figures
}

// Message is a peer's message.
type Message struct {
	From string
	Body []byte // as JSON; valid during the step
}

// NotDurable is a set of entries.
type NotDurable struct{ Lines []gossip.DigestLine }

// Health is what the monitor has last said of the node.
type Health struct {
	Known     bool
	At        time.Duration // when that was
	Unhealthy time.Duration // for how long it has been; 0: it is healthy
	Busy      bool          // it should put off what it starts by itself
}

// Membership is what init tells a node, and what its journal does.
type Membership struct {
	Self    string
	Members *topology.Tree // the nodes; its fan-out says nothing
	// Greet says that this may be a restart: peers are asked what they hold, a second
	// later.
	Greet bool
	// Former says that the log holds what a former incarnation knew.
	Former bool
	// Epoch is what this life's is at least.
	Epoch uint64
	// Phase is where within a period the timer of free rounds stands, and Seed decides
	// what is random in this life. Both are drawn by the caller.
	Phase time.Duration
	Seed  uint64
}

// tree is the spanning tree of the cluster with a fan-out, 0 for the usual one.
func (m *Membership) tree(numChildren int) *topology.Tree {
	if numChildren == 0 {
		numChildren = topology.AutoNumChildren(m.Members.Len())
	}
	return m.Members.WithNumChildren(numChildren)
}

// Out is what is to be done.
type Out struct {
	Deliver *gossip.Delivery // entries to be stored; nil: none
	Send    []Packet
	Spoke   bool // the core was asked what it has to say
	Figures *Figures

	// What was wrong with the message, if anything was.
	Unreadable error // it is no message of gossip, or came before Begin
	Refused    error // it makes no sense, and was not used
	Limited    bool  // its peer has shown more than it may, so that it was not used
	Beyond     bool  // it says that the node's own log has more than the node has given out

	// Trouble is what should never be: the service's settings have been checked.
	Trouble error
}

// Packet is a message to a peer.
type Packet struct {
	To   string
	Body []byte // as JSON; the receiver's to keep
}

// Figures is what is told of the service.
type Figures struct {
	Gossip   gossip.Stats
	Permits  backpressure.PermitFigures
	Optional OptionalFigures
}
