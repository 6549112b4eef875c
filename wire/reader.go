package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
)

// DefaultMaxLineBytes is the line limit where none is given.
const DefaultMaxLineBytes = 16 << 20

const (
	// readerBytes is the buffer's size while no line is longer. A read is cheap
	// beside what it brings by then, and what a node that is behind has read
	// ahead adds to what its clients wait.
	readerBytes = 16 << 10
	// prefixBytes is how much of a line that is too long is looked at for who
	// sent it.
	prefixBytes = 64 << 10
	// maxEmptyReads is how often in a row a stream may give neither data nor
	// an error, as in package bufio.
	maxEmptyReads = 100
)

// Kind says what an [Item] is.
type Kind uint8

// The kinds of an Item.
const (
	Valid     Kind = iota // a message
	Malformed             // a line that is none
	TooLong               // a line beyond the limit, which was skipped
)

// Item is what a line turned out to be.
type Item struct {
	Kind Kind

	// Message is whole if Kind is Valid. Otherwise it has no Body, and of the
	// rest what could be read: what stood before the error, or in the first
	// 64 KiB of a line that is too long (in less, if the limit is less). If it
	// is Answerable, the sender should be told of a MalformedRequest.
	Message Message

	// Err says why the line is no message: a [*SyntaxError], a [*ShapeError] or
	// an [ErrTooLong]. nil if Kind is Valid.
	Err error

	// LineBytes is the length of the line without its newline.
	LineBytes int64

	only onlyField
}

// onlyField is where the only field of a body stands that [Message] does not have, key and
// value: most requests have one such field, and are asked for it. Zero: it has none, or
// several.
type onlyField struct{ keyFrom, keyTo, from, to int32 }

// Field is [Field] of the message's body, and faster.
func (i *Item) Field(name string) (json.RawMessage, bool) {
	body := i.Message.Body
	if i.only.to == 0 || string(body[i.only.keyFrom:i.only.keyTo]) != name {
		return Field(body, name)
	}
	return body[i.only.from:i.only.to:i.only.to], true
}

// Reader reads messages off a stream of lines. Lines end in \n or \r\n, the
// last one may end with the stream; blank lines are skipped. Make one with
// [NewReader]; it is for one goroutine at a time.
type Reader struct {
	src          io.Reader
	maxLineBytes int
	parser       Parser

	buf        []byte
	start, end int   // buf[start:end] is what was read and not yet handed out
	scanned    int   // so many bytes from start on hold no newline
	err        error // of src; what is buffered comes first
}

// NewReader returns a Reader of r that skips lines longer than maxLineBytes,
// newline not counted; 0 or less means [DefaultMaxLineBytes].
func NewReader(r io.Reader, maxLineBytes int) *Reader {
	if maxLineBytes <= 0 {
		maxLineBytes = DefaultMaxLineBytes
	}
	// One more than the limit must be an int, for makeRoom.
	maxLineBytes = min(maxLineBytes, math.MaxInt-1)
	return &Reader{src: r, maxLineBytes: maxLineBytes, parser: Parser{MaxLineBytes: maxLineBytes}, buf: make([]byte, readerBytes)}
}

// Next returns the next line's Item. It blocks while no complete line has
// arrived. The error is io.EOF at the end of the stream, when all that was
// there has been handed out, or the stream's own error, after the complete
// lines before it; no line is ever an error.
func (r *Reader) Next() (item Item, err error) {
	err = r.Read(&item)
	return item, err
}

// Read is Next, into an item of the caller's. On an error it is zero.
func (r *Reader) Read(item *Item) error {
	*item = Item{}
	for {
		line, tooLong, err := r.line()
		switch {
		case err != nil:
			return err
		case tooLong:
			*item = r.skipLine()
			return nil
		case isBlank(line):
			continue
		}
		r.parser.read(line, item)
		r.shrink()
		return nil
	}
}

// Ready reports whether Next would return without reading from the stream, so
// that it cannot block: the sign that output can be held back a little longer.
func (r *Reader) Ready() bool {
	for {
		unread := r.buf[r.start:r.end]
		i := bytes.IndexByte(unread[r.scanned:], '\n')
		if i < 0 {
			r.scanned = len(unread)
			return r.err != nil
		}
		if !isBlank(unread[:r.scanned+i]) {
			return true
		}
		r.start += r.scanned + i + 1
		r.scanned = 0
	}
}

// Buffered returns the number of bytes that have been read and not handed out.
// More than none does not mean a complete line: see Ready.
func (r *Reader) Buffered() int { return r.end - r.start }

// line returns the next line without its newline, valid until the next read;
// or tooLong, with the reader still at the line's first byte.
func (r *Reader) line() (line []byte, tooLong bool, err error) {
	for {
		unread := r.buf[r.start:r.end]
		if i := bytes.IndexByte(unread[r.scanned:], '\n'); i >= 0 {
			line := unread[:r.scanned+i]
			if len(line) > r.maxLineBytes {
				return nil, true, nil
			}
			r.start += len(line) + 1
			r.scanned = 0
			return line, false, nil
		}
		r.scanned = len(unread)
		switch {
		case r.scanned > r.maxLineBytes:
			return nil, true, nil
		case r.scanned > 0 && errors.Is(r.err, io.EOF):
			r.start, r.scanned = r.end, 0
			return unread, false, nil
		case r.err != nil:
			return nil, false, r.err
		}
		r.fill()
	}
}

// skipLine hands out the line that begins at start, which is too long, having
// skipped it in constant memory.
func (r *Reader) skipLine() Item {
	prefix := r.buf[r.start:r.end]
	prefix = bytes.Clone(prefix[:min(len(prefix), prefixBytes)])
	lineBytes := int64(0)
	for {
		unread := r.buf[r.start:r.end]
		if i := bytes.IndexByte(unread, '\n'); i >= 0 {
			lineBytes += int64(i)
			r.start += i + 1
			break
		}
		lineBytes += int64(len(unread))
		r.start, r.end = 0, 0
		r.shrink()
		if r.err != nil {
			break // the end of the stream ends the line, too
		}
		r.fill()
	}
	r.scanned = 0
	r.shrink()
	return r.parser.tooLong(prefix, lineBytes)
}

// fill reads once from the stream, making room first.
func (r *Reader) fill() {
	if r.start == r.end {
		r.start, r.end = 0, 0
	}
	if r.end == len(r.buf) {
		r.makeRoom()
	}
	for range maxEmptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// makeRoom moves what is unread to the front, or doubles the buffer where that
// would be all of it. One byte over the limit is as much as is ever needed.
func (r *Reader) makeRoom() {
	unread := r.buf[r.start:r.end]
	if len(unread) > len(r.buf)/2 {
		size := max(readerBytes, min(2*len(r.buf), r.maxLineBytes+1))
		if size > len(r.buf) {
			r.buf = make([]byte, size)
		}
	}
	r.start, r.end = 0, copy(r.buf, unread)
}

// shrink gives a buffer back that grew for a long line.
func (r *Reader) shrink() {
	unread := r.buf[r.start:r.end]
	if len(r.buf) <= readerBytes || len(unread) > readerBytes/2 {
		return
	}
	r.buf = make([]byte, readerBytes)
	r.start, r.end = 0, copy(r.buf, unread)
}

// isBlank reports whether a line holds nothing but space.
func isBlank(line []byte) bool { return skipSpace(line, 0) == len(line) }
