package chans

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Queue is a bounded first-in first-out queue for many producers and many
// consumers, all of whose methods may be called from any goroutine.
//
// Behind it stands a mutex around a ring: a batch costs one lock however many
// items it has, and no item is allocated for.
//
// Nobody is handed an item by another goroutine: an item stays in the ring
// until the consumer that returns it takes it out. So a cancelled wait has no
// item to give back and none to lose. Waiters sleep on channels that hold one
// token; whoever leaves work or room behind for another puts a token back. So
// a token is there, or on its way to be used, whenever a waiter could go on.
type Queue[T any] struct {
	options Options

	// depth is raised under mu only, so that a producer that has seen room
	// under mu still has it; it is lowered by consumers without mu.
	depth   atomic.Int64
	putters atomic.Int64 // callers of Put that wait or are about to
	lost    atomic.Uint64
	heldAt  atomic.Int64 // when the oldest item held by the inbox was put in

	ready chan struct{} // a token: there may be items, or the queue is closed
	room  chan struct{} // a token: there may be room, or the queue is closed

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
		room:    make(chan struct{}, 1),
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
	if q.insert(now, item) != inserted {
		q.reject()
		return false
	}
	return true
}

// Put puts item in, waiting for room if it has to. It returns ErrClosed if the
// queue is closed, also while waiting, and the context's error if that ends
// first; the item was then not put in, and is counted as rejected. With room
// it succeeds even if ctx is done. The item's age counts from now, which is to
// say from before the wait.
//
// Put is no fairer than a mutex: who waits can be overtaken by who comes.
func (q *Queue[T]) Put(ctx context.Context, now time.Duration, item T) error {
	// Without a wait there is no select, which costs more than all the rest.
	result := q.insert(now, item)
	if result == full {
		result = q.waitToInsert(ctx, now, item)
	}
	switch result {
	case inserted:
		return nil
	case closed:
		q.reject()
		return ErrClosed
	default:
		q.reject()
		return ctx.Err()
	}
}

// waitToInsert inserts as soon as there is room. It returns full if ctx ended.
func (q *Queue[T]) waitToInsert(ctx context.Context, now time.Duration, item T) insertion {
	// Counted before the next look at the depth, as consumers lower the depth
	// before they look at the count: one of the two sees the other.
	q.putters.Add(1)
	defer q.putters.Add(-1)
	for {
		result := q.insert(now, item)
		if result != full {
			// The token that woke this caller may have stood for more than one place.
			if result == closed || q.Depth() < q.options.Capacity {
				signal(q.room)
			}
			return result
		}
		select {
		case <-q.room:
		case <-ctx.Done():
			return full
		}
	}
}

// Poll moves up to len(buf) items into buf, oldest first, without waiting, and
// returns how many. They are handled as far as the queue is concerned.
func (q *Queue[T]) Poll(buf []T) int {
	n, _ := q.poll(buf)
	return n
}

// Take is Poll that waits until there is at least one item. It returns
// ErrClosed when the queue is closed and everything is taken, and the
// context's error if that ends first, with no item taken; items that are there
// are returned even if ctx is done. With an empty buf it returns at once.
func (q *Queue[T]) Take(ctx context.Context, buf []T) (int, error) {
	for len(buf) > 0 {
		n, isClosed := q.poll(buf)
		if n > 0 {
			return n, nil
		}
		if isClosed {
			return 0, ErrClosed
		}
		if err := q.waitForItems(ctx); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// Ready returns a channel for consumers that select over several things. A
// token can be received from it whenever there are items to take, now and then
// when there are none, and always once the queue is closed: from then on who
// finds Drained must stop selecting on it. Tokens are not counted: one may
// stand for any number of items. Who receives one must Poll (or go through the
// Inbox) at least once; if that leaves items behind, there is a token again.
func (q *Queue[T]) Ready() <-chan struct{} { return q.ready }

// Close ends the queue for producers: Offer and Put fail from now on, those
// that wait in Put included. What is in it can still be taken. It may be
// called more than once.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	signal(q.ready)
	signal(q.room)
}

// Drained says whether the queue is closed and every item in it was handled.
func (q *Queue[T]) Drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && q.depth.Load() == 0
}

// insertion is the outcome of a try to put an item in.
type insertion uint8

const (
	inserted insertion = iota
	full
	closed
)

func (q *Queue[T]) insert(now time.Duration, item T) insertion {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return closed
	}
	if q.Depth() >= q.options.Capacity {
		q.mu.Unlock()
		return full
	}
	q.ring.push(item, now)
	q.in++
	q.highWater = max(q.highWater, int(q.depth.Add(1)))
	q.mu.Unlock()
	// Outside the lock, which the consumer it wakes is going to want.
	signal(q.ready)
	return inserted
}

func (q *Queue[T]) reject() {
	q.mu.Lock()
	q.rejected++
	q.mu.Unlock()
}

// poll moves items into buf and says whether the queue is closed.
func (q *Queue[T]) poll(buf []T) (n int, isClosed bool) {
	q.mu.Lock()
	n = min(len(buf), q.ring.count)
	for i := range n {
		buf[i] = q.ring.pop().item
	}
	q.depth.Add(-int64(n))
	again, isClosed := q.taken()
	q.mu.Unlock()
	if n > 0 {
		q.wakePutter()
	}
	if again {
		signal(q.ready)
	}
	return n, isClosed
}

// hold moves slots into batch as poll does, but they stay in the depth until
// they are released.
func (q *Queue[T]) hold(batch []slot[T]) (n int, isClosed bool) {
	q.mu.Lock()
	n = min(len(batch), q.ring.count)
	for i := range n {
		batch[i] = q.ring.pop()
	}
	if n > 0 {
		q.heldAt.Store(int64(batch[0].at))
	}
	again, isClosed := q.taken()
	q.mu.Unlock()
	if again {
		signal(q.ready)
	}
	return n, isClosed
}

// taken ends a round of pops, under mu. It says whether the token has to be put
// back for the next consumer.
func (q *Queue[T]) taken() (again, isClosed bool) {
	q.ring.settle()
	return q.ring.count > 0 || q.closed, q.closed
}

// release takes an item that was held, and is handled now, out of the depth.
func (q *Queue[T]) release() {
	q.depth.Add(-1)
	q.wakePutter()
}

// wakePutter is called after depth was lowered.
func (q *Queue[T]) wakePutter() {
	if q.putters.Load() > 0 {
		signal(q.room)
	}
}

func (q *Queue[T]) waitForItems(ctx context.Context) error {
	select {
	case <-q.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signal leaves a token unless there is one already.
func signal(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
