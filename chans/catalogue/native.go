package catalogue

import "sync/atomic"

// Native is a Go channel as a Queue: what the others are measured against. It
// may be closed only when no put is under way, as with every Go channel; here
// one that is loses its item instead of a panic.
type Native[T any] struct {
	items  chan T
	closed atomic.Bool
}

var _ Bounded[int] = (*Native[int])(nil)

// NewNative returns an empty queue. It panics if capacity is below 1.
func NewNative[T any](capacity int) *Native[T] {
	checkCapacity(capacity, largestRing)
	return &Native[T]{items: make(chan T, capacity)}
}

// TryPut may be called from any goroutine.
func (q *Native[T]) TryPut(item T) bool {
	if q.closed.Load() {
		return false
	}
	select {
	case q.items <- item:
		return true
	default:
		return false
	}
}

// TryPutBatch may be called from any goroutine.
func (q *Native[T]) TryPutBatch(items []T) int {
	for i, item := range items {
		if !q.TryPut(item) {
			return i
		}
	}
	return len(items)
}

// TryTake may be called from any goroutine.
func (q *Native[T]) TryTake() (T, bool) {
	select {
	case item := <-q.items:
		return item, true
	default:
		var none T
		return none, false
	}
}

// TryTakeBatch may be called from any goroutine.
func (q *Native[T]) TryTakeBatch(buf []T) int {
	for i := range buf {
		item, ok := q.TryTake()
		if !ok {
			return i
		}
		buf[i] = item
	}
	return len(buf)
}

// Close may be called from any goroutine while no put is under way.
func (q *Native[T]) Close() { q.closed.Store(true) }

// Closed may be called from any goroutine.
func (q *Native[T]) Closed() bool { return q.closed.Load() }

// Drained may be called from any goroutine.
func (q *Native[T]) Drained() bool { return q.closed.Load() && len(q.items) == 0 }

// Len may be called from any goroutine.
func (q *Native[T]) Len() int { return len(q.items) }

// Cap returns the capacity, in items.
func (q *Native[T]) Cap() int { return cap(q.items) }
