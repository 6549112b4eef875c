package harness

import (
	"bytes"
	"sync"
)

// offerRoomBytes is how much of what is offered waits beside the pipe itself: little,
// so that a latency is the node's and not the client's.
const offerRoomBytes = 4 << 10

// input is what waits to be written to a node's stdin.
type input struct {
	mu      sync.Mutex
	written []byte
	offered []byte
	closed  bool
	wake    chan struct{} // a token: there is something to do
}

// put queues lines, and reports false where there is no room for what is offered.
func (in *input) put(lines []byte, offer bool) bool {
	in.mu.Lock()
	switch {
	case !offer:
		in.written = append(in.written, lines...)
	case len(in.offered) > 0 && len(in.offered)+len(lines) > offerRoomBytes:
		in.mu.Unlock()
		return false
	default:
		in.offered = append(in.offered, lines...)
	}
	in.mu.Unlock()
	in.ring()
	return true
}

func (in *input) close() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.ring()
}

func (in *input) ring() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// take moves what waits into buf, written lines before offered ones; last says that
// nothing more will come.
func (in *input) take(buf []byte) (_ []byte, last bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	buf = append(append(buf[:0], in.written...), in.offered...)
	in.written, in.offered = in.written[:0], in.offered[:0]
	return buf, in.closed
}

// tailBytes is how much of a node's stderr is kept.
const tailBytes = 64 << 10

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = bytes.Clone(t.text[over:])
	}
	return len(text), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
