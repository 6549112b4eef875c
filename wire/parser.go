package wire

import "fmt"

// Parser tells what lines are, for those who have each line as a whole; a
// [Reader] takes them off a stream. The zero value has the default limit; it is
// for one goroutine at a time.
type Parser struct {
	MaxLineBytes int // of a line, newline not counted; 0 or less means [DefaultMaxLineBytes]
	names        interner
}

// Item returns what a line is, given without its newline. The Item owns what it
// holds.
func (p *Parser) Item(line []byte) (item Item) {
	p.read(line, &item)
	return item
}

// read is Item, into an item that is zero.
func (p *Parser) read(line []byte, item *Item) {
	if len(line) > p.Limit() {
		*item = p.tooLong(line, int64(len(line)))
		return
	}
	item.LineBytes = int64(len(line))
	item.parse(line, &p.names)
}

// Limit is the longest line that is read, in bytes.
func (p *Parser) Limit() int {
	if p.MaxLineBytes <= 0 {
		return DefaultMaxLineBytes
	}
	return p.MaxLineBytes
}

// tooLong is a line beyond the limit, of which at least the prefix that is
// looked at is given.
func (p *Parser) tooLong(line []byte, lineBytes int64) Item {
	return Item{
		Kind: TooLong, Message: parsePrefix(line[:min(len(line), prefixBytes, p.Limit())]),
		LineBytes: lineBytes,
		Err:       fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLong, lineBytes, p.Limit()),
	}
}
