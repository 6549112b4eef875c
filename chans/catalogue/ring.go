package catalogue

import "sync/atomic"

// Ring is a bounded single-producer single-consumer queue. Each side writes
// one position, and reads the other's only when what it saw of it last is used
// up; so while the ring is neither full nor empty the sides do not meet.
type Ring[T any] struct {
	slots []T

	_      pad
	back   atomic.Uint64 // position of the next put, and whether it is closed; see ringClosed
	putter position      // the producer's
	_      pad
	front  atomic.Uint64 // position of the next take
	taker  position      // the consumer's
	_      pad
	roles  // written in debug builds only
}

// position is what one side of a Ring knows without asking.
type position struct {
	own  int // where it is
	seen int // where it saw the other last
}

// ringClosed is beside the position in back, because of this: a put publishes
// by compare-and-swap from an open back, so it is either before the Close or
// has not happened. A swap costs what an atomic store does.
const (
	ringClosed = 1
	ringShift  = 1
)

var _ Bounded[int] = (*Ring[int])(nil)

// NewRing returns an empty ring. It panics if capacity is below 1.
func NewRing[T any](capacity int) *Ring[T] {
	checkCapacity(capacity, largestRing)
	return &Ring[T]{slots: make([]T, capacity)}
}

func (r *Ring[T]) size() doubled { return doubled(len(r.slots)) }

// TryPut is for the producer.
func (r *Ring[T]) TryPut(item T) bool {
	r.producer.enter()
	back, size := r.putter.own, r.size()
	if size.between(r.putter.seen, back) == len(r.slots) {
		r.putter.seen = int(r.front.Load())
		if size.between(r.putter.seen, back) == len(r.slots) {
			return false
		}
	}
	at := &r.slots[size.slot(back)]
	*at = item
	if !r.publish(back, 1) {
		var none T
		*at = none
		return false
	}
	return true
}

// TryPutBatch is for the producer. It publishes the batch at once.
func (r *Ring[T]) TryPutBatch(items []T) int {
	r.producer.enter()
	back, size := r.putter.own, r.size()
	room := len(r.slots) - size.between(r.putter.seen, back)
	if room < len(items) {
		r.putter.seen = int(r.front.Load())
		room = len(r.slots) - size.between(r.putter.seen, back)
	}
	n := min(room, len(items))
	if n == 0 {
		return 0
	}
	copyIn(r.slots, back, items[:n])
	if !r.publish(back, n) {
		for i := range n {
			var none T
			r.slots[size.slot(size.add(back, i))] = none
		}
		return 0
	}
	return n
}

// publish moves the back on by n, unless the ring is closed.
func (r *Ring[T]) publish(back, n int) bool {
	next := r.size().add(back, n)
	if !r.back.CompareAndSwap(uint64(back)<<ringShift, uint64(next)<<ringShift) {
		return false
	}
	r.putter.own = next
	return true
}

// TryTake is for the consumer.
func (r *Ring[T]) TryTake() (T, bool) {
	r.consumer.enter()
	var none T
	front, size := r.taker.own, r.size()
	if front == r.taker.seen {
		r.taker.seen = int(r.back.Load() >> ringShift)
		if front == r.taker.seen {
			return none, false
		}
	}
	at := &r.slots[size.slot(front)]
	item := *at
	*at = none
	r.taker.own = size.add(front, 1)
	r.front.Store(uint64(r.taker.own))
	return item, true
}

// TryTakeBatch is for the consumer. It makes room at once for what it took.
func (r *Ring[T]) TryTakeBatch(buf []T) int {
	r.consumer.enter()
	front, size := r.taker.own, r.size()
	there := size.between(front, r.taker.seen)
	if there < len(buf) {
		r.taker.seen = int(r.back.Load() >> ringShift)
		there = size.between(front, r.taker.seen)
	}
	n := min(there, len(buf))
	if n == 0 {
		return 0
	}
	moveOut(r.slots, front, buf[:n])
	r.taker.own = size.add(front, n)
	r.front.Store(uint64(r.taker.own))
	return n
}

// Close may be called from any goroutine.
func (r *Ring[T]) Close() { r.back.Or(ringClosed) }

// Closed may be called from any goroutine.
func (r *Ring[T]) Closed() bool { return r.back.Load()&ringClosed != 0 }

// Drained may be called from any goroutine.
func (r *Ring[T]) Drained() bool {
	back := r.back.Load() // stays as it is once it is closed
	return back&ringClosed != 0 && r.front.Load() == back>>ringShift
}

// Len may be called from any goroutine.
func (r *Ring[T]) Len() int {
	return r.size().length(func() (front, back int) {
		return int(r.front.Load()), int(r.back.Load() >> ringShift)
	})
}

// Cap returns the capacity, in items.
func (r *Ring[T]) Cap() int { return len(r.slots) }
