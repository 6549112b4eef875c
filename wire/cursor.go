package wire

import (
	"encoding/json"
	"iter"
)

// Cursor walks over a JSON text once, from the outside in, and validates it on
// the way: where [EachField] and [EachElement] within each other look at a byte
// once for each level around it, a Cursor does so once. It stands at a value,
// and what is called says what that is expected to be; anything else fails it,
// and a cursor that has failed stays where it is. Make one with [NewCursor]; it
// is for one goroutine at a time.
//
//	c := wire.NewCursor(body)
//	for key := range c.Fields() {
//		if string(key) == "n" {
//			n = c.Uint()
//		}
//	}
//	ok := c.Done()
type Cursor struct {
	data   []byte
	at     int // negative once failed
	levels int // that may still be opened
}

// NewCursor returns a cursor at the value that data is.
func NewCursor(data []byte) Cursor {
	return Cursor{data: data, at: skipSpace(data, 0), levels: MaxDepth}
}

// Fields steps into an object and yields the keys, decoded, with the cursor at
// the value of each, which is passed over unless the loop has read it. A key is
// valid until the next one. A loop that is left early fails the cursor.
func (c *Cursor) Fields() iter.Seq[[]byte] {
	return func(yield func(key []byte) bool) {
		i, more := c.open('{', '}')
		for more {
			keyEnd, value := memberKey(c.data, i)
			if c.at = value; value < 0 {
				return
			}
			key := c.data[i:keyEnd]
			if !yield(unquote(key)) {
				c.Fail()
				return
			}
			i, more = c.next(value, '}')
		}
		c.close(i)
	}
}

// Elements steps into an array and yields once for each element, with the
// cursor at it; it is passed over unless the loop has read it. A loop that is
// left early fails the cursor.
func (c *Cursor) Elements() func(yield func() bool) {
	return func(yield func() bool) {
		i, more := c.open('[', ']')
		for more {
			c.at = i
			if !yield() {
				c.Fail()
				return
			}
			i, more = c.next(i, ']')
		}
		c.close(i)
	}
}

// open steps over an opening bracket. Without one the cursor fails.
func (c *Cursor) open(opening, closing byte) (i int, more bool) {
	if c.at < 0 || c.at >= len(c.data) || c.data[c.at] != opening || c.levels == 0 {
		c.Fail()
		return c.at, false
	}
	c.levels--
	return openBracket(c.data, c.at, closing)
}

// next steps from a value that began at start to the next one.
func (c *Cursor) next(start int, closing byte) (i int, more bool) {
	if c.at == start {
		c.skip()
	}
	if c.at < 0 {
		return c.at, false
	}
	return afterValue(c.data, c.at, closing)
}

// close ends an object or array; i is behind it, or negative.
func (c *Cursor) close(i int) {
	if i >= 0 {
		c.levels++
	}
	c.at = i
}

func (c *Cursor) skip() {
	if c.at >= 0 {
		c.at = skipValue(c.data, c.at, c.levels)
	}
}

// Offset is where in the text the cursor stands, negative once it has failed.
func (c *Cursor) Offset() int { return c.at }

// Value passes over the value, whatever it is, and returns it as it is spelt,
// nil once the cursor has failed. It shares memory with the text.
func (c *Cursor) Value() json.RawMessage {
	start := c.at
	if c.skip(); c.at < 0 {
		return nil
	}
	return c.data[start:c.at:c.at]
}

// Uint reads an integer from 0 to [math.MaxInt64]; anything else fails the
// cursor, and is 0.
func (c *Cursor) Uint() uint64 {
	const safe = 18 // digits that fit into 64 bits for sure
	if c.at < 0 {
		return 0
	}
	var n uint64
	i := c.at
	for i < len(c.data) && isDigit(c.data[i]) {
		n = n*10 + uint64(c.data[i]-'0')
		i++
	}
	digits := i - c.at
	whole := i == len(c.data) || c.data[i] != '.' && c.data[i] != 'e' && c.data[i] != 'E'
	if digits > 0 && digits <= safe && whole && (digits == 1 || c.data[c.at] != '0') {
		c.at = i
		return n
	}
	value, ok := parseInt(c.Value())
	if !ok || value < 0 {
		c.Fail()
		return 0
	}
	return uint64(value)
}

// Text reads a string and decodes it; anything else fails the cursor. It is
// valid as long as the text is not changed.
func (c *Cursor) Text() []byte {
	if c.at < 0 || c.at >= len(c.data) || c.data[c.at] != '"' {
		c.Fail()
		return nil
	}
	start := c.at
	if c.at = skipString(c.data, start); c.at < 0 {
		return nil
	}
	return unquote(c.data[start:c.at])
}

// IsTrue passes over the value and reports whether it is true.
func (c *Cursor) IsTrue() bool { return string(c.Value()) == "true" }

// Fail fails the cursor: what was read is not what was expected.
func (c *Cursor) Fail() {
	if c.at >= 0 {
		c.at = ^c.at
	}
}

// Failed reports whether the cursor has failed.
func (c *Cursor) Failed() bool { return c.at < 0 }

// Done reports whether the cursor has come to the end of the text.
func (c *Cursor) Done() bool { return c.at >= 0 && skipSpace(c.data, c.at) == len(c.data) }
