package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"treecast/testbed/network"
	"treecast/wire"
)

// printed is what a line that a node printed comes to.
type printed struct {
	network.Packet
	replyTo []byte // body.in_reply_to as it is spelt; nil if there is none
	ignored []byte // what stands behind the message on its line; empty as a rule
	control bool   // raw control characters stood in its strings
}

// readLine takes apart a line that a node printed as Maelstrom does: the first
// JSON value counts, and what stands behind it is ignored; control characters
// may stand in strings as they are, and are escaped in what is passed on, as
// Maelstrom would print them.
func readLine(line []byte) (p printed, err error) {
	p, err = readMessage(line)
	var syntax *wire.SyntaxError
	if err == nil || !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Byte >= ' ' {
		return p, err
	}
	escaped := escapeControls(line)
	if len(escaped) == len(line) {
		return p, err
	}
	q, e := readMessage(escaped)
	if errors.As(e, &syntax) {
		return p, err // the first error is one of the line as it was printed
	}
	q.control = true
	return q, e
}

// escapeControls returns a line with the control characters inside of its
// strings escaped; itself where there are none.
func escapeControls(line []byte) []byte {
	const hex = "0123456789abcdef"
	var out []byte
	from, inString := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			inString = !inString
		case c == '\\' && inString:
			i++
		case c < ' ' && inString:
			out = append(append(out, line[from:i]...), '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
			from = i + 1
		}
	}
	if out == nil {
		return line
	}
	return append(out, line[from:]...)
}

// readMessage reads the message at the beginning of a line, by the letter of
// Maelstrom's schema: an object with src, dest and body, perhaps an id, and
// nothing else. wire.Parse is for nodes, which must be lenient with what they are
// sent.
func readMessage(line []byte) (p printed, err error) {
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
			p.Body, typ, p.replyTo = readBody(&c, line)
		case "id":
			value := c.Value()
			if _, ok := wire.ParseID(value); !ok && string(value) != "null" {
				complain("id is %.100s, not an integer", value)
			}
		default:
			complain("a message has no key %q", key)
		}
	}
	switch {
	case len(line) == 0:
		return p, errors.New("it is empty")
	case c.Failed():
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
		p.ignored = bytes.TrimSpace(line[c.Offset():])
	}
	return p, err
}

// readBody reads a body with the values of two of its fields, which may be missing.
// Megabytes of bodies go through here, so all is read in one go.
func readBody(c *wire.Cursor, line []byte) (body, typ, replyTo json.RawMessage) {
	start := c.Offset()
	if start >= len(line) || line[start] != '{' {
		return c.Value(), nil, nil // it is complained about
	}
	for key := range c.Fields() {
		switch string(key) {
		case "type":
			typ = c.Value()
		case "in_reply_to":
			replyTo = c.Value()
		}
	}
	if c.Failed() {
		return nil, nil, nil
	}
	end := c.Offset()
	return line[start:end:end], typ, replyTo
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
func replyTo(body json.RawMessage) (wire.ID, bool) {
	value, ok := wire.Field(body, "in_reply_to")
	if !ok {
		return wire.ID{}, false
	}
	return wire.ParseID(value)
}

// bodyType returns the type field of a body; false if it has none.
func bodyType(body json.RawMessage) (string, bool) {
	value, _ := wire.Field(body, "type")
	return wire.Text(value)
}
