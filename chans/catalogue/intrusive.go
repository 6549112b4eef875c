package catalogue

import "sync/atomic"

// Node is an item that carries its own link. Whoever has it owns it: the
// caller of TryPut until that returned true, the queue until TryTake returned
// it. It may be put in again, in any queue, once it was taken.
type Node[T any] struct {
	Item T
	next atomic.Pointer[Node[T]]
}

// Intrusive is an unbounded queue of nodes for many producers and a single
// consumer. It allocates nothing and copies no item; what bounds it is the
// number of nodes its callers have.
//
// Producers swing last to their node and then link the one before to it.
// Between the two the queue ends there for the consumer.
type Intrusive[T any] struct {
	last  atomic.Pointer[Node[T]] // the node put in last; end once closed and no put is on its way
	_     pad
	first *Node[T] // the consumer's: the next node, or stub
	roles
	stub Node[T] // in the list when nothing else is
	end  Node[T] // the last one ever
}

var _ Queue[*Node[int]] = (*Intrusive[int])(nil)

// NewIntrusive returns an empty queue.
func NewIntrusive[T any]() *Intrusive[T] {
	q := &Intrusive[T]{}
	q.first = &q.stub
	q.last.Store(&q.stub)
	return q
}

// TryPut may be called from any goroutine. It returns false only if the queue
// is closed.
func (q *Intrusive[T]) TryPut(n *Node[T]) bool { return q.link(n, n) }

// TryPutBatch may be called from any goroutine. It puts in all nodes or, if
// the queue is closed, none. Nothing of another producer comes between them.
func (q *Intrusive[T]) TryPutBatch(nodes []*Node[T]) int {
	if len(nodes) == 0 {
		return 0
	}
	for i, n := range nodes[1:] {
		nodes[i].next.Store(n)
	}
	if !q.link(nodes[0], nodes[len(nodes)-1]) {
		for _, n := range nodes {
			n.next = atomic.Pointer[Node[T]]{}
		}
		return 0
	}
	return len(nodes)
}

// link appends a chain, unless the queue is closed.
func (q *Intrusive[T]) link(first, last *Node[T]) bool {
	last.next = atomic.Pointer[Node[T]]{} // it is the caller's still
	for {
		// A plain swap would be wait-free, but could not be refused.
		before := q.last.Load()
		if before == &q.end {
			return false
		}
		if q.last.CompareAndSwap(before, last) {
			before.next.Store(first)
			return true
		}
	}
}

// TryTake is for the consumer. It returns false also while the producer of the
// next node is in the middle of its put.
func (q *Intrusive[T]) TryTake() (*Node[T], bool) {
	q.consumer.enter()
	first := q.first
	next := first.next.Load()
	if first == &q.stub {
		if next == nil {
			return nil, false
		}
		q.stub.next = atomic.Pointer[Node[T]]{} // or it keeps that node alive
		q.first, first, next = next, next, next.next.Load()
	}
	if first == &q.end {
		return nil, false
	}
	if next == nil {
		// It is the last, and a list cannot be without a node: the stub follows
		// it, if no other node is about to.
		if q.last.Load() != first {
			return nil, false
		}
		q.link(&q.stub, &q.stub)
		if next = first.next.Load(); next == nil {
			return nil, false
		}
	}
	q.first = next
	first.next = atomic.Pointer[Node[T]]{} // its owner would keep the others alive
	return first, true
}

// TryTakeBatch is for the consumer.
func (q *Intrusive[T]) TryTakeBatch(buf []*Node[T]) int {
	for i := range buf {
		n, ok := q.TryTake()
		if !ok {
			return i
		}
		buf[i] = n
	}
	return len(buf)
}

// Close may be called from any goroutine.
func (q *Intrusive[T]) Close() {
	for {
		before := q.last.Load()
		if before == &q.end {
			return
		}
		if q.last.CompareAndSwap(before, &q.end) {
			before.next.Store(&q.end)
			return
		}
	}
}

// Closed may be called from any goroutine.
func (q *Intrusive[T]) Closed() bool { return q.last.Load() == &q.end }

// Drained is for the consumer.
func (q *Intrusive[T]) Drained() bool {
	q.consumer.enter()
	return q.first == &q.end || q.first == &q.stub && q.stub.next.Load() == &q.end
}
