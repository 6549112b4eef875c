package catalogue

import (
	"context"
	"runtime"
	"sync/atomic"
)

// Waiting is a Queue whose calls wait: for room, for an item, until it is
// closed or a context ends. Who may call what at the same time is the queue's
// shape. Close, Closed and the queue itself may be used beside it; but what is
// put in or taken past it wakes nobody.
//
// A wait begins with a few more tries, other goroutines running in between, and
// ends asleep. An item stays in the queue until the consumer that returns it
// takes it out, so a cancelled wait has no item to give back and none to lose.
type Waiting[T any] struct {
	queue   Queue[T]
	bounded Bounded[T] // the queue, if it has a capacity

	_     pad
	items gate // consumers sleep here
	_     pad
	room  gate // producers sleep here
	_     pad
}

// gate is where goroutines sleep until something may have become possible. Its
// channel holds one token. Who makes something possible leaves it, if anybody
// sleeps; who is woken by it and leaves more behind leaves it again. A sleeper
// is counted before it looks at the queue once more, and whoever changes the
// queue looks at the count after that: one of the two sees the other.
type gate struct {
	sleepers atomic.Int64
	tokens   chan struct{}
}

// wake is called after the queue was changed.
func (g *gate) wake() {
	if g.sleepers.Load() > 0 {
		select {
		case g.tokens <- struct{}{}:
		default:
		}
	}
}

// triesBeforeSleep is how often a caller tries again while others run. To be
// woken costs about as much as all of them.
const triesBeforeSleep = 4

// NewWaiting returns q with calls that wait.
func NewWaiting[T any](q Queue[T]) *Waiting[T] {
	w := &Waiting[T]{queue: q}
	w.bounded, _ = q.(Bounded[T])
	w.items.tokens = make(chan struct{}, 1)
	w.room.tokens = make(chan struct{}, 1)
	return w
}

// Put puts item in, waiting for room if it has to. It returns ErrClosed if the
// queue is closed and the context's error if that ends first; the item was then
// not put in. With room it succeeds even if ctx is done.
func (w *Waiting[T]) Put(ctx context.Context, item T) error {
	if w.queue.TryPut(item) {
		w.items.wake()
		return nil
	}
	return w.wait(ctx, &w.room, w.queue.Closed, w.hasRoom, func() bool {
		if !w.queue.TryPut(item) {
			return false
		}
		w.items.wake()
		return true
	})
}

// PutBatch puts all items in, in order, waiting for room as often as it has to.
// It returns how many were put in, the first ones, and the error of Put if not
// all were.
func (w *Waiting[T]) PutBatch(ctx context.Context, items []T) (int, error) {
	put := 0
	try := func() bool {
		n := w.queue.TryPutBatch(items[put:])
		if n == 0 {
			return false
		}
		put += n
		w.items.wake()
		return true
	}
	for put < len(items) {
		if try() {
			continue
		}
		if err := w.wait(ctx, &w.room, w.queue.Closed, w.hasRoom, try); err != nil {
			return put, err
		}
	}
	return put, nil
}

// Take takes the oldest item out, waiting for one if it has to. It returns
// ErrClosed when the queue is drained and the context's error if that ends
// first; an item that is there is returned even if ctx is done.
func (w *Waiting[T]) Take(ctx context.Context) (T, error) {
	item, ok := w.queue.TryTake()
	if ok {
		w.room.wake()
		return item, nil
	}
	return w.waitToTake(ctx)
}

func (w *Waiting[T]) waitToTake(ctx context.Context) (item T, err error) {
	err = w.wait(ctx, &w.items, w.queue.Drained, w.hasItems, func() (ok bool) {
		if item, ok = w.queue.TryTake(); ok {
			w.room.wake()
		}
		return ok
	})
	return item, err
}

// TakeBatch moves up to len(buf) items into buf, oldest first, and returns how
// many: at least one unless it returns an error, which is Take's. With an empty
// buf it returns at once.
func (w *Waiting[T]) TakeBatch(ctx context.Context, buf []T) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	if n := w.queue.TryTakeBatch(buf); n > 0 {
		w.room.wake()
		return n, nil
	}
	return w.waitToTakeBatch(ctx, buf)
}

func (w *Waiting[T]) waitToTakeBatch(ctx context.Context, buf []T) (n int, err error) {
	err = w.wait(ctx, &w.items, w.queue.Drained, w.hasItems, func() bool {
		if n = w.queue.TryTakeBatch(buf); n > 0 {
			w.room.wake()
		}
		return n > 0
	})
	return n, err
}

// Close closes the queue and wakes everybody who waits.
func (w *Waiting[T]) Close() {
	w.queue.Close()
	w.items.wake()
	w.room.wake()
}

// hasRoom and hasItems say whether there may be something for another sleeper.
// The consumer of a queue without a capacity is alone, its producers never
// sleep.
func (w *Waiting[T]) hasRoom() bool  { return w.bounded != nil && w.bounded.Len() < w.bounded.Cap() }
func (w *Waiting[T]) hasItems() bool { return w.bounded != nil && w.bounded.Len() > 0 }

// wait calls try until it returns true. It returns ErrClosed once over does
// instead.
func (w *Waiting[T]) wait(ctx context.Context, g *gate, over, more, try func() bool) error {
	for range triesBeforeSleep {
		runtime.Gosched()
		if try() {
			return nil
		}
	}
	g.sleepers.Add(1)
	defer g.sleepers.Add(-1)
	for {
		if try() {
			// The token may have stood for more than one item or place, or for
			// the end, which is everybody's.
			if more() || w.queue.Closed() {
				g.wake()
			}
			return nil
		}
		if over() {
			g.wake()
			return ErrClosed
		}
		select {
		case <-g.tokens:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
