package catalogue

import "sync"

// cachedPerCapacity is how many queues of one capacity a Cache keeps.
const cachedPerCapacity = 100

// Cache keeps TwoLock queues that are no longer needed, by capacity, so that
// short-lived ones do not each cost an allocation. Its zero value is ready. Its
// methods may be called from any goroutine.
type Cache[T any] struct {
	mu   sync.Mutex
	kept map[int][]*TwoLock[T]
}

// Get returns an empty, open queue: a recycled one if there is one of exactly
// this capacity. It panics if capacity is below 1.
func (c *Cache[T]) Get(capacity int) *TwoLock[T] {
	c.mu.Lock()
	kept := c.kept[capacity]
	if len(kept) == 0 {
		c.mu.Unlock()
		return NewTwoLock[T](capacity)
	}
	last := len(kept) - 1
	q := kept[last]
	kept[last] = nil
	c.kept[capacity] = kept[:last]
	c.mu.Unlock()
	q.Reopen()
	return q
}

// Recycle closes q, drops what is in it, and keeps it for Get unless there are
// enough of its capacity. Nobody may use q any more, except through Get.
// Recycling it twice is ignored as long as it is kept.
func (c *Cache[T]) Recycle(q *TwoLock[T]) {
	q.Close()
	q.drop()
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.kept[q.Cap()]
	if len(kept) >= cachedPerCapacity {
		return
	}
	for _, other := range kept {
		if other == q {
			return
		}
	}
	if c.kept == nil {
		c.kept = make(map[int][]*TwoLock[T])
	}
	c.kept[q.Cap()] = append(kept, q)
}

// drop wipes what is in a closed queue.
func (q *TwoLock[T]) drop() {
	word := lockSide(&q.front)
	front, back := int(word>>sideShift), int(q.back.Load()>>sideShift)
	wipe(q.slots, front, q.size().between(front, back))
	q.there = 0
	q.front.Store(uint64(back) << sideShift)
}
