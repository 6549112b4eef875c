package catalogue

import "sync/atomic"

// Ring is a bounded single-producer single-consumer queue. Each side writes
// one place, and reads the other's only when what it saw of it last is used
// up; so while the ring is neither full nor empty the sides do not meet.
//
// A call for one item writes a slot and a place and nothing else: what is
// written before the place is published is what publishing waits for. What
// remains is so little that a call of a function would show. TryPut and TryTake
// just fit into what the compiler inlines, which is why they are written out
// and use functions on plain words: a method counts for more there.
type Ring[T any] struct {
	back   uint64 // place of the next put, placeClosed; for atomic calls only
	putEnd uint64 // place at which the producer has to look for room again
	_      pad

	// Those of the consumer are a lap ahead: where the room ends.
	front   uint64 // place of the next take; for atomic calls only
	takeEnd uint64 // place at which the consumer has to look for items again
	_       pad

	slots []T
	last  uint32 // index of the last slot
	none  T      // what is in a slot without an item
	_     pad

	roles // written in debug builds only
}

var _ Bounded[int] = (*Ring[int])(nil)

// NewRing returns an empty ring. It panics if capacity is below 1.
func NewRing[T any](capacity int) *Ring[T] {
	checkCapacity(capacity, mostPlaces)
	return &Ring[T]{slots: make([]T, capacity), last: uint32(capacity - 1), putEnd: placeLap, front: placeLap, takeEnd: placeLap}
}

// TryPut is for the producer. It publishes by compare-and-swap from an open
// back, so it is either before the Close or has not happened. That costs what
// an atomic store does.
func (r *Ring[T]) TryPut(item T) (ok bool) {
	if ownersChecked {
		r.producer.enter()
	}
	own, slots := atomic.LoadUint64(&r.back), r.slots
	if own == r.putEnd {
		if r.putEnd = atomic.LoadUint64(&r.front); own == r.putEnd {
			return
		}
	}
	// A closed place has an index beyond all slots.
	if i, end := uint32(own), own; int(i) < len(slots) {
		if i == r.last {
			end |= placeSlots
		}
		slots[i] = item
		if ok = atomic.CompareAndSwapUint64(&r.back, own, end+1); !ok {
			slots[i] = r.none
		}
	}
	return
}

// TryPutBatch is for the producer. It publishes the batch at once.
func (r *Ring[T]) TryPutBatch(items []T) int {
	r.producer.enter()
	own := atomic.LoadUint64(&r.back)
	if own&placeClosed != 0 {
		return 0
	}
	size := places(len(r.slots))
	if size.between(own, r.putEnd) < len(items) {
		r.putEnd = atomic.LoadUint64(&r.front)
	}
	n := min(size.between(own, r.putEnd), len(items))
	if n == 0 {
		return 0
	}
	copyIn(r.slots, slotOf(own), items[:n])
	if !atomic.CompareAndSwapUint64(&r.back, own, size.add(own, n)) {
		wipe(r.slots, slotOf(own), n)
		return 0
	}
	return n
}

// TryTake is for the consumer.
func (r *Ring[T]) TryTake() (none T, ok bool) {
	if ownersChecked {
		r.consumer.enter()
	}
	own, slots := atomic.LoadUint64(&r.front), r.slots
	if own == r.takeEnd {
		if r.takeEnd = atomic.LoadUint64(&r.back)&^placeClosed + placeLap; own == r.takeEnd {
			return
		}
	}
	if i := uint32(own); int(i) < len(slots) { // always; but no check of bounds has to be called
		if i == r.last {
			own |= placeSlots
		}
		item := slots[i]
		slots[i] = none
		atomic.StoreUint64(&r.front, own+1)
		return item, true
	}
	return
}

// TryTakeBatch is for the consumer. It makes room at once for what it took.
func (r *Ring[T]) TryTakeBatch(buf []T) int {
	r.consumer.enter()
	own := atomic.LoadUint64(&r.front)
	size := places(len(r.slots))
	if size.between(own, r.takeEnd) < len(buf) {
		r.takeEnd = atomic.LoadUint64(&r.back)&^placeClosed + placeLap
	}
	n := min(size.between(own, r.takeEnd), len(buf))
	if n == 0 {
		return 0
	}
	moveOut(r.slots, slotOf(own), buf[:n])
	atomic.StoreUint64(&r.front, size.add(own, n))
	return n
}

// Close may be called from any goroutine.
func (r *Ring[T]) Close() { atomic.OrUint64(&r.back, placeClosed) }

// Closed may be called from any goroutine.
func (r *Ring[T]) Closed() bool { return atomic.LoadUint64(&r.back)&placeClosed != 0 }

// Drained may be called from any goroutine.
func (r *Ring[T]) Drained() bool {
	back := atomic.LoadUint64(&r.back) // stays as it is once it is closed
	return back&placeClosed != 0 && atomic.LoadUint64(&r.front) == back&^placeClosed+placeLap
}

// Len may be called from any goroutine.
func (r *Ring[T]) Len() int {
	size := places(len(r.slots))
	return doubled(size).length(func() (front, back int) {
		return size.position(atomic.LoadUint64(&r.front) - placeLap), size.position(atomic.LoadUint64(&r.back))
	})
}

// Cap returns the capacity, in items.
func (r *Ring[T]) Cap() int { return len(r.slots) }
