package workload

import (
	"encoding/json"
	"strings"

	"treecast/gossip/codec"
	"treecast/wire"
)

// Kind is what a message between servers is for, as traffic is broken down.
type Kind string

// The kinds of messages that a reader tells apart.
const (
	Data   Kind = "data"   // carries values for the first time
	Resend Kind = "resend" // carries values that were sent before
	Ack    Kind = "ack"    // carries none
	Other  Kind = "other"  // not understood by any reader
)

// Reading is what a reader found in a body.
type Reading struct {
	Kind   Kind
	Values []json.RawMessage // share memory with the body; in its order
}

// readers are asked in turn; the first that understands a body has the say.
var readers = []func(body json.RawMessage) (Reading, bool){readGossip, readMessage, readMessages, readBare}

// Read finds the values that a body carries from one server to another, or from
// a client to a server. False means that no reader understands it; its kind is
// then Other.
//
// Understood are treecast's own gossip, a value in a field called message, a list
// of values in a field called messages, which is how most Maelstrom nodes spell
// it, and replies that carry nothing.
func Read(body json.RawMessage) (Reading, bool) {
	for _, read := range readers {
		if r, ok := read(body); ok {
			return r, true
		}
	}
	return Reading{Kind: Other}, false
}

// readGossip reads treecast's own messages between nodes.
func readGossip(body json.RawMessage) (r Reading, ok bool) {
	values, resent, ok := codec.Values(nil, body)
	if !ok {
		return Reading{}, false
	}
	r.Kind, r.Values = Data, values
	switch {
	case len(values) == 0:
		r.Kind = Ack
	case resent:
		r.Kind = Resend
	}
	return r, true
}

// readMessage reads a body with one value in its field message.
func readMessage(body json.RawMessage) (Reading, bool) {
	value, ok := wire.Field(body, "message")
	return Reading{Kind: Data, Values: []json.RawMessage{value}}, ok
}

// readMessages reads a body with a list of values in its field messages.
func readMessages(body json.RawMessage) (Reading, bool) {
	list, ok := wire.Field(body, "messages")
	if !ok || list[0] != '[' {
		return Reading{}, false
	}
	return Reading{Kind: Data, Values: appendElements(nil, list)}, true
}

// readBare reads a reply that carries no value: a type that ends in _ok, or an
// error, and nothing that says more than which request is answered.
func readBare(body json.RawMessage) (Reading, bool) {
	ok, bare := false, true
	wire.EachField(body, func(key []byte, value json.RawMessage) bool {
		switch string(key) {
		case "type":
			typ, _ := wire.Text(value)
			ok = strings.HasSuffix(typ, "_ok") || typ == "error"
		case "in_reply_to", "msg_id", "code", "text":
		default:
			bare = false
		}
		return bare
	})
	return Reading{Kind: Ack}, ok && bare
}

func appendElements(dst []json.RawMessage, list json.RawMessage) []json.RawMessage {
	wire.EachElement(list, func(value json.RawMessage) bool {
		dst = append(dst, value)
		return true
	})
	return dst
}
