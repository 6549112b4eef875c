package catalogue

import (
	"math"
	"sync/atomic"
)

// Pooled is a bounded queue for many producers and a single consumer: a list of
// nodes from a pool of its own, which is a lock-free stack. The queue is full
// when the pool is empty.
//
// Nodes are named by number, so that a number and a count fit into one word
// and the stack can tell a node that came back from one that never left.
type Pooled[T any] struct {
	nodes []pooledNode[T] // the first one is nobody's: 0 is no node

	_     pad
	free  atomic.Uint64 // puts begun so far (31 bits), poolClosed, the top of the pool (32 bits)
	_     pad
	last  atomic.Uint32 // the node put in last
	_     pad
	first uint32        // the consumer's: the node taken last
	taken atomic.Uint32 // items taken so far
	roles
}

type pooledNode[T any] struct {
	next  atomic.Uint32 // in the queue; 0: none yet
	under atomic.Uint32 // in the pool; 0: none
	item  T
}

const (
	poolTop    = 1<<32 - 1
	poolClosed = 1 << 32
	poolPut    = 1 << 33 // one more put
	putsMask   = 1<<31 - 1
)

var _ Bounded[int] = (*Pooled[int])(nil)

// NewPooled returns an empty queue. It panics if capacity is below 1.
func NewPooled[T any](capacity int) *Pooled[T] {
	checkCapacity(capacity, math.MaxInt32-2)
	q := &Pooled[T]{nodes: make([]pooledNode[T], capacity+2)}
	for i := 2; i < len(q.nodes)-1; i++ {
		q.nodes[i].under.Store(uint32(i + 1))
	}
	q.free.Store(2)
	q.last.Store(1)
	q.first = 1
	return q
}

// TryPut may be called from any goroutine.
func (q *Pooled[T]) TryPut(item T) bool {
	i := q.pop()
	if i == 0 {
		return false
	}
	n := &q.nodes[i]
	n.item = item
	n.next = atomic.Uint32{} // the node is this caller's alone
	before := q.last.Swap(i)
	q.nodes[before].next.Store(i)
	return true
}

// TryPutBatch may be called from any goroutine.
func (q *Pooled[T]) TryPutBatch(items []T) int {
	for i, item := range items {
		if !q.TryPut(item) {
			return i
		}
	}
	return len(items)
}

// pop takes a node out of the pool. It returns 0 if there is none, or the queue
// is closed.
func (q *Pooled[T]) pop() uint32 {
	for {
		word := q.free.Load()
		top := uint32(word & poolTop)
		if top == 0 || word&poolClosed != 0 {
			return 0
		}
		// Another may have taken the node by now, and what is under it may have
		// changed; but then the puts have changed too.
		under := q.nodes[top].under.Load()
		if q.free.CompareAndSwap(word, (word+poolPut)&^poolTop|uint64(under)) {
			return top
		}
	}
}

// push puts a chain of nodes, each under the one before, back into the pool.
func (q *Pooled[T]) push(top, bottom uint32) {
	for {
		word := q.free.Load()
		q.nodes[bottom].under.Store(uint32(word & poolTop))
		if q.free.CompareAndSwap(word, word&^poolTop|uint64(top)) {
			return
		}
	}
}

// TryTake is for the consumer. It returns false also while the producer of the
// next item is in the middle of its put.
func (q *Pooled[T]) TryTake() (T, bool) {
	q.consumer.enter()
	spent := q.first
	item, ok := q.step()
	if ok {
		q.taken.Store(q.taken.Load() + 1)
		q.push(spent, spent)
	}
	return item, ok
}

// TryTakeBatch is for the consumer. It gives all nodes back at once.
func (q *Pooled[T]) TryTakeBatch(buf []T) int {
	q.consumer.enter()
	top := q.first
	bottom := top
	for i := range buf {
		spent := q.first
		item, ok := q.step()
		if !ok {
			buf = buf[:i]
			break
		}
		if i > 0 {
			q.nodes[bottom].under.Store(spent)
		}
		bottom = spent
		buf[i] = item
	}
	if len(buf) > 0 {
		q.taken.Store(q.taken.Load() + uint32(len(buf)))
		q.push(top, bottom)
	}
	return len(buf)
}

// step moves on to the next node and wipes it; the one before is spent.
func (q *Pooled[T]) step() (item T, ok bool) {
	next := q.nodes[q.first].next.Load()
	if next == 0 {
		return item, false
	}
	q.first = next
	var none T
	item, q.nodes[next].item = q.nodes[next].item, none
	return item, true
}

// Close may be called from any goroutine.
func (q *Pooled[T]) Close() { q.free.Or(poolClosed) }

// Closed may be called from any goroutine.
func (q *Pooled[T]) Closed() bool { return q.free.Load()&poolClosed != 0 }

// Drained may be called from any goroutine. A put that took its node before
// Close counts as an item that is in.
func (q *Pooled[T]) Drained() bool { return q.Closed() && q.Len() == 0 }

// Len may be called from any goroutine.
func (q *Pooled[T]) Len() int {
	// Taken first: it can only fall behind.
	taken := q.taken.Load()
	puts := uint32(q.free.Load() >> 33)
	return min(int((puts-taken)&putsMask), q.Cap())
}

// Cap returns the capacity, in items.
func (q *Pooled[T]) Cap() int { return len(q.nodes) - 2 }
