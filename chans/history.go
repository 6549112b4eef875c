package chans

import (
	"sync"
	"time"
)

// Sample is what a queue was like at one moment.
type Sample struct {
	At        time.Duration
	Depth     int
	In        uint64 // items accepted so far
	Out       uint64 // items handled so far
	Rejected  uint64
	OldestAge time.Duration
	PerSecond float64 // items handled per second
}

// QueueHistory is how a queue has fared, oldest first.
type QueueHistory struct {
	Name      string
	Preferred int
	Samples   []Sample
}

// History keeps the last samples of every queue of a broker, for graphs. It is
// a ring: what is older is forgotten. Its methods may be called from any
// goroutine.
type History struct {
	broker *Broker
	limit  int // samples per queue

	mu     sync.Mutex
	queues []queueRing // in the broker's order
}

type queueRing struct {
	samples []Sample
	next    int // of the ring once it is full
}

// NewHistory returns an empty history of at most limit samples per queue, at
// least 1. Memory is taken as samples come.
func NewHistory(b *Broker, limit int) *History { return &History{broker: b, limit: max(1, limit)} }

// Record takes a sample of every queue.
func (h *History) Record(now time.Duration) {
	figures := h.broker.Figures(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, f := range figures {
		if i == len(h.queues) {
			h.queues = append(h.queues, queueRing{})
		}
		r := &h.queues[i]
		s := Sample{now, f.Depth, f.In, f.Out, f.Rejected, f.OldestAge, f.DepletionPerSecond}
		if len(r.samples) < h.limit {
			r.samples = append(r.samples, s)
			continue
		}
		r.samples[r.next] = s
		r.next = (r.next + 1) % h.limit
	}
}

// Queues returns a copy of what is kept, in the order in which the queues were
// made.
func (h *History) Queues() []QueueHistory {
	sources := h.broker.Queues()
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]QueueHistory, len(h.queues))
	for i := range h.queues {
		r := &h.queues[i]
		samples := make([]Sample, 0, len(r.samples))
		samples = append(append(samples, r.samples[r.next:]...), r.samples[:r.next]...)
		out[i] = QueueHistory{sources[i].Name(), sources[i].Preferred(), samples}
	}
	return out
}
