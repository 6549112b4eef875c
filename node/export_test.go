package node

import (
	"bytes"
	"math/rand/v2"
	"time"
	"treecast/app"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/chans"
	"treecast/journal"
	"treecast/wire"
)

// What tests in package node_test see of a node beside what everybody does. When the node's
// inside changes, this file and rig_test.go do; those tests do not.

// Memory is an empty journal.
func Memory() *journal.Memory { return journal.NewMemory(rand.New(rand.NewPCG(3, 4))) }

// KeptBy gives a node a journal.
func KeptBy(k Journal) func(*Config) { return func(c *Config) { c.Journal = k } }

// Item is a line as the reader has it.
func Item(t require.TestingT, line string) *wire.Item {
	m, err := wire.Parse([]byte(line))
	require.NoError(t, err)
	return &wire.Item{Message: m, LineBytes: int64(len(line))}
}

// RoomPoll is how often gossip looks for room.
const RoomPoll = roomPoll

// Tiny gives a node tiny queues.
func Tiny(c *Config) {
	c.Queues = map[string]QueueSizes{
		"intake": {Preferred: 2, Capacity: 4},
		"gossip": {Preferred: 1, Capacity: 2},
		"output": {Preferred: 8, Capacity: 16},
	}
}

// Counters are those of a health reply.
func (n *Node) Counters() map[string]uint64 {
	all := map[string]uint64{}
	for _, f := range n.counters.figures() {
		all[f.name] = f.count
	}
	return all
}

// Counter is one of the Counters.
func (n *Node) Counter(name string) uint64 {
	count, ok := n.Counters()[name]
	if !ok {
		panic("no counter " + name)
	}
	return count
}

// UseUpBytes leaves no room in the byte budget of a queue, until giveBack is called.
func (n *Node) UseUpBytes(queue string) (giveBack func()) {
	b := map[string]*budget{"intake": &n.intakeBytes, "gossip": &n.gossipBytes}[queue]
	b.take(int(b.limit))
	return func() { b.put(int(b.limit)) }
}

// BytesInUse is what the budgets count.
func (n *Node) BytesInUse() int64 {
	return n.intakeBytes.used.Load() + n.gossipBytes.used.Load() + n.outbox.gossip.used.Load()
}

// Reply queues a reply.
func (n *Node) Reply(now time.Duration, client string, body []byte) {
	n.outbox.offer(now, outgoing{kind: replyBody, to: replyTo{client: client}, body: body})
}

// Entries is how many entries the node has applied.
func (n *Node) Entries() int { return n.state.log.Len() }

// Knows reports whether reads show a value.
func (n *Node) Knows(value []byte) bool {
	answer, ok := n.state.serve(0, &app.Call{Class: app.Read})
	for _, part := range answer.Reply.List.Parts(nil) {
		for shown := range bytes.SplitSeq(part, []byte{','}) {
			if ok && bytes.Equal(shown, value) {
				return true
			}
		}
	}
	return false
}

// Crashes is how many crashes of services the supervisor has counted.
func (n *Node) Crashes() uint64 { return n.supervisor.Crashes() }

// Queue has the figures of a queue at time 0.
func (n *Node) Queue(name string) chans.Figures {
	for _, f := range n.broker.Figures(0) {
		if f.Name == name {
			return f
		}
	}
	panic("no queue " + name)
}

// Report is the health monitor's last one.
func (n *Node) Report(now time.Duration) (backpressure.Report, bool) { return n.monitor.Report(now) }

// StepGossip is a step of gossip alone.
func (n *Node) StepGossip(now time.Duration) bool { return n.gossiper.step(now) }

// GossipNext is when gossip is due.
func (n *Node) GossipNext(now time.Duration) time.Duration { return n.gossiper.next(now) }

// RestartGossip is what happens to gossip after a crash.
func (n *Node) RestartGossip(now time.Duration) { n.gossiper.restart(now) }

// Permits are gossip's.
func (n *Node) Permits() *backpressure.Permits { return n.gossiper.service.Permits() }
