package journal

// Harm does to a journal what nodes are not told of: a share of its bytes is left,
// from the beginning on, at least 0 and less than 1; 0 is a journal that is gone.
// whole says that the cut is where a frame ends, so that nothing in what is left
// shows that anything is missing.
func (m *Memory) Harm(keep float64, whole bool) {
	size := len(m.store.data)
	left := min(int(keep*float64(size)), size)
	if keep == 0 {
		m.Remove()
		return
	}
	if whole {
		left = WholeUpTo(m.store.data, left)
	}
	m.Cut(left)
}

// WholeUpTo is where in a journal's bytes the last frame ends that ends at a limit at
// the latest, or the header; the limit, if it is no journal. It is for test beds.
func WholeUpTo(data []byte, limit int) int {
	h, at, err := parseHeader(data)
	if err != nil {
		return limit
	}
	for {
		body, ok := frameAt(data, h.salt, at)
		if end := at + frameBytes + len(body); ok && end <= limit {
			at = end
			continue
		}
		return at
	}
}

// Each calls yield for every run of entries that the next incarnation would find. A run
// is valid during the call only.
func (m *Memory) Each(yield func(Run)) {
	if found, err := scanSegment(m.store.data); err == nil {
		found.each(yield)
	}
}
