package values

// Chunks of an encoded list begin with firstChunkBytes, each twice the last, up
// to listChunkBytes.
const (
	firstChunkBytes = 512
	listChunkBytes  = 32 << 10
)

// List is a JSON array's inside, "1,2,3", that grows at its end. It is kept in
// chunks that never move, so that a view of it is a few words and stays valid
// while the list goes on growing: a read costs nothing but the writing.
type List struct {
	full   [][]byte // chunks that are not appended to any more
	last   []byte
	length int // values
}

// View is what a list held at one moment. Any goroutine may read it: what the
// list appends later lies beyond its ends.
type View struct {
	full [][]byte
	last []byte
}

// Add appends one value, given as JSON on one line.
func (l *List) Add(value string) {
	need := len(value) + 1
	if cap(l.last)-len(l.last) < need {
		if l.last != nil {
			l.full = append(l.full, l.last)
		}
		size := min(max(firstChunkBytes, 2*cap(l.last)), listChunkBytes) // most lists stay short
		l.last = make([]byte, 0, max(size, need))
	}
	if l.length > 0 {
		l.last = append(l.last, ',')
	}
	l.last = append(l.last, value...)
	l.length++
}

// Len is how many values the list holds.
func (l *List) Len() int { return l.length }

// View returns what the list holds now.
func (l *List) View() View { return View{full: l.full, last: l.last} }

// Parts appends the pieces of the list to dst, in order.
func (v View) Parts(dst [][]byte) [][]byte {
	dst = append(dst, v.full...)
	if len(v.last) > 0 {
		dst = append(dst, v.last)
	}
	return dst
}
