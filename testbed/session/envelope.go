package session

import (
	"encoding/json"
	"errors"
	"fmt"

	"treecast/testbed/network"
	"treecast/wire"
)

// readLine takes apart a line that a node printed, by the letter of Maelstrom's
// schema: an object with src, dest and body, perhaps an id, and nothing else.
// wire.Parse is for nodes, which must be lenient with what they are sent.
func readLine(line []byte) (p network.Packet, err error) {
	complain := func(format string, args ...any) {
		if err == nil {
			err = fmt.Errorf(format, args...)
		}
	}
	var hasSrc, hasDest bool
	whole := wire.EachField(line, func(key []byte, value json.RawMessage) bool {
		switch string(key) {
		case "src":
			if p.Src, hasSrc = wire.Text(value); !hasSrc {
				complain("src is %.100s, not a string", value)
			}
		case "dest":
			if p.Dest, hasDest = wire.Text(value); !hasDest {
				complain("dest is %.100s, not a string", value)
			}
		case "body":
			p.Body = value
		case "id":
			if _, ok := wire.Int(value); !ok && string(value) != "null" {
				complain("id is %.100s, not an integer", value)
			}
		default:
			complain("a message has no key %q", key)
		}
		return true
	})
	switch {
	case len(line) == 0:
		return p, errors.New("it is empty")
	case !whole:
		if _, e := wire.Parse(line); e != nil {
			return p, e
		}
		return p, wire.ErrNotJSON
	case p.Body == nil:
		complain("body is missing")
	case p.Body[0] != '{':
		complain("body is %.100s, not an object", p.Body)
	case !hasSrc:
		complain("src is missing")
	case !hasDest:
		complain("dest is missing")
	}
	if err == nil {
		p.Type, _ = bodyType(p.Body)
	}
	return p, err
}

// appendRest writes all of a message but its id and opening brace.
func appendRest(dst []byte, p network.Packet) []byte {
	dst = append(dst, `"src":`...)
	dst = wire.AppendString(dst, p.Src)
	dst = append(dst, `,"dest":`...)
	dst = wire.AppendString(dst, p.Dest)
	dst = append(dst, `,"body":`...)
	dst = append(dst, p.Body...)
	return append(dst, '}')
}

// replyTo returns the id of the request that a body answers; false if none.
func replyTo(body json.RawMessage) (int64, bool) {
	value, ok := wire.Field(body, "in_reply_to")
	if !ok {
		return 0, false
	}
	return wire.Int(value)
}

// bodyType returns the type field of a body; false if it has none.
func bodyType(body json.RawMessage) (string, bool) {
	value, _ := wire.Field(body, "type")
	return wire.Text(value)
}
