package node

import (
	"sync"
	"sync/atomic"

	"treecast/gossip"
)

// storedSignal is how the store tells gossip that deliveries are stored, and
// wakes it for what else the log has gained. It holds no more tickets than the
// intake queue had deliveries, so it needs no bound of its own, and the store
// never waits for gossip: there is no cycle of bounded queues.
type storedSignal struct {
	mu      sync.Mutex
	tickets []gossip.Ticket
	pending atomic.Bool // something is there that gossip has not looked at
	wake    wake        // the gossip service's
}

func newStoredSignal(w wake) *storedSignal { return &storedSignal{wake: w} }

// stored leaves a ticket.
func (n *storedSignal) stored(t gossip.Ticket) {
	n.mu.Lock()
	n.tickets = append(n.tickets, t)
	n.mu.Unlock()
	n.notify()
}

// notify says that something is there.
func (n *storedSignal) notify() {
	n.pending.Store(true)
	n.wake.notify()
}

// clear says that gossip is about to look.
func (n *storedSignal) clear() { n.pending.Store(false) }

// take moves what is there into buf.
func (n *storedSignal) take(buf []gossip.Ticket) []gossip.Ticket {
	n.mu.Lock()
	defer n.mu.Unlock()
	buf = append(buf[:0], n.tickets...)
	n.tickets = n.tickets[:0]
	if cap(n.tickets) > 4096 {
		n.tickets = nil
	}
	return buf
}
