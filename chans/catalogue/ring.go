package catalogue

import "sync/atomic"

// Ring is a bounded single-producer single-consumer queue. Each side writes
// one position, and reads the other's only when what it saw of it last is used
// up; so while the ring is neither full nor empty the sides do not meet.
//
// A call for one item writes a slot and a position and nothing else: what is
// written before the position is published is what publishing waits for.
type Ring[T any] struct {
	slots []T

	_       pad
	back    atomic.Uint64 // position of the next put, and whether it is closed; see ringClosed
	putEnd  int           // position at which the producer has to look for room again
	_       pad
	front   atomic.Uint64 // position of the next take
	takeEnd int           // position at which the consumer has to look for items again
	_       pad
	roles   // written in debug builds only
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
	return &Ring[T]{slots: make([]T, capacity), putEnd: capacity}
}

func (r *Ring[T]) size() doubled { return doubled(len(r.slots)) }

// TryPut is for the producer.
func (r *Ring[T]) TryPut(item T) bool {
	r.producer.enter()
	open := r.back.Load() &^ ringClosed
	own := int(open >> ringShift)
	if own == r.putEnd && r.lookForRoom(own) == 0 {
		return false
	}
	slot := r.size().slot(own)
	r.slots[slot] = item
	if !r.back.CompareAndSwap(open, uint64(r.size().add(own, 1))<<ringShift) {
		wipe(r.slots, own, 1)
		return false
	}
	return true
}

// TryPutBatch is for the producer. It publishes the batch at once.
func (r *Ring[T]) TryPutBatch(items []T) int {
	r.producer.enter()
	open := r.back.Load() &^ ringClosed
	own := int(open >> ringShift)
	free := r.size().between(own, r.putEnd)
	if free < len(items) {
		free = r.lookForRoom(own)
	}
	n := min(free, len(items))
	if n == 0 {
		return 0
	}
	copyIn(r.slots, own, items[:n])
	if !r.back.CompareAndSwap(open, uint64(r.size().add(own, n))<<ringShift) {
		wipe(r.slots, own, n)
		return 0
	}
	return n
}

// lookForRoom returns how many slots are free from the producer's position on.
func (r *Ring[T]) lookForRoom(own int) int {
	r.putEnd = r.size().add(int(r.front.Load()), len(r.slots))
	return r.size().between(own, r.putEnd)
}

// TryTake is for the consumer.
func (r *Ring[T]) TryTake() (item T, ok bool) {
	r.consumer.enter()
	own := int(r.front.Load())
	if own == r.takeEnd && r.lookForItems(own) == 0 {
		return item, false
	}
	at := &r.slots[r.size().slot(own)]
	var none T
	item = *at
	*at = none
	r.front.Store(uint64(r.size().add(own, 1)))
	return item, true
}

// TryTakeBatch is for the consumer. It makes room at once for what it took.
func (r *Ring[T]) TryTakeBatch(buf []T) int {
	r.consumer.enter()
	own := int(r.front.Load())
	there := r.size().between(own, r.takeEnd)
	if there < len(buf) {
		there = r.lookForItems(own)
	}
	n := min(there, len(buf))
	if n == 0 {
		return 0
	}
	moveOut(r.slots, own, buf[:n])
	r.front.Store(uint64(r.size().add(own, n)))
	return n
}

// lookForItems returns how many items there are from the consumer's position on.
func (r *Ring[T]) lookForItems(own int) int {
	r.takeEnd = int(r.back.Load() >> ringShift)
	return r.size().between(own, r.takeEnd)
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
