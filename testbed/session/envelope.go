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
	var typ json.RawMessage // of the body
	c := wire.NewCursor(line)
	for key := range c.Fields() {
		switch string(key) {
		case "src":
			value := c.Value()
			if p.Src, hasSrc = wire.Text(value); !hasSrc {
				complain("src is %.100s, not a string", value)
			}
		case "dest":
			value := c.Value()
			if p.Dest, hasDest = wire.Text(value); !hasDest {
				complain("dest is %.100s, not a string", value)
			}
		case "body":
			p.Body, typ = readBody(&c, line)
		case "id":
			value := c.Value()
			if _, ok := wire.Int(value); !ok && string(value) != "null" {
				complain("id is %.100s, not an integer", value)
			}
		default:
			complain("a message has no key %q", key)
		}
	}
	switch {
	case len(line) == 0:
		return p, errors.New("it is empty")
	case !c.Done():
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
		p.Type, _ = wire.Text(typ)
	}
	return p, err
}

// readBody reads a body with the value of its field type, which may be missing.
// Megabytes of bodies go through here, so all is read in one go.
func readBody(c *wire.Cursor, line []byte) (body, typ json.RawMessage) {
	start := c.Offset()
	if start >= len(line) || line[start] != '{' {
		return c.Value(), nil // it is complained about
	}
	for key := range c.Fields() {
		if string(key) == "type" {
			typ = c.Value()
		}
	}
	if c.Failed() {
		return nil, nil
	}
	end := c.Offset()
	return line[start:end:end], typ
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
