package gossip

// pooled is a message to be filled in, with the lists that its parts stand in. Where
// callers hand messages back (Core.Release) a round makes no new ones: a process
// whose heap grows pays for every fresh page much more than for what it writes
// there.
type pooled struct {
	message Message
	runs    []Run
	values  []string // of all runs, one behind the other
	acks    []Span
}

// messagePool are messages that nobody looks at any more, to be filled in again. The
// zero value is ready.
type messagePool struct {
	free  []*pooled
	bytes int // of all of them
}

// Bounds of what is kept to be used again, in bytes: enough for a round of a few
// hundred values to each of a few neighbours, or of a hundred to two dozen. What is
// larger than maxPooledBytes comes from catching up, and seldom again.
const (
	maxPooledBytes = 8 << 10
	maxPoolBytes   = 64 << 10
)

// bytes is about what a pooled takes.
func (b *pooled) bytes() int {
	const fixed, run, value, span = 288, 40, 16, 16
	return fixed + run*cap(b.runs) + value*cap(b.values) + span*cap(b.acks)
}

// take returns a message that says nothing.
func (s *messagePool) take() *pooled {
	n := len(s.free)
	if n == 0 {
		return &pooled{}
	}
	b := s.free[n-1]
	s.free[n-1] = nil
	s.free = s.free[:n-1]
	s.bytes -= b.bytes()
	return b
}

// put takes back a message that nobody looks at any more. It keeps nothing alive
// that the message spoke of.
func (s *messagePool) put(b *pooled) {
	bytes := b.bytes()
	if bytes > maxPooledBytes || s.bytes+bytes > maxPoolBytes {
		return
	}
	b.message = Message{}
	clear(b.runs)
	clear(b.values)
	b.runs, b.values, b.acks = b.runs[:0], b.values[:0], b.acks[:0]
	s.free = append(s.free, b)
	s.bytes += bytes
}

// Release hands back a message that Advance has returned, once, when nobody looks
// at it or its lists any more; its values, which are strings, may be kept. Who
// does so after each has the core make its next messages of them. It need not be
// done.
func (c *Core) Release(o Outgoing) {
	if o.pooled != nil {
		c.pool.put(o.pooled)
	}
}

// sized returns a list of so many elements, in the room of a former one if that
// is enough.
func sized[T any](former []T, n int) []T {
	if cap(former) < n {
		return make([]T, n)
	}
	return former[:n]
}
