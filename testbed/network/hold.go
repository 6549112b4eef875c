package network

import (
	"time"

	"treecast/run"
)

// HeldMessages is how many messages a receiver keeps while it is held, as
// Maelstrom's queues do for a node that is down or paused.
const HeldMessages = 10

// first is the deadline of a message that goes before all others.
const first = time.Duration(-1)

// Hold has a node take no more messages until Release: its process is down or
// paused. Meanwhile its queue keeps HeldMessages, the first by deadline of
// those that wait already; more are dropped. With gone set, what the node has
// taken from the queue and not got yet is lost, as there is nobody to write it to.
func (n *Network) Hold(now time.Duration, name string, gone bool) {
	r := n.names[name]
	if r == nil || !r.present {
		return
	}
	r.down = true
	if gone && r.busy {
		r.busy = false
		n.observer.Dropped(r.held, now)
		r.held = run.Message{}
	}
	keep := make([]item[run.Message], 0, HeldMessages)
	for len(keep) < HeldMessages && len(r.queue) > 0 {
		keep = append(keep, r.queue.pop())
	}
	for len(r.queue) > 0 {
		n.observer.Dropped(r.queue.pop().value, now)
	}
	r.queue = keep // in order, so a heap
}

// Release lets a node take messages again.
func (n *Network) Release(now time.Duration, name string) {
	if r := n.names[name]; r != nil && r.down {
		r.down = false
		n.take(r, now)
	}
}

// SendFirst is Send for a message that is delivered at once, before whatever
// waits for its receiver, and for which there is always room: the init of a
// node that was restarted.
func (n *Network) SendFirst(now time.Duration, p Packet) (int64, error) {
	m, r, err := n.accept(now, p)
	if err == nil {
		r.queue.push(item[run.Message]{at: first, id: m.ID, value: m})
		n.take(r, now)
	}
	return m.ID, err
}
