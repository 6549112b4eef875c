package chans

// An Inbox takes up to batchSize items from its queue under one lock. It begins
// with room for firstBatch, and doubles it while there is more: a queue that is
// never long costs little.
const (
	firstBatch = 4
	batchSize  = 64
)

// Inbox is a consumer's hold on a queue. It takes items in batches and hands
// them out one at a time; an item counts in the queue's depth until it is
// handled, which is when Done or TryNext is called after it.
//
// It belongs to the broker, not to the service that reads it: if that crashes,
// Abandon is called, and the next instance of the service goes on with what
// the last one left, in order.
//
// One goroutine at a time may use an Inbox; Lost may be called from any.
type Inbox[T any] struct {
	q      *Queue[T]
	batch  []slot[T]
	next   int // first of the batch that was not handed out
	end    int // end of the batch
	inHand bool
}

func newInbox[T any](q *Queue[T]) *Inbox[T] {
	return &Inbox[T]{q: q, batch: make([]slot[T], min(firstBatch, q.Capacity()))}
}

// Name returns the name of the queue.
func (b *Inbox[T]) Name() string { return b.q.Name() }

// TryNext returns the oldest item, or false if there is none now.
func (b *Inbox[T]) TryNext() (T, bool) {
	b.Done()
	if b.next == b.end {
		b.fill()
	}
	if b.next == b.end {
		var none T
		return none, false
	}
	return b.handOut(), true
}

// Done says that the item handed out last is handled. TryNext implies it; a
// consumer that goes on to wait for something else says it itself.
func (b *Inbox[T]) Done() {
	if !b.inHand {
		return
	}
	b.inHand = false
	if b.next < b.end {
		b.q.heldAt.Store(int64(b.batch[b.next].at))
	} else {
		clear(b.batch[:b.end]) // nothing keeps the items alive any more
	}
	b.q.release()
}

// Abandon says that the consumer is gone, and with it the item it had in hand,
// which is counted as lost. It returns that item, so that its requester can
// be answered, and false if there was none. Everything behind the item is there for the
// next consumer.
func (b *Inbox[T]) Abandon() (lost T, was bool) {
	// The consumer may have received a token and crashed before it used it.
	defer signal(b.q.ready)
	if !b.inHand {
		return lost, false
	}
	b.q.lost.Add(1)
	lost = b.batch[b.next-1].item
	b.Done()
	return lost, true
}

// Lost returns how many items were in hand when a consumer crashed.
func (b *Inbox[T]) Lost() uint64 { return b.q.lost.Load() }

// Depth is the queue's Depth.
func (b *Inbox[T]) Depth() int { return b.q.Depth() }

// Drained says whether the queue is closed and every item in it was handled.
func (b *Inbox[T]) Drained() bool { return b.q.Drained() }

// fill takes the next batch; the last one was handed out completely.
func (b *Inbox[T]) fill() {
	if len(b.batch) < batchSize && b.end == len(b.batch) && b.q.Depth() > len(b.batch) {
		b.batch = make([]slot[T], min(2*len(b.batch), batchSize, b.q.Capacity()))
	}
	b.next = 0
	b.end = b.q.hold(b.batch)
}

// handOut returns the next item of the batch, which is not empty.
func (b *Inbox[T]) handOut() T {
	item := b.batch[b.next].item
	b.next++
	b.inHand = true
	if b.next < b.end || b.q.Depth() > 1 { // more than the one in hand
		signal(b.q.ready)
	}
	return item
}
