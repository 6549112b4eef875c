package codec

import (
	"encoding/json"

	"treecast/wire"
)

// Values finds what a gossip message's body carries from one node to another: the
// values of its entries, in its order, and whether any of them were sent before.
// The values share memory with the body and are appended to dst. It is false for
// a body of another type. It reads less than a Decoder, and so is of use to those
// that look on.
func Values(dst []json.RawMessage, body []byte) (values []json.RawMessage, resent, ok bool) {
	c := wire.NewCursor(body)
	for key := range c.Fields() {
		switch string(key) {
		case "type":
			if ok = string(c.Value()) == `"`+Type+`"`; !ok {
				return dst, false, false
			}
		case "re":
			resent = c.IsTrue()
		case "runs":
			dst = appendValues(dst, &c)
		}
	}
	return dst, resent, ok
}

// appendValues appends the values of runs: the fields v of objects in a list.
func appendValues(values []json.RawMessage, c *wire.Cursor) []json.RawMessage {
	for range c.Elements() {
		run := len(values)
		for key := range c.Fields() {
			if string(key) != "v" {
				continue
			}
			values = values[:run] // the last v of a run counts
			for range c.Elements() {
				values = append(values, c.Value())
			}
		}
	}
	return values
}
