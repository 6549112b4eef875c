package process

import (
	"bytes"
	"io"
	"sync"
)

// chunkBytes is read at a time, and what a buffer shrinks back to.
const chunkBytes = 64 << 10

// readLines reads r to its end and emits the lines in it, without their
// newlines, as many at a time as have come. There is no limit to a line; a last
// one without a newline counts. The lines are the receiver's own.
//
// tail, if it is not nil, is told what stands behind the last newline.
func readLines(r io.Reader, emit func(lines [][]byte), tail *tail) {
	buf := make([]byte, 0, chunkBytes)
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		seen := len(buf) // no newline in what was there before
		n, err := r.Read(buf[seen:cap(buf)])
		buf = buf[:seen+n]
		if last := bytes.LastIndexByte(buf[seen:], '\n'); last >= 0 {
			whole := bytes.Clone(buf[:seen+last])
			rest := buf[seen+last+1:]
			if cap(buf) > chunkBytes && len(rest) < chunkBytes {
				buf = append(make([]byte, 0, chunkBytes), rest...)
			} else {
				buf = buf[:copy(buf, rest)]
			}
			emit(bytes.Split(whole, []byte{'\n'}))
		}
		tail.set(buf)
		if err != nil {
			if len(buf) > 0 {
				emit([][]byte{bytes.Clone(buf)})
			}
			tail.end()
			return
		}
	}
}

// tail is what a node has printed behind its last newline. A nil one keeps
// nothing.
type tail struct {
	mu   sync.Mutex
	head []byte // the beginning of it
	size int
	over bool // nothing more comes
}

// tailHeadBytes of it are kept.
const tailHeadBytes = 1 << 10

func (t *tail) set(text []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head, t.size = append(t.head[:0], text[:min(len(text), tailHeadBytes)]...), len(text)
}

// end notes that the stream has ended.
func (t *tail) end() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over, t.size = true, 0 // the last line counts
}

// ended says whether the stream has ended.
func (t *tail) ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over
}

// get returns the beginning of it, and how long it is.
func (t *tail) get() (head []byte, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.head), t.size
}
