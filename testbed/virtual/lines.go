package virtual

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"treecast/gossip/codec"
	"treecast/testbed/session"
	"treecast/wire"
)

// lines is where lines are made and read, one at a time, newline included.
// What a node would find on most of them is known without making them.
type lines struct {
	buf    []byte
	parser wire.Parser

	// The last large one, as it was read. Ten thousand nodes are sent the same
	// topology, half a megabyte each: what differs is the envelope.
	body  json.RawMessage
	large wire.Item

	item wire.Item // the last line
}

// largeBody is from how many bytes on a body may be read once for many nodes.
const largeBody = 4 << 10

// read sets item to what a line is to the node that reads it, and returns how long
// it is.
func (l *lines) read(what *session.Output) (bytes int) {
	body := what.Packet.Body
	known := len(body) >= largeBody && len(body) == len(l.body) && &body[0] == &l.body[0]
	if what.ID >= 0 && (known || isPlainGossip(body)) {
		envelope := *what
		envelope.Packet.Body = nil
		l.buf = envelope.AppendLine(l.buf[:0])
		bytes = len(l.buf) + len(body)
		if bytes <= l.parser.Limit() {
			if known {
				l.item = l.large
			} else {
				l.item = wire.Item{Message: wire.Message{Type: codec.Type, Body: body}}
			}
			l.item.LineBytes = int64(bytes - 1) // but for the newline
			m := &l.item.Message
			m.Src, m.Dest, m.ID, m.HasID = what.Packet.Src, what.Packet.Dest, what.ID, true
			return bytes
		}
	}
	l.buf = what.AppendLine(l.buf[:0])
	l.item = l.parser.Item(l.buf[:len(l.buf)-1])
	if len(body) >= largeBody && l.item.Kind == wire.Valid && l.item.Message.HasID {
		l.body, l.large = body, l.item
	}
	return len(l.buf)
}

// unreadBytes is how much of stdin a node can see that is not read: what a pipe of
// Linux holds, and what its reader has read of it in advance.
const unreadBytes = (64 + 16) << 10

// lineBytes is about how long a line is.
func lineBytes(what *session.Output) int { return len(what.Packet.Body) + 60 }

var (
	gossipOpening = []byte(`{"type":"` + codec.Type + `"`)
	// moreHead is what a parser would look for in the rest of a body.
	moreHead = [][]byte{[]byte(`"type"`), []byte(`"msg_id"`), []byte(`"in_reply_to"`), []byte(`\`)}
)

// isPlainGossip reports whether a body, which is valid JSON as the session has
// seen to, has a head that says gossip and nothing else: so have nearly all
// messages of a run, and a parser would have to read all of each to know.
func isPlainGossip(body []byte) bool {
	if !bytes.HasPrefix(body, gossipOpening) {
		return false
	}
	rest := body[len(gossipOpening):]
	for _, word := range moreHead {
		if bytes.Contains(rest, word) {
			return false
		}
	}
	return utf8.Valid(body)
}
