package wire

// interner keeps the strings that come again on nearly every line (node ids,
// client ids, types), so that they are not allocated anew. It is a table of
// fixed size in which a newcomer takes the place of who was there: its memory
// is bounded whatever arrives. A nil interner is one that keeps nothing.
type interner struct {
	slots [256]string
}

// internMaxBytes is the longest string that is kept.
const internMaxBytes = 64

func (n *interner) text(b []byte) string {
	if n == nil || len(b) > internMaxBytes {
		return string(b)
	}
	// By their length and their end: names are mostly numbered, and of what
	// falls together the last comes first.
	hash := uint32(len(b))
	for _, c := range b[max(0, len(b)-4):] {
		hash = hash*31 + uint32(c)
	}
	slot := &n.slots[(hash>>8^hash)&0xff]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
