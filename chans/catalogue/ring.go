package catalogue

import "sync/atomic"

// Ring is a bounded single-producer single-consumer queue. Each side writes
// one position, and reads the other's only when what it saw of it last is used
// up; so while the ring is neither full nor empty the sides do not meet.
type Ring[T any] struct {
	slots []T

	_      pad
	back   atomic.Uint64 // position of the next put, and whether it is closed; see ringClosed
	putter side          // the producer's
	_      pad
	front  atomic.Uint64 // position of the next take
	taker  side          // the consumer's
	_      pad
	roles  // written in debug builds only
}

// side is what one side of a Ring, or of a TwoLock, knows without asking.
type side struct {
	own  int // its position
	free int // how many slots from there on are known to be its to use
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
	return &Ring[T]{slots: make([]T, capacity), putter: side{free: capacity}}
}

func (r *Ring[T]) size() doubled { return doubled(len(r.slots)) }

// TryPut is for the producer.
func (r *Ring[T]) TryPut(item T) bool {
	r.producer.enter()
	if r.putter.free == 0 && !r.lookForRoom() {
		return false
	}
	r.slots[r.size().slot(r.putter.own)] = item
	return r.publish(1)
}

// TryPutBatch is for the producer. It publishes the batch at once.
func (r *Ring[T]) TryPutBatch(items []T) int {
	r.producer.enter()
	if r.putter.free < len(items) {
		r.lookForRoom()
	}
	n := min(r.putter.free, len(items))
	if n == 0 {
		return 0
	}
	copyIn(r.slots, r.putter.own, items[:n])
	if !r.publish(n) {
		return 0
	}
	return n
}

func (r *Ring[T]) lookForRoom() bool {
	r.putter.free = len(r.slots) - r.size().between(int(r.front.Load()), r.putter.own)
	return r.putter.free > 0
}

// publish moves the back on by n. If the ring is closed it wipes these slots
// instead and returns false.
func (r *Ring[T]) publish(n int) bool {
	next := r.size().add(r.putter.own, n)
	if !r.back.CompareAndSwap(uint64(r.putter.own)<<ringShift, uint64(next)<<ringShift) {
		wipe(r.slots, r.putter.own, n)
		return false
	}
	r.putter.own = next
	r.putter.free -= n
	return true
}

// TryTake is for the consumer.
func (r *Ring[T]) TryTake() (item T, ok bool) {
	r.consumer.enter()
	if r.taker.free == 0 && !r.lookForItems() {
		return item, false
	}
	at := &r.slots[r.size().slot(r.taker.own)]
	var none T
	item = *at
	*at = none
	r.release(1)
	return item, true
}

// TryTakeBatch is for the consumer. It makes room at once for what it took.
func (r *Ring[T]) TryTakeBatch(buf []T) int {
	r.consumer.enter()
	if r.taker.free < len(buf) {
		r.lookForItems()
	}
	n := min(r.taker.free, len(buf))
	if n == 0 {
		return 0
	}
	moveOut(r.slots, r.taker.own, buf[:n])
	r.release(n)
	return n
}

func (r *Ring[T]) lookForItems() bool {
	r.taker.free = r.size().between(r.taker.own, int(r.back.Load()>>ringShift))
	return r.taker.free > 0
}

// release moves the front on by n.
func (r *Ring[T]) release(n int) {
	r.taker.own = r.size().add(r.taker.own, n)
	r.taker.free -= n
	r.front.Store(uint64(r.taker.own))
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
