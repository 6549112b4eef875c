package chans

import "time"

// smallestRing is the number of slots of the first allocation, and largestKept
// the number up to which an emptied ring keeps its slots. A burst beyond that
// has to allocate again, which doubling makes a constant cost per item; below
// it nothing is ever allocated twice.
const (
	smallestRing = 16
	largestKept  = 1024
)

// slot is an item and the time it was put in.
type slot[T any] struct {
	item T
	at   time.Duration
}

// ring is a first-in first-out store of at most limit slots. It is not safe
// for concurrent use. Its zero value with a limit is ready and holds no memory.
type ring[T any] struct {
	slots []slot[T]
	front int // index of the oldest
	count int
	limit int
}

// push appends an item. The caller has made sure that count < limit.
func (r *ring[T]) push(item T, at time.Duration) {
	if r.count == len(r.slots) {
		r.grow()
	}
	back := r.front + r.count
	if back >= len(r.slots) {
		back -= len(r.slots)
	}
	r.slots[back] = slot[T]{item, at}
	r.count++
}

// popInto moves the oldest slots to into, as many as there are or fit, and returns how many.
// It wipes them, so that the ring keeps nothing alive that was taken. The caller calls settle
// afterwards.
func (r *ring[T]) popInto(into []slot[T]) int {
	n := min(len(into), r.count)
	for done := 0; done < n; {
		part := r.slots[r.front:min(r.front+n-done, len(r.slots))]
		copy(into[done:], part)
		clear(part)
		done += len(part)
		if r.front += len(part); r.front == len(r.slots) {
			r.front = 0
		}
	}
	r.count -= n
	return n
}

// settle gives the slots back if the ring is empty and had grown large.
func (r *ring[T]) settle() {
	if r.count == 0 && len(r.slots) > largestKept {
		r.slots, r.front = nil, 0
	}
}

// oldest returns when the oldest item was put in. The caller has made sure
// that count > 0.
func (r *ring[T]) oldest() time.Duration { return r.slots[r.front].at }

// grow doubles the slots, up to the limit, and lays the items out from 0.
func (r *ring[T]) grow() {
	size := min(max(2*len(r.slots), smallestRing), r.limit)
	grown := make([]slot[T], size)
	n := copy(grown, r.slots[r.front:])
	copy(grown[n:], r.slots[:r.front])
	r.slots, r.front = grown, 0
}
