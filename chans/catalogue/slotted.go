package catalogue

import (
	"runtime"
	"sort"
	"sync/atomic"
)

// Slotted is a bounded queue for many producers and many consumers without a
// lock: each slot says whose turn it is. A put or a take claims the next
// place with one swap and then passes the slot's turn on. It is the fastest
// item by item, and has no faster way for batches.
//
// Who loses a race for a place lets other goroutines run before it tries again:
// two that go for one end at a time are in each other's way, and one that does
// something else meanwhile, as a consumer instead of a second producer, is not.
//
// Who stops between the two steps holds that slot, so a put may find the queue
// full, or a take find it empty, while others are in the middle of theirs.
type Slotted[T any] struct {
	slotted[T]
	front atomic.Uint64 // place of the next take
	_     pad
}

// SlottedSingle is Slotted for a single consumer, which saves it the swap. Its
// place is nobody else's: what the others have to know is in the slots.
type SlottedSingle[T any] struct {
	slotted[T]
	front uint64 // the consumer's: place of its next take
	roles
	_ pad
}

// slotted is what the two have in common: the slots and the producers' side.
type slotted[T any] struct {
	slots []turn[T]
	_     pad
	back  atomic.Uint64 // place of the next put, placeClosed
	_     pad
}

// turn is a slot with the number of its turn: the place whose put it waits for,
// or one more when it waits for the take.
type turn[T any] struct {
	number atomic.Uint64
	item   T
}

// newSlotted returns slots that wait for the puts of the first lap.
func newSlotted[T any](capacity int) slotted[T] {
	checkCapacity(capacity, mostPlaces)
	slots := make([]turn[T], capacity)
	for i := range slots {
		slots[i].number.Store(uint64(i))
	}
	return slotted[T]{slots: slots}
}

var (
	_ Bounded[int] = (*Slotted[int])(nil)
	_ Bounded[int] = (*SlottedSingle[int])(nil)
)

// NewSlotted returns an empty queue. It panics if capacity is below 1.
func NewSlotted[T any](capacity int) *Slotted[T] {
	return &Slotted[T]{slotted: newSlotted[T](capacity)}
}

// NewSlottedSingle returns an empty queue. It panics if capacity is below 1.
func NewSlottedSingle[T any](capacity int) *SlottedSingle[T] {
	return &SlottedSingle[T]{slotted: newSlotted[T](capacity)}
}

// TryPut may be called from any goroutine.
func (q *slotted[T]) TryPut(item T) bool {
	place, slots := q.back.Load(), q.slots
	i := uint32(place)
	if int(i) >= len(slots) { // closed
		return false
	}
	s := &slots[i]
	if turn := s.number.Load(); turn == place {
		if q.back.CompareAndSwap(place, places(len(slots)).after(place)) {
			s.item = item
			s.number.Store(place + 1)
			return true
		}
	} else if int64(turn-place) < 0 { // the lap before is not taken yet
		return false
	}
	return q.putAgain(item)
}

// putAgain is apart, so that a put that loses no race pays nothing for it. One
// that loses many in a row is as many calls deep.
func (q *slotted[T]) putAgain(item T) bool {
	runtime.Gosched()
	return q.TryPut(item)
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

// TryTake may be called from any goroutine.
func (q *Slotted[T]) TryTake() (item T, ok bool) {
	place, slots := q.front.Load(), q.slots
	i := uint32(place)
	if int(i) >= len(slots) { // never; but no check of bounds has to be called
		return item, false
	}
	s := &slots[i]
	if turn := s.number.Load(); turn == place+1 {
		if q.front.CompareAndSwap(place, places(len(slots)).after(place)) {
			return s.take(place), true
		}
	} else if int64(turn-place) <= 0 { // nothing is in it yet
		return item, false
	}
	return q.takeAgain()
}

// takeAgain is for a take what putAgain is for a put.
func (q *Slotted[T]) takeAgain() (T, bool) {
	runtime.Gosched()
	return q.TryTake()
}

// take moves the item of a place out and gives the slot to the put of the next
// lap.
func (s *turn[T]) take(place uint64) (item T) {
	var none T
	item, s.item = s.item, none
	s.number.Store(place + placeLap)
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
func (q *Slotted[T]) Len() int {
	size := places(len(q.slots))
	return doubled(size).length(func() (front, back int) {
		return size.position(q.front.Load()), size.position(q.back.Load())
	})
}

// TryTake is for the consumer.
func (q *SlottedSingle[T]) TryTake() (item T, ok bool) {
	if ownersChecked {
		q.consumer.enter()
	}
	place, slots := q.front, q.slots
	s := &slots[slotOf(place)]
	if s.number.Load() != place+1 {
		return item, false
	}
	q.front = places(len(slots)).after(place)
	return s.take(place), true
}

// TryTakeBatch is for the consumer.
func (q *SlottedSingle[T]) TryTakeBatch(buf []T) int {
	for i := range buf {
		item, ok := q.TryTake()
		if !ok {
			return i
		}
		buf[i] = item
	}
	return len(buf)
}

// Drained is for the consumer. A put that began before Close counts as an item
// that is in.
func (q *SlottedSingle[T]) Drained() bool {
	q.consumer.enter()
	back := q.back.Load() // stays as it is once it is closed
	return back&placeClosed != 0 && q.front == back&^placeClosed
}

// Len may be called from any goroutine. It looks at some of the slots, as many
// as the number of all has bits: those of the last lap before the next put were
// emptied from the oldest on.
func (q *SlottedSingle[T]) Len() int {
	back := q.back.Load() &^ placeClosed
	oldest, size := back-placeLap, places(len(q.slots))
	return len(q.slots) - sort.Search(len(q.slots), func(n int) bool {
		place := size.add(oldest, n)
		return int64(q.slots[slotOf(place)].number.Load()-place) <= 1
	})
}
