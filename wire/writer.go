package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// writerBytes is how much the writer holds before it writes by itself: the
	// capacity of a pipe.
	writerBytes = 64 << 10
	// directBytes is the size from which on a part is written from where it is,
	// not copied into the buffer.
	directBytes = 16 << 10
)

// ErrBody is the error for a body that is not spelt as an object. Such a line
// would make Maelstrom ignore the node for the rest of the run.
var ErrBody = errors.New("body is not an object")

// Writer writes messages as lines. What it holds is written when it grows
// beyond about 64 KiB, and by Flush, which the caller should call when nothing
// more is waiting to be written. Make one with [NewWriter]; it is for one
// goroutine at a time.
//
// After an error of the stream, which may have left part of a line there,
// every call returns that error.
type Writer struct {
	dst io.Writer
	buf []byte // grows with what is said: of ten thousand nodes most say little
	err error

	src, dest string // of the last message
	envelope  []byte // and how its line begins: few names come often
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer {
	return &Writer{dst: w}
}

// WriteMessage writes a message with the given body, which must be a valid
// JSON object; that it begins and ends as one is checked ([ErrBody], nothing
// is written). Newlines between its tokens become spaces, \r as well, since
// Maelstrom reads both as the end of a line. Neither body nor the strings are
// kept or changed.
func (w *Writer) WriteMessage(src, dest string, body []byte) error {
	return w.WriteParts(src, dest, OneLine(body))
}

// WriteParts is WriteMessage of the concatenation of parts, in which there is
// no raw newline, nor \r: [OneLine] has seen to that, when they were made. A
// large part is neither looked through nor copied but written from where it
// is, so a body can be put together of pieces that exist already.
func (w *Writer) WriteParts(src, dest string, parts ...[]byte) error {
	if w.err != nil {
		return w.err
	}
	if !looksLikeObject(parts) {
		return fmt.Errorf("wire: write to %s: %w", dest, ErrBody)
	}
	if w.envelope == nil || src != w.src || dest != w.dest {
		w.src, w.dest = src, dest
		w.envelope = AppendString(append(w.envelope[:0], `{"src":`...), src)
		w.envelope = AppendString(append(w.envelope, `,"dest":`...), dest)
		w.envelope = append(w.envelope, `,"body":`...)
	}
	w.buf = append(w.buf, w.envelope...)
	for _, part := range parts {
		w.write(part)
	}
	w.buf = append(w.buf, '}', '\n')
	if len(w.buf) >= writerBytes {
		return w.Flush()
	}
	return w.err
}

// Buffered returns the number of bytes that wait for a Flush.
func (w *Writer) Buffered() int { return len(w.buf) }

// Flush writes what is held to the stream, and blocks until it is taken.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		w.send(w.buf)
	}
	if cap(w.buf) > 2*writerBytes { // names beyond all measure made it grow
		w.buf = nil
	}
	w.buf = w.buf[:0]
	return w.err
}

// write takes part of a line: small ones into the buffer, others past it. The
// buffer thus never grows beyond the two sizes it was made for, unless the
// names in a message are huge.
func (w *Writer) write(part []byte) {
	if len(w.buf) >= writerBytes || len(part) >= directBytes {
		_ = w.Flush() // the error is kept
	}
	if len(part) < directBytes {
		w.buf = append(w.buf, part...)
	} else if w.err == nil {
		w.send(part)
	}
}

func (w *Writer) send(b []byte) {
	n, err := w.dst.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("wire: write: %w", err)
	}
}

// OneLine returns JSON, or a part of it, without raw newlines: itself, or a copy
// where there are any. In JSON they can only stand between tokens, where a space
// does as well.
func OneLine(part []byte) []byte {
	if bytes.IndexByte(part, '\n') < 0 && bytes.IndexByte(part, '\r') < 0 {
		return part
	}
	part = bytes.Clone(part)
	for i, c := range part {
		if c == '\n' || c == '\r' {
			part[i] = ' '
		}
	}
	return part
}

// looksLikeObject checks the first and the last byte: what a forgotten bracket
// or an empty body gets wrong.
func looksLikeObject(parts [][]byte) bool {
	var first, last byte
	for _, part := range parts {
		if len(part) == 0 {
			continue
		}
		if first == 0 {
			first = part[0]
		}
		last = part[len(part)-1]
	}
	return first == '{' && last == '}'
}
