package catalogue

import "sync/atomic"

// Cell is a single-producer single-consumer queue for one item, kept by value.
// It carries a result from one goroutine to another. Its state is written by
// both sides, each time once.
type Cell[T any] struct {
	roles
	state atomic.Uint32 // cellFull, cellClosed
	item  T             // the consumer's while cellFull, else the producer's
}

const (
	cellFull   = 1 << 0
	cellClosed = 1 << 1
)

var _ Bounded[int] = (*Cell[int])(nil)

// NewCell returns an empty cell.
func NewCell[T any]() *Cell[T] { return &Cell[T]{} }

// TryPut is for the producer.
func (c *Cell[T]) TryPut(item T) bool {
	c.producer.enter()
	if c.state.Load() != 0 {
		return false
	}
	c.item = item
	if !c.state.CompareAndSwap(0, cellFull) { // closed meanwhile
		var none T
		c.item = none
		return false
	}
	return true
}

// TryPutBatch is for the producer; it puts in one item at most.
func (c *Cell[T]) TryPutBatch(items []T) int {
	if len(items) == 0 || !c.TryPut(items[0]) {
		return 0
	}
	return 1
}

// TryTake is for the consumer.
func (c *Cell[T]) TryTake() (item T, ok bool) {
	c.consumer.enter()
	if c.state.Load()&cellFull == 0 {
		return item, false
	}
	var none T
	item = c.item
	c.item = none
	c.state.And(^uint32(cellFull))
	return item, true
}

// TryTakeBatch is for the consumer; it takes one item at most.
func (c *Cell[T]) TryTakeBatch(buf []T) int { return takeOne(c, buf) }

// Close may be called from any goroutine.
func (c *Cell[T]) Close() { c.state.Or(cellClosed) }

// Closed may be called from any goroutine.
func (c *Cell[T]) Closed() bool { return c.state.Load()&cellClosed != 0 }

// Drained may be called from any goroutine.
func (c *Cell[T]) Drained() bool { return c.state.Load() == cellClosed }

// Len may be called from any goroutine.
func (c *Cell[T]) Len() int { return int(c.state.Load() & cellFull) }

// Cap returns 1.
func (c *Cell[T]) Cap() int { return 1 }

// takeOne is TryTakeBatch of a queue that holds one item at most.
func takeOne[T any](q Queue[T], buf []T) int {
	if len(buf) == 0 {
		return 0
	}
	item, ok := q.TryTake()
	if !ok {
		return 0
	}
	buf[0] = item
	return 1
}
