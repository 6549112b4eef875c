package node

import (
	"sync"
	"sync/atomic"

	"treecast/gossip"
)

// notices is how the record tells gossip that deliveries are stored, and
// wakes it for what else the log has gained. It holds no more tickets than the
// intake queue had deliveries, so it needs no bound of its own, and the record
// never waits for gossip: there is no cycle of bounded queues.
type notices struct {
	mu      sync.Mutex
	tickets []gossip.Ticket
	rung    atomic.Bool // something is there that gossip has not looked at
	wake    wake        // the gossip service's
}

func newNotices(w wake) *notices { return &notices{wake: w} }

// stored leaves a ticket.
func (n *notices) stored(t gossip.Ticket) {
	n.mu.Lock()
	n.tickets = append(n.tickets, t)
	n.mu.Unlock()
	n.ring()
}

// ring says that something is there.
func (n *notices) ring() {
	n.rung.Store(true)
	n.wake.ring()
}

// heard says that gossip is about to look.
func (n *notices) heard() { n.rung.Store(false) }

// take moves what is there into buf.
func (n *notices) take(buf []gossip.Ticket) []gossip.Ticket {
	n.mu.Lock()
	defer n.mu.Unlock()
	buf = append(buf[:0], n.tickets...)
	n.tickets = n.tickets[:0]
	if cap(n.tickets) > 4096 {
		n.tickets = nil
	}
	return buf
}
