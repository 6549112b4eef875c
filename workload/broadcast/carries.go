package broadcast

import (
	"encoding/json"
	"strings"

	"treecast/gossip/codec"
	"treecast/wire"
	"treecast/workload"
)

// readers are asked in turn; the first that understands a body has the say.
var readers = []func(body json.RawMessage) (workload.Reading, bool){readGossip, readMessage, readMessages, readBare}

// carries finds the values that a body carries from one server to another, or
// from a client to a server. Understood are treecast's own gossip, a value in a
// field called message, a list of values in a field called messages, which is how
// most Maelstrom nodes spell it, and replies that carry nothing.
func carries(body json.RawMessage) (workload.Reading, bool) {
	for _, read := range readers {
		if r, ok := read(body); ok {
			return r, true
		}
	}
	return workload.Reading{Kind: workload.Other}, false
}

// readGossip reads treecast's own messages between nodes.
func readGossip(body json.RawMessage) (workload.Reading, bool) {
	values, resent, ok := codec.Values(nil, body)
	if !ok {
		return workload.Reading{}, false
	}
	return workload.Gossiped(values, resent), true
}

// readMessage reads a body with one value in its field message.
func readMessage(body json.RawMessage) (workload.Reading, bool) {
	value, ok := wire.Field(body, "message")
	return workload.Reading{Kind: workload.Data, Values: []json.RawMessage{value}}, ok
}

// readMessages reads a body with a list of values in its field messages.
func readMessages(body json.RawMessage) (workload.Reading, bool) {
	list, ok := wire.Field(body, "messages")
	if !ok || list[0] != '[' {
		return workload.Reading{}, false
	}
	return workload.Reading{Kind: workload.Data, Values: appendElements(nil, list)}, true
}

// readBare reads a reply that carries no value: a type that ends in _ok, or an
// error, and nothing that says more than which request is answered.
func readBare(body json.RawMessage) (workload.Reading, bool) {
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
	return workload.Reading{Kind: workload.Ack}, ok && bare
}

func appendElements(dst []json.RawMessage, list json.RawMessage) []json.RawMessage {
	wire.EachElement(list, func(value json.RawMessage) bool {
		dst = append(dst, value)
		return true
	})
	return dst
}
