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
	hash := uint32(2166136261) // FNV-1a
	for _, c := range b {
		hash = (hash ^ uint32(c)) * 16777619
	}
	slot := &n.slots[(hash>>8^hash)&0xff]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}
