package frame

import (
	"encoding/binary"
	"fmt"
)

// Sizes of frames.
const (
	// MaxPayloadBytes is what a frame carries at most.
	MaxPayloadBytes = 1 << 20
	// HeaderBytes come before the payload, the length included.
	HeaderBytes = 4 + afterLength

	afterLength = 1 + 8 + 4
	moreFollows = 0x80
)

// Type says what a message is. It is below 0x80.
type Type uint8

// controlFrom is the first of the types of control messages.
const controlFrom Type = 0x40

// IsControl reports whether messages of a type are control messages, which fit into one
// frame and may come between the chunks of others.
func (t Type) IsControl() bool { return t >= controlFrom }

// Message is a whole message.
type Message struct {
	Type    Type
	Payload []byte
}

// Writer numbers frames. It is for one goroutine at a time.
type Writer struct {
	Generation uint32
	sequence   uint64
}

// Append appends the frames of a message to dst. It panics if a control message
// does not fit into a frame, or the type is none.
func (w *Writer) Append(dst []byte, t Type, payload []byte) []byte {
	if t >= moreFollows || t.IsControl() && len(payload) > MaxPayloadBytes {
		panic(fmt.Sprintf("frame: a message of type %d with %d bytes", t, len(payload)))
	}
	for {
		dst, payload = w.AppendChunk(dst, t, payload)
		if payload == nil {
			return dst
		}
	}
}

// AppendChunk appends the next frame of a message, and returns what is left of it; nil
// if that was all.
func (w *Writer) AppendChunk(dst []byte, t Type, payload []byte) (_, left []byte) {
	kind := byte(t)
	if len(payload) > MaxPayloadBytes {
		payload, left, kind = payload[:MaxPayloadBytes], payload[MaxPayloadBytes:], kind|moreFollows
	}
	w.sequence++
	dst = binary.BigEndian.AppendUint32(dst, uint32(afterLength+len(payload)))
	dst = append(dst, kind)
	dst = binary.BigEndian.AppendUint64(dst, w.sequence)
	dst = binary.BigEndian.AppendUint32(dst, w.Generation)
	return append(dst, payload...), left
}

// Error is what is wrong with a stream of frames.
type Error struct{ text string }

// Error says what is wrong.
func (e *Error) Error() string { return "frame: " + e.text }

func wrong(format string, args ...any) *Error { return &Error{fmt.Sprintf(format, args...)} }

// Reader puts the bytes of a stream together to messages. It is for one goroutine
// at a time.
type Reader struct {
	generation uint32
	adopts     bool // the first frame says which
	maxBytes   int

	sequence uint64
	unread   []byte
	at       int    // what of unread was read
	begun    Type   // of a message of which chunks are missing
	chunks   []byte // of it; nil: there is none
	err      error
}

// NewReader returns a reader of the frames of a generation, whose messages are
// at most so many bytes long.
func NewReader(generation uint32, maxMessageBytes int) *Reader {
	return &Reader{generation: generation, maxBytes: maxMessageBytes}
}

// NewChildReader returns a reader of the frames of whatever generation the first one is
// of, for a child that has yet to be told its own.
func NewChildReader(maxMessageBytes int) *Reader {
	return &Reader{adopts: true, maxBytes: maxMessageBytes}
}

// Generation is the one whose frames are read.
func (r *Reader) Generation() uint32 { return r.generation }

// Feed takes in what the stream has brought. What Next has returned is not valid
// any more.
func (r *Reader) Feed(p []byte) {
	if r.at > 0 {
		r.unread = r.unread[:copy(r.unread, r.unread[r.at:])]
		r.at = 0
	}
	const kept = 4 * MaxPayloadBytes
	if len(r.unread) == 0 && cap(r.unread) > kept {
		r.unread = nil
	}
	r.unread = append(r.unread, p...)
}

// Buffered is how many bytes were fed and not read.
func (r *Reader) Buffered() int { return len(r.unread) - r.at + len(r.chunks) }

// Next returns the next message, false if it is not there as a whole. The payload is
// valid until Feed. An error is an *Error and stays.
func (r *Reader) Next() (Message, bool, error) {
	for r.err == nil {
		m, ok, whole := r.frame()
		if !ok {
			break
		}
		if whole {
			return m, true, nil
		}
	}
	return Message{}, false, r.err
}

// frame reads a frame, and reports whether a message is whole with it.
func (r *Reader) frame() (m Message, ok, whole bool) {
	left := r.unread[r.at:]
	if len(left) < HeaderBytes {
		if len(left) >= 4 {
			r.checkLength(binary.BigEndian.Uint32(left))
		}
		return m, false, false
	}
	length := binary.BigEndian.Uint32(left)
	r.checkLength(length)
	kind := left[4]
	r.check(kind, binary.BigEndian.Uint64(left[5:]), binary.BigEndian.Uint32(left[13:]))
	if r.err != nil || len(left) < 4+int(length) {
		return m, false, false
	}
	r.at += 4 + int(length)
	r.sequence++
	payload := left[HeaderBytes : 4+length]
	t, more := Type(kind&^moreFollows), kind&moreFollows != 0
	if t.IsControl() || r.chunks == nil && !more {
		return Message{t, payload}, true, true
	}
	if r.chunks == nil {
		r.begun, r.chunks = t, make([]byte, 0, 2*len(payload))
	}
	r.chunks = append(r.chunks, payload...)
	if more {
		return m, true, false
	}
	m = Message{t, r.chunks}
	r.chunks = nil
	return m, true, true
}

func (r *Reader) checkLength(length uint32) {
	if length < afterLength || length > afterLength+MaxPayloadBytes {
		r.err = wrong("a length of %d; it is %d to %d", length, afterLength, afterLength+MaxPayloadBytes)
	}
}

// check says what is wrong with the header of the next frame.
func (r *Reader) check(kind byte, sequence uint64, generation uint32) {
	t, more := Type(kind&^moreFollows), kind&moreFollows != 0
	length := int(binary.BigEndian.Uint32(r.unread[r.at:])) - afterLength
	if r.adopts {
		r.adopts, r.generation = false, generation
	}
	switch {
	case r.err != nil:
	case generation != r.generation:
		r.err = wrong("generation %d instead of %d", generation, r.generation)
	case sequence != r.sequence+1:
		r.err = wrong("sequence %d instead of %d", sequence, r.sequence+1)
	case t == 0:
		r.err = wrong("type 0, which there is not")
	case t.IsControl() && more:
		r.err = wrong("a control message in chunks")
	case more && length != MaxPayloadBytes:
		r.err = wrong("a chunk of %d bytes that is not the last", length)
	case !t.IsControl() && r.chunks != nil && t != r.begun:
		r.err = wrong("type %d among the chunks of type %d", t, r.begun)
	case !t.IsControl() && len(r.chunks)+length > r.maxBytes:
		r.err = wrong("a message of more than %d bytes", r.maxBytes)
	}
}
