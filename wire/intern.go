package wire

// interner keeps the strings that come again on nearly every line (node ids,
// client ids, types), so that they are neither decoded nor allocated again. It is a table
// of fixed size in which a new string replaces the one in its slot: its memory is bounded
// whatever arrives. A nil interner keeps nothing.
type interner struct {
	slots [256]internSlot
}

// internSlot is a string as it stands between its quotes, and decoded.
type internSlot struct{ raw, text string }

// internMaxBytes is the longest string that is kept.
const internMaxBytes = 64

// text decodes a valid JSON string, given with its quotes.
func (n *interner) text(quoted []byte) string {
	raw := quoted[1 : len(quoted)-1]
	if n == nil || len(raw) > internMaxBytes {
		return string(unquote(quoted))
	}
	// By their length and their end: names are mostly numbered, and of those with the
	// same hash the last one is kept.
	hash := uint32(len(raw))
	for _, c := range raw[max(0, len(raw)-4):] {
		hash = hash*31 + uint32(c)
	}
	slot := &n.slots[(hash>>8^hash)&0xff]
	if slot.raw != string(raw) {
		slot.raw = string(raw)
		slot.text = slot.raw
		if text := unquote(quoted); string(text) != slot.raw {
			slot.text = string(text)
		}
	}
	return slot.text
}
