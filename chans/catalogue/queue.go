package catalogue

import (
	"errors"
	"fmt"
)

// ErrClosed is returned by the calls of Waiting: by puts once the queue is
// closed, by takes once it is drained too.
var ErrClosed = errors.New("queue is closed")

// Queue is a first-in first-out queue none of whose calls waits. Who may call
// what at the same time is the implementation's shape; Close and Closed may be
// called from any goroutine.
type Queue[T any] interface {
	// TryPut puts item in. It returns false if the queue is full or closed.
	TryPut(item T) bool
	// TryPutBatch puts in as many of the items as there is room for, the first
	// ones, and returns how many. None if the queue is closed.
	TryPutBatch(items []T) int
	// TryTake takes the oldest item out. It returns false if there is none.
	TryTake() (T, bool)
	// TryTakeBatch moves up to len(buf) items into buf, oldest first, and
	// returns how many.
	TryTakeBatch(buf []T) int
	// Close ends the queue for producers; what is in it can still be taken. It
	// may be called more than once.
	Close()
	// Closed says whether Close was called: no put succeeds any more.
	Closed() bool
	// Drained says whether the queue is closed and everything was taken, for
	// good. It is for consumers.
	Drained() bool
}

// Bounded is a Queue with a capacity.
type Bounded[T any] interface {
	Queue[T]
	// Len returns the number of items in the queue, between 0 and Cap, from any
	// goroutine. Beside calls that run at the same time it is a guess.
	Len() int
	// Cap returns the number of items for which there is room in all.
	Cap() int
}

// pad keeps apart what different goroutines write. It is two cache lines of
// most processors, because they fetch lines in pairs, and one of others.
type pad [128]byte

// checkCapacity panics on a capacity that no queue can have; it is a mistake in
// a program and not in its input.
func checkCapacity(capacity, largest int) {
	if capacity < 1 || capacity > largest {
		panic(fmt.Sprintf("catalogue: capacity %d: make it 1 to %d", capacity, largest))
	}
}
