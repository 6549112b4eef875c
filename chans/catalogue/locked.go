package catalogue

import "sync"

// Locked is a bounded queue for many producers and many consumers: a ring under
// one mutex. A batch costs one lock, which is its whole point.
type Locked[T any] struct {
	mu     sync.Mutex
	slots  []T
	front  int // position of the next take
	back   int // position of the next put
	closed bool
}

var _ Bounded[int] = (*Locked[int])(nil)

// NewLocked returns an empty queue. It panics if capacity is below 1.
func NewLocked[T any](capacity int) *Locked[T] {
	checkCapacity(capacity, largestRing)
	return &Locked[T]{slots: make([]T, capacity)}
}

// TryPut may be called from any goroutine.
func (q *Locked[T]) TryPut(item T) bool {
	q.mu.Lock()
	size := doubled(len(q.slots))
	if q.closed || q.len() == len(q.slots) {
		q.mu.Unlock()
		return false
	}
	q.slots[size.slot(q.back)] = item
	q.back = size.add(q.back, 1)
	q.mu.Unlock()
	return true
}

// TryPutBatch may be called from any goroutine. Nothing of another producer
// comes between the items that it puts in.
func (q *Locked[T]) TryPutBatch(items []T) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.slots)-q.len(), len(items))
	if q.closed || n == 0 {
		return 0
	}
	copyIn(q.slots, q.back, items[:n])
	q.back = doubled(len(q.slots)).add(q.back, n)
	return n
}

// TryTake may be called from any goroutine.
func (q *Locked[T]) TryTake() (item T, ok bool) {
	q.mu.Lock()
	if q.front == q.back {
		q.mu.Unlock()
		return item, false
	}
	size := doubled(len(q.slots))
	at := &q.slots[size.slot(q.front)]
	var none T
	item = *at
	*at = none
	q.front = size.add(q.front, 1)
	q.mu.Unlock()
	return item, true
}

// TryTakeBatch may be called from any goroutine.
func (q *Locked[T]) TryTakeBatch(buf []T) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(q.len(), len(buf))
	if n == 0 {
		return 0
	}
	moveOut(q.slots, q.front, buf[:n])
	q.front = doubled(len(q.slots)).add(q.front, n)
	return n
}

// Close may be called from any goroutine.
func (q *Locked[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// Closed may be called from any goroutine.
func (q *Locked[T]) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// Drained may be called from any goroutine.
func (q *Locked[T]) Drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && q.front == q.back
}

// Len may be called from any goroutine.
func (q *Locked[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.len()
}

func (q *Locked[T]) len() int { return doubled(len(q.slots)).between(q.front, q.back) }

// Cap returns the capacity, in items.
func (q *Locked[T]) Cap() int { return len(q.slots) }
