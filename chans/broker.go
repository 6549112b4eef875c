package chans

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrDuplicateName is returned by Make for a name that the broker already has.
var ErrDuplicateName = errors.New("there is already a queue of that name")

// Gauge is a queue without the type of its items: what a broker, a monitor
// and a page of figures need of it. All methods may be called from any
// goroutine.
type Gauge interface {
	Name() string
	Preferred() int
	Depth() int
	OldestAge(now time.Duration) time.Duration
	Figures(now time.Duration) Figures
	Observe(now time.Duration)
}

// Broker makes and owns the queues of a node and their inboxes. They outlive
// the services that use them, and the load of the whole node can be read in
// one place. Its methods may be called from any goroutine.
type Broker struct {
	mu      sync.Mutex
	members []member
}

// member is a queue as the broker keeps it, in order of creation.
type member struct {
	Gauge
	monitored bool
}

// NewBroker returns a broker without queues.
func NewBroker() *Broker { return &Broker{} }

// Make makes a queue and its only inbox. It returns an error that wraps
// ErrOptions if the options cannot work, or ErrDuplicateName if there is such a
// queue.
func Make[T any](b *Broker, o Options) (*Queue[T], *Inbox[T], error) {
	q, err := New[T](o)
	if err != nil {
		return nil, nil, err
	}
	if err := b.add(member{Gauge: q, monitored: !o.Unmonitored}); err != nil {
		return nil, nil, fmt.Errorf("making queue %q: %w", o.Name, err)
	}
	return q, newInbox(q), nil
}

func (b *Broker) add(m member) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, other := range b.members {
		if other.Name() == m.Name() {
			return ErrDuplicateName
		}
	}
	b.members = append(b.members, m)
	return nil
}

// Queues returns all queues in the order in which they were made.
func (b *Broker) Queues() []Gauge { return b.list(false) }

// Monitored returns the queues whose depth says how the node is doing, in the
// order in which they were made.
func (b *Broker) Monitored() []Gauge { return b.list(true) }

func (b *Broker) list(monitoredOnly bool) []Gauge {
	sources := []Gauge{}
	for _, m := range b.snapshot() {
		if m.monitored || !monitoredOnly {
			sources = append(sources, m.Gauge)
		}
	}
	return sources
}

// Figures returns the figures of all queues, in the order in which they were
// made.
func (b *Broker) Figures(now time.Duration) []Figures {
	members := b.snapshot()
	figures := make([]Figures, len(members))
	for i, m := range members {
		figures[i] = m.Figures(now)
	}
	return figures
}

// Observe calls Observe of every queue; one caller alone does so, at a steady
// pace.
func (b *Broker) Observe(now time.Duration) {
	for _, m := range b.snapshot() {
		m.Observe(now)
	}
}

// snapshot lets queues be called without the broker's lock held. Members are
// only ever appended, so what was there may be read without it.
func (b *Broker) snapshot() []member {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clip(b.members)
}
