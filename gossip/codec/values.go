package codec

import (
	"encoding/json"

	"treecast/wire"
)

// Values finds what a gossip message's body carries from one node to another: the
// values of its entries, in its order, and whether any of them were sent before.
// The values share memory with the body and are appended to dst. It reads less
// than a Decoder, and so is of use to those that look on.
//
// It is false for a body that is not ours beyond doubt: others call a message
// gossip, too. Ours carries the sender's incarnation and the one that it is meant for.
func Values(dst []json.RawMessage, body []byte) (values []json.RawMessage, resent, ok bool) {
	before := len(dst)
	var typed, from, meant bool
	c := wire.NewCursor(body)
	for key := range c.Fields() {
		switch string(key) {
		case "type":
			if typed = string(c.Value()) == `"`+Type+`"`; !typed {
				return dst[:before], false, false
			}
		case "e":
			from = isUint(c.Value())
		case "f":
			meant = isUint(c.Value())
		case "re":
			resent = c.IsTrue()
		case "runs":
			dst = appendValues(dst, &c)
		}
	}
	if !typed || !from || !meant {
		return dst[:before], false, false
	}
	return dst, resent, true
}

// isUint says whether a JSON value is an integer that is not negative.
func isUint(value []byte) bool {
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(value) > 0
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
