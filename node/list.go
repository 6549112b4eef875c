package node

// listChunkBytes is the size of a chunk of an encoded list.
const listChunkBytes = 32 << 10

// list is a JSON array's inside, "1,2,3", that grows at its end. It is kept in
// chunks that never move, so that a view of it is a few words and stays valid
// while the list goes on growing: a read costs nothing but the writing.
type list struct {
	chunks [][]byte
	length int // values
}

// view is what a list held at one moment. Any goroutine may read it.
type view struct {
	chunks [][]byte // all full but the last
	last   int      // bytes of the last one
}

// add appends one value, given as JSON.
func (l *list) add(value string) {
	need := len(value) + 1
	if n := len(l.chunks); n == 0 || cap(l.chunks[n-1])-len(l.chunks[n-1]) < need {
		size := listChunkBytes
		if n == 0 {
			size = 512 // most lists stay short
		}
		l.chunks = append(l.chunks, make([]byte, 0, max(size, need)))
	}
	c := &l.chunks[len(l.chunks)-1]
	if l.length > 0 {
		*c = append(*c, ',')
	}
	*c = append(*c, value...)
	l.length++
}

// view returns what the list holds now.
func (l *list) view() view {
	n := len(l.chunks)
	if n == 0 {
		return view{}
	}
	return view{chunks: l.chunks[:n:n], last: len(l.chunks[n-1])}
}

// parts calls write for every piece of the list, in order.
func (v view) parts(dst [][]byte) [][]byte {
	for i, c := range v.chunks {
		if i == len(v.chunks)-1 {
			c = c[:v.last]
		}
		dst = append(dst, c)
	}
	return dst
}
