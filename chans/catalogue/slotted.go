package catalogue

import "sync/atomic"

// Slotted is a bounded queue for many producers and many consumers without a
// lock: each slot says whose turn it is. A put or a take claims the next
// position with one swap and then passes the slot's turn on. It is the fastest
// item by item, and has no faster way for batches.
//
// Who stops between the two steps holds that slot, so a put may find the queue
// full, or a take find it empty, while others are in the middle of theirs.
type Slotted[T any] struct {
	slotted[T]
	front atomic.Uint64 // place of the next take
	_     pad
}

// SlottedSingle is Slotted for a single consumer, which saves it the swap.
type SlottedSingle[T any] struct {
	slotted[T]
	front uint64 // the consumer's: place of its next take
	roles
	seen atomic.Uint64 // front, for others
	_    pad
}

// slotted is what the two have in common: the slots and the producers' side.
type slotted[T any] struct {
	slots []turn[T]
	_     pad
	back  atomic.Uint64 // place of the next put, placeClosed
	_     pad
}

// turn is a slot with the number of its turn: twice the round for the put of
// that round, one more for its take. Numbers wrap around.
type turn[T any] struct {
	number atomic.Uint32
	item   T
}

// A place is a round and a slot in it, so that any number of slots will do and
// nothing is divided.
const (
	placeClosed = 1 << 0
	placeSlot   = 1 << 1  // one more slot
	placeRound  = 1 << 32 // one more round
	slotBits    = 31
)

var (
	_ Bounded[int] = (*Slotted[int])(nil)
	_ Bounded[int] = (*SlottedSingle[int])(nil)
)

// NewSlotted returns an empty queue. It panics if capacity is below 1.
func NewSlotted[T any](capacity int) *Slotted[T] {
	checkCapacity(capacity, 1<<slotBits-1)
	return &Slotted[T]{slotted: slotted[T]{slots: make([]turn[T], capacity)}}
}

// NewSlottedSingle returns an empty queue. It panics if capacity is below 1.
func NewSlottedSingle[T any](capacity int) *SlottedSingle[T] {
	checkCapacity(capacity, 1<<slotBits-1)
	return &SlottedSingle[T]{slotted: slotted[T]{slots: make([]turn[T], capacity)}}
}

// slotOf returns the index of the slot of a place.
func slotOf(place uint64) int { return int(uint32(place) >> 1) }

// turnOf returns the number of the turn of a put into a place.
func turnOf(place uint64) uint32 { return uint32(place>>32) << 1 }

// after returns the place that follows one.
func (q *slotted[T]) after(place uint64) uint64 {
	if slotOf(place) == len(q.slots)-1 {
		return (place | (placeRound - 1)) + 1
	}
	return place + placeSlot
}

// TryPut may be called from any goroutine.
func (q *slotted[T]) TryPut(item T) bool {
	for {
		place := q.back.Load()
		if place&placeClosed != 0 {
			return false
		}
		s, want := &q.slots[slotOf(place)], turnOf(place)
		switch ahead := int32(s.number.Load() - want); {
		case ahead < 0: // the round before is not taken yet
			return false
		case ahead == 0 && q.back.CompareAndSwap(place, q.after(place)):
			s.item = item
			s.number.Store(want + 1)
			return true
		}
	}
}

// TryPutBatch may be called from any goroutine.
func (q *slotted[T]) TryPutBatch(items []T) int {
	for i, item := range items {
		if !q.TryPut(item) {
			return i
		}
	}
	return len(items)
}

// Close may be called from any goroutine.
func (q *slotted[T]) Close() { q.back.Or(placeClosed) }

// Closed may be called from any goroutine.
func (q *slotted[T]) Closed() bool { return q.back.Load()&placeClosed != 0 }

// Cap returns the capacity, in items.
func (q *slotted[T]) Cap() int { return len(q.slots) }

// length returns how many items there are, for any goroutine.
func (q *slotted[T]) length(front *atomic.Uint64) int {
	size := doubled(len(q.slots))
	position := func(place uint64) int { return int(place>>32&1)*len(q.slots) + slotOf(place) }
	return size.length(func() (int, int) { return position(front.Load()), position(q.back.Load()) })
}

// TryTake may be called from any goroutine.
func (q *Slotted[T]) TryTake() (item T, ok bool) {
	for {
		place := q.front.Load()
		s, want := &q.slots[slotOf(place)], turnOf(place)+1
		switch ahead := int32(s.number.Load() - want); {
		case ahead < 0: // nothing is in it yet
			return item, false
		case ahead == 0 && q.front.CompareAndSwap(place, q.after(place)):
			return s.take(want), true
		}
	}
}

// take moves the item out and gives the slot to the put of the next round.
func (s *turn[T]) take(number uint32) (item T) {
	var none T
	item, s.item = s.item, none
	s.number.Store(number + 1)
	return item
}

// TryTakeBatch may be called from any goroutine.
func (q *Slotted[T]) TryTakeBatch(buf []T) int {
	for i := range buf {
		item, ok := q.TryTake()
		if !ok {
			return i
		}
		buf[i] = item
	}
	return len(buf)
}

// Drained may be called from any goroutine. A put that began before Close
// counts as an item that is in.
func (q *Slotted[T]) Drained() bool {
	back := q.back.Load() // stays as it is once it is closed
	return back&placeClosed != 0 && q.front.Load() == back&^placeClosed
}

// Len may be called from any goroutine.
func (q *Slotted[T]) Len() int { return q.length(&q.front) }

// TryTake is for the consumer.
func (q *SlottedSingle[T]) TryTake() (item T, ok bool) {
	q.consumer.enter()
	s, want := &q.slots[slotOf(q.front)], turnOf(q.front)+1
	if s.number.Load() != want {
		return item, false
	}
	q.front = q.after(q.front)
	q.seen.Store(q.front)
	return s.take(want), true
}

// TryTakeBatch is for the consumer.
func (q *SlottedSingle[T]) TryTakeBatch(buf []T) int {
	q.consumer.enter()
	for i := range buf {
		s, want := &q.slots[slotOf(q.front)], turnOf(q.front)+1
		if s.number.Load() != want {
			buf = buf[:i]
			break
		}
		q.front = q.after(q.front)
		buf[i] = s.take(want)
	}
	if len(buf) > 0 {
		q.seen.Store(q.front)
	}
	return len(buf)
}

// Drained may be called from any goroutine.
func (q *SlottedSingle[T]) Drained() bool {
	back := q.back.Load() // stays as it is once it is closed
	return back&placeClosed != 0 && q.seen.Load() == back&^placeClosed
}

// Len may be called from any goroutine.
func (q *SlottedSingle[T]) Len() int { return q.length(&q.seen) }
