package process

import (
	"io"
	"sync"
)

// inbox is what waits to be written to a node's stdin: without bound, so that
// putting never blocks.
type inbox struct {
	mu      sync.Mutex
	pending []byte
	closed  bool
	wake    chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// put adds a line, newline included. It copies it.
func (b *inbox) put(line []byte) {
	b.mu.Lock()
	if !b.closed {
		b.pending = append(b.pending, line...)
	}
	b.mu.Unlock()
	b.poke()
}

func (b *inbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// close drops what waits, and ends drain.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed, b.pending = true, nil
	b.mu.Unlock()
	b.poke()
}

// drain writes what is put to w until the inbox is closed or w fails, which is
// what happens when the node is gone. Whatever has gathered is one write.
func (b *inbox) drain(w io.Writer) {
	var buf []byte
	for range b.wake {
		b.mu.Lock()
		closed := b.closed
		buf, b.pending = b.pending, buf[:0]
		b.mu.Unlock()
		if closed {
			return
		}
		if _, err := w.Write(buf); err != nil {
			b.close()
			return
		}
		if cap(buf) > chunkBytes {
			buf = nil // a burst must not be paid for until the end
		}
	}
}
