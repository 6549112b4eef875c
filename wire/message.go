package wire

import (
	"bytes"
	"encoding/json"
	"math"
)

// Message is one message of Maelstrom's protocol. It owns what it holds.
type Message struct {
	Src, Dest string
	Type      string // of the body

	MsgID    ID // body.msg_id; 0 is a legal id, so see HasMsgID
	HasMsgID bool

	InReplyTo    ID // body.in_reply_to
	HasInReplyTo bool

	ID    int64 // the id of the envelope, which Maelstrom counts through a run
	HasID bool

	// Body is the body's JSON as it stood on the line, spaces included; only
	// bytes that are not UTF-8 have become U+FFFD.
	Body json.RawMessage
}

// Answerable reports whether the sender awaits an answer and can be given one:
// Src and MsgID are known and the message is no reply itself.
func (m *Message) Answerable() bool { return m.Src != "" && m.HasMsgID && !m.HasInReplyTo }

// Parse takes a line apart, given without its newline. src and dest must be
// strings, body an object, and its type a string; msg_id and in_reply_to must
// be integers, of any size, where they are there (null counts as not there); an
// id of the envelope that is no integer of 64 bits is ignored, as nobody answers
// to it.
//
// The error is a [*SyntaxError] or a [*ShapeError]. The Message then has no
// Body, and of the other fields those that could be read before the error, so
// that the sender can be answered where it is [Message.Answerable].
func Parse(line []byte) (Message, error) {
	var item Item
	item.parse(line, nil)
	return item.Message, item.Err
}

// parse sets an item that is zero. It is filled in place, as copies of it cost a tenth of the
// whole.
func (i *Item) parse(line []byte, names *interner) {
	var h head
	m := &i.Message
	if end := scanHead(line, &h); end < 0 {
		h.message(line, names, m)
		i.Kind, i.Err = Malformed, syntaxError(line, end, MaxDepth)
		return
	}
	if problem := h.message(line, names, m); problem != nil {
		i.Kind, i.Err = Malformed, problem
		return
	}
	body := bytes.Clone(h.body.of(line))
	m.Body = validUTF8(body)
	if h.others == 1 && len(body) <= math.MaxInt32 && &m.Body[0] == &body[0] {
		at := h.body.start
		i.only = onlyField{
			keyFrom: int32(h.otherKey.start + 1 - at), keyTo: int32(h.otherKey.end - 1 - at),
			from: int32(h.other.start - at), to: int32(h.other.end - at),
		}
	}
}

// parsePrefix reads what it can off the beginning of a line that was cut.
func parsePrefix(prefix []byte) Message {
	var h head
	scanHead(prefix, &h)
	var m Message
	h.message(prefix, nil, &m)
	return m
}

// message decodes all fields but the body into m, and names the first that is wrong.
// A field that is wrong is left empty and does not keep others from being read.
func (h *head) message(line []byte, names *interner, m *Message) (first *ShapeError) {
	complain := func(field, problem string) {
		if first == nil {
			first = &ShapeError{Field: field, Problem: problem}
		}
	}
	text := func(field string, at span) string {
		value := at.of(line)
		switch {
		case len(value) == 0:
			complain(field, "is missing")
			return ""
		case value[0] != '"':
			complain(field, "is not a string")
			return ""
		}
		return names.text(value)
	}
	integer := func(field string, at span) (ID, bool) {
		value := at.of(line)
		if len(value) == 0 || value[0] == 'n' { // null
			return ID{}, false
		}
		id, ok := ParseID(value)
		if !ok {
			complain(field, "is not an integer")
		}
		return id, ok
	}
	if h.notObject {
		complain("message", "is not an object")
		return first
	}
	m.Src = text("src", h.src)
	m.Dest = text("dest", h.dest)
	if body := h.body.of(line); len(body) == 0 {
		complain("body", "is missing")
	} else if body[0] != '{' {
		complain("body", "is not an object")
	}
	m.Type = text("body.type", h.typ)
	m.MsgID, m.HasMsgID = integer("body.msg_id", h.msgID)
	m.InReplyTo, m.HasInReplyTo = integer("body.in_reply_to", h.inReplyTo)
	m.ID, m.HasID = parseInt(h.id.of(line))
	return first
}

// parseInt reads a JSON integer; false for any other JSON value and for one
// that 64 bits do not hold.
func parseInt(value []byte) (int64, bool) {
	digits := value
	negative := len(value) > 0 && value[0] == '-'
	if negative {
		digits = value[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if !isDigit(c) || n > math.MaxInt64/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0') // at most 2^63 + 2: no overflow
	}
	switch {
	case negative && n <= -math.MinInt64:
		return -int64(n), true
	case !negative && n <= math.MaxInt64:
		return int64(n), true
	}
	return 0, false
}
