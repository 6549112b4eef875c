package process

import (
	"bytes"
	"io"
)

// chunkBytes is read at a time, and what a buffer shrinks back to.
const chunkBytes = 64 << 10

// readLines reads r to its end and emits the lines in it, without their
// newlines, as many at a time as have come. There is no limit to a line; a last
// one without a newline counts. The lines are the receiver's own.
func readLines(r io.Reader, emit func(lines [][]byte)) {
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
		if err != nil {
			if len(buf) > 0 {
				emit([][]byte{bytes.Clone(buf)})
			}
			return
		}
	}
}
