package catalogue

import "sync/atomic"

// PointerCell is a single-producer single-consumer queue for one pointer. The
// pointer itself says whether it is full, so that a hand-over writes one word.
// A nil pointer cannot be put in.
type PointerCell[T any] struct {
	roles
	item    atomic.Pointer[T]
	closing atomic.Bool
	end     *T // in place of an item: closed and drained
}

var _ Bounded[*int] = (*PointerCell[int])(nil)

// NewPointerCell returns an empty cell.
func NewPointerCell[T any]() *PointerCell[T] {
	// Beside a byte even a T without a size has an address of its own.
	end := &struct {
		item T
		_    byte
	}{}
	return &PointerCell[T]{end: &end.item}
}

// TryPut is for the producer. It panics if item is nil.
func (c *PointerCell[T]) TryPut(item *T) bool {
	c.producer.enter()
	if item == nil {
		panic("catalogue: a nil pointer cannot be told from an empty cell")
	}
	// Without the second look a put could follow a Close that found the cell full.
	return c.item.Load() == nil && !c.closing.Load() && c.item.CompareAndSwap(nil, item)
}

// TryPutBatch is for the producer; it puts in one item at most.
func (c *PointerCell[T]) TryPutBatch(items []*T) int {
	if len(items) == 0 || !c.TryPut(items[0]) {
		return 0
	}
	return 1
}

// TryTake is for the consumer.
func (c *PointerCell[T]) TryTake() (*T, bool) {
	c.consumer.enter()
	item := c.item.Load()
	if item == nil || item == c.end {
		return nil, false
	}
	c.item.Store(nil)
	return item, true
}

// TryTakeBatch is for the consumer; it takes one item at most.
func (c *PointerCell[T]) TryTakeBatch(buf []*T) int { return takeOne(c, buf) }

// Close may be called from any goroutine.
func (c *PointerCell[T]) Close() {
	c.closing.Store(true)
	c.item.CompareAndSwap(nil, c.end)
}

// Closed may be called from any goroutine.
func (c *PointerCell[T]) Closed() bool { return c.closing.Load() }

// Drained may be called from any goroutine.
func (c *PointerCell[T]) Drained() bool {
	// The end is marked by Close, or here if Close found the cell full. A put
	// that began before Close either came before the mark or fails.
	return c.closing.Load() && (c.item.Load() == c.end || c.item.CompareAndSwap(nil, c.end))
}

// Len may be called from any goroutine.
func (c *PointerCell[T]) Len() int {
	if item := c.item.Load(); item == nil || item == c.end {
		return 0
	}
	return 1
}

// Cap returns 1.
func (c *PointerCell[T]) Cap() int { return 1 }
