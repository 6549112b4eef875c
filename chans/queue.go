package chans

import (
	"sync"
	"sync/atomic"
	"time"
)

// Queue is a bounded first-in first-out queue for many producers and one
// consumer, its Inbox. All of its methods may be called from any goroutine.
//
// Behind it stands a mutex around a ring: a batch costs one lock however many
// items it has, and no item is allocated for. No call waits: a producer is
// refused, and the consumer, which is the queue's Inbox, sleeps on a channel
// that holds one token. A call that leaves work behind puts a token back, so that
// one is there, or on its way to be used, whenever the consumer could go on.
type Queue[T any] struct {
	options Options

	// depth is raised under mu only, so that a producer that has seen room
	// under mu still has it; it is lowered by consumers without mu.
	depth  atomic.Int64
	lost   atomic.Uint64
	heldAt atomic.Int64 // when the oldest item held by the inbox was put in

	ready chan struct{} // a token: there may be items, or the queue is closed

	mu        sync.Mutex
	ring      ring[T]
	closed    bool
	in        uint64
	rejected  uint64
	highWater int
	rate      rate

	capability capability // written under mu
}

// New returns an empty queue, or an error that wraps ErrOptions.
func New[T any](o Options) (*Queue[T], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Ready == nil {
		o.Ready = make(chan struct{}, 1)
	}
	return &Queue[T]{
		options: o,
		ready:   o.Ready,
		ring:    ring[T]{limit: o.Capacity},
	}, nil
}

// Name returns the name given in Options.
func (q *Queue[T]) Name() string { return q.options.Name }

// Preferred returns the depth, in items, above which the queue is unhealthy.
func (q *Queue[T]) Preferred() int { return q.options.Preferred }

// Capacity returns the depth, in items, that is never exceeded.
func (q *Queue[T]) Capacity() int { return q.options.Capacity }

// Depth returns the number of items accepted and not yet handled, those held
// by the queue's Inbox included. It is one atomic read.
func (q *Queue[T]) Depth() int { return int(q.depth.Load()) }

// Offer puts item in without waiting. It returns false, and counts a
// rejection, if the queue is at its capacity or closed.
func (q *Queue[T]) Offer(now time.Duration, item T) bool {
	q.mu.Lock()
	if q.closed || q.Depth() >= q.options.Capacity {
		q.rejected++
		q.mu.Unlock()
		return false
	}
	q.ring.push(item, now)
	q.in++
	q.highWater = max(q.highWater, int(q.depth.Add(1)))
	q.mu.Unlock()
	// Outside the lock, which the consumer it wakes is going to want.
	signal(q.ready)
	return true
}

// OfferAll puts items in without waiting, in their order and under one lock. It returns how
// many found room, and counts a rejection for each of the others.
func (q *Queue[T]) OfferAll(now time.Duration, items []T) int {
	q.mu.Lock()
	n := 0
	if !q.closed {
		n = min(len(items), q.options.Capacity-q.Depth())
	}
	for i := range n {
		q.ring.push(items[i], now)
	}
	q.in += uint64(n)
	q.rejected += uint64(len(items) - n)
	q.highWater = max(q.highWater, int(q.depth.Add(int64(n))))
	q.mu.Unlock()
	if n > 0 {
		signal(q.ready)
	}
	return n
}

// Ready returns a channel for consumers that select over several things. A
// token can be received from it whenever there are items to take, now and then
// when there are none, and always once the queue is closed: a consumer
// that then finds Drained must stop selecting on it. Tokens are not counted: one may
// stand for any number of items. A consumer that receives one must call Inbox.TryNext at least
// once; if that leaves items behind, there is a token again.
func (q *Queue[T]) Ready() <-chan struct{} { return q.ready }

// Close ends the queue for producers: Offer fails from now on. What is in it can
// still be taken. It may be called more than once.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	signal(q.ready)
}

// Drained says whether the queue is closed and every item in it was handled.
func (q *Queue[T]) Drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && q.depth.Load() == 0
}

// hold moves slots into batch, oldest first, and returns how many. They stay in
// the depth until they are released.
func (q *Queue[T]) hold(batch []slot[T]) (n int) {
	q.mu.Lock()
	n = q.ring.popInto(batch)
	if n > 0 {
		q.heldAt.Store(int64(batch[0].at))
	}
	q.ring.settle()
	again := q.ring.count > 0 || q.closed
	q.mu.Unlock()
	if again {
		signal(q.ready)
	}
	return n
}

// release takes an item that was held, and is handled now, out of the depth.
func (q *Queue[T]) release() { q.depth.Add(-1) }

// signal leaves a token unless there is one already.
func signal(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
