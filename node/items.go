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

// job is an item of the intake queue: what the record service has to do. Items
// are copied into queues and out of them, so what few of them have is behind a
// pointer.
type job struct {
	request request
	value   []byte           // broadcast: the value's JSON, as spelt
	setup   *setup           // begin
	learnt  *gossip.Delivery // learnt
	bytes   int              // what it counts in the intake's byte budget
	kind    jobKind
	silent  bool // broadcast: store, but do not answer
}

type jobKind uint8

const (
	jobBegin     jobKind = iota // the node has got its name
	jobBroadcast                // a client's value
	jobRead                     // a client wants to know all values
	jobLearnt                   // entries that gossip has learnt
	jobElsewhere                // a peer has more of the node's log than there is: the name of another one
)

// request is whom to answer, and when the question had come, as far as is known:
// see package stdin.
type request struct {
	client string
	msgID  wire.ID
	asks   bool // it has a msg_id; otherwise nobody waits for an answer
	came   time.Duration
}

// mail is an item of the gossip queue: a peer's message, or the beginning.
type mail struct {
	from  string
	body  []byte
	setup *setup
	read  *request // a client's read that came behind mail; to be passed on
}

// setup is what init tells a node.
type setup struct {
	id      string
	members *topology.Tree // the cluster; its fan-out says nothing
	// greet says that this may be a restart, as the init is not known to be one
	// of the first of a run.
	greet bool
	// restart says that it is one: the init came later than those.
	restart bool
	// seen is the id and the client's number of the init.
	seen journal.Seen
	// epoch is what the gossip of this life begins with at least, and former says
	// that the log holds what a former life knew. The journal tells both.
	epoch  uint64
	former bool
}

// membership is what gossip needs of it.
func (s *setup) membership() *service.Membership {
	return &service.Membership{Self: s.id, Members: s.members, Greet: s.greet, Former: s.former, Epoch: s.epoch}
}

// outgoing is an item of the output queue. As with jobs, what few of them have
// is behind a pointer.
type outgoing struct {
	req     request      // whom it is for; of gossip the name alone
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
	outRaw         outKind = iota // body, as it is; dropped when too late
	outPatient                    // body, as it is, however late
	outGossip                     // body, as it is; counts in gossip's byte budget
	outBroadcastOK                // dropped when too late
	outError                      // dropped when too late
	outReadOK                     // dropped when much too late: a read's client stays the same for a while
)
