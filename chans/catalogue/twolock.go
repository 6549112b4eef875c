package catalogue

import (
	"runtime"
	"sync/atomic"
)

// TwoLock is a bounded queue for many producers and many consumers with a lock
// for each side, so that a put and a take do not meet while it is neither full
// nor empty. A batch costs one lock.
//
// A lock is one bit of the position that it guards: one swap takes it, and the
// store that publishes the new position gives it back. Who finds it taken spins
// for a while, as it is held for a few copies only, and then lets others run.
type TwoLock[T any] struct {
	slots []T

	_     pad
	back  atomic.Uint64 // position of the next put, sideClosed, sideLocked
	room  int           // slots known to be free, or fewer; guarded by back
	_     pad
	front atomic.Uint64 // position of the next take, sideLocked
	there int           // items known to be there, or fewer; guarded by front
	_     pad
}

const (
	sideLocked = 1 << 0
	sideClosed = 1 << 1
	sideShift  = 2
)

var _ Bounded[int] = (*TwoLock[int])(nil)

// NewTwoLock returns an empty queue. It panics if capacity is below 1. A Cache
// has used ones.
func NewTwoLock[T any](capacity int) *TwoLock[T] {
	checkCapacity(capacity, largestRing)
	return &TwoLock[T]{slots: make([]T, capacity), room: capacity}
}

func (q *TwoLock[T]) size() doubled { return doubled(len(q.slots)) }

// lockSide waits for the lock in a word and returns what else is in it. Storing
// that, or what comes after it, unlocks.
func lockSide(side *atomic.Uint64) uint64 {
	word := side.Load()
	if word&sideLocked == 0 && side.CompareAndSwap(word, word|sideLocked) {
		return word
	}
	return spinForSide(side)
}

// spinsBeforeYield is more than a copy of a few items takes.
const spinsBeforeYield = 64

func spinForSide(side *atomic.Uint64) uint64 {
	for {
		for range spinsBeforeYield {
			word := side.Load()
			if word&sideLocked == 0 && side.CompareAndSwap(word, word|sideLocked) {
				return word
			}
		}
		runtime.Gosched() // who holds it may be waiting for a processor
	}
}

// TryPut may be called from any goroutine.
func (q *TwoLock[T]) TryPut(item T) bool {
	word := lockSide(&q.back)
	back, size := int(word>>sideShift), q.size()
	if q.room == 0 {
		q.lookForRoom(back)
	}
	if word&sideClosed != 0 || q.room == 0 {
		q.back.Store(word)
		return false
	}
	q.room--
	q.slots[size.slot(back)] = item
	q.back.Store(uint64(size.add(back, 1)) << sideShift)
	return true
}

// TryPutBatch may be called from any goroutine. Nothing of another producer
// comes between the items that it puts in.
func (q *TwoLock[T]) TryPutBatch(items []T) int {
	word := lockSide(&q.back)
	back := int(word >> sideShift)
	if q.room < len(items) {
		q.lookForRoom(back)
	}
	n := min(q.room, len(items))
	if word&sideClosed != 0 || n == 0 {
		q.back.Store(word)
		return 0
	}
	q.room -= n
	copyIn(q.slots, back, items[:n])
	q.back.Store(uint64(q.size().add(back, n)) << sideShift)
	return n
}

// lookForRoom is called with the lock of the back.
func (q *TwoLock[T]) lookForRoom(back int) {
	q.room = len(q.slots) - q.size().between(int(q.front.Load()>>sideShift), back)
}

// TryTake may be called from any goroutine.
func (q *TwoLock[T]) TryTake() (item T, ok bool) {
	word := lockSide(&q.front)
	front, size := int(word>>sideShift), q.size()
	if q.there == 0 {
		if q.lookForItems(front); q.there == 0 {
			q.front.Store(word)
			return item, false
		}
	}
	q.there--
	at := &q.slots[size.slot(front)]
	var none T
	item = *at
	*at = none
	q.front.Store(uint64(size.add(front, 1)) << sideShift)
	return item, true
}

// TryTakeBatch may be called from any goroutine.
func (q *TwoLock[T]) TryTakeBatch(buf []T) int {
	word := lockSide(&q.front)
	front := int(word >> sideShift)
	if q.there < len(buf) {
		q.lookForItems(front)
	}
	n := min(q.there, len(buf))
	if n == 0 {
		q.front.Store(word)
		return 0
	}
	q.there -= n
	moveOut(q.slots, front, buf[:n])
	q.front.Store(uint64(q.size().add(front, n)) << sideShift)
	return n
}

// lookForItems is called with the lock of the front.
func (q *TwoLock[T]) lookForItems(front int) {
	q.there = q.size().between(front, int(q.back.Load()>>sideShift))
}

// Close may be called from any goroutine.
func (q *TwoLock[T]) Close() { q.back.Store(lockSide(&q.back) | sideClosed) }

// Closed may be called from any goroutine.
func (q *TwoLock[T]) Closed() bool { return q.back.Load()&sideClosed != 0 }

// Reopen opens a closed queue again for producers; what is in it stays. It
// returns false if it was open. It is for an owner that knows nobody still
// counts on the queue being drained.
func (q *TwoLock[T]) Reopen() bool {
	word := lockSide(&q.back)
	q.back.Store(word &^ sideClosed)
	return word&sideClosed != 0
}

// Drained may be called from any goroutine.
func (q *TwoLock[T]) Drained() bool {
	back := q.back.Load() // stays as it is once it is closed, but for the lock
	return back&sideClosed != 0 && q.front.Load()>>sideShift == back>>sideShift
}

// Len may be called from any goroutine.
func (q *TwoLock[T]) Len() int {
	return q.size().length(func() (front, back int) {
		return int(q.front.Load() >> sideShift), int(q.back.Load() >> sideShift)
	})
}

// Cap returns the capacity, in items.
func (q *TwoLock[T]) Cap() int { return len(q.slots) }
