package gossip

// Vector is what somebody holds: a set of counters for each source. The zero
// value is not usable; see NewVector. Sources are listed in the order in which
// they were first added, so that nothing depends on map order.
type Vector struct {
	index map[SourceID]int
	held  []Held
	count uint64
}

// Held is one line of a vector.
type Held struct {
	Source   SourceID
	Counters Spans
}

// NewVector returns an empty vector.
func NewVector() *Vector { return &Vector{index: map[SourceID]int{}} }

// Contains reports whether the entry (s, counter) is held.
func (v *Vector) Contains(s SourceID, counter uint64) bool {
	i, ok := v.index[s]
	return ok && v.held[i].Counters.Contains(counter)
}

// Add puts one entry in and reports whether it was new.
func (v *Vector) Add(s SourceID, counter uint64) bool {
	return v.AddSpan(s, Span{counter, counter}) > 0
}

// AddSpan puts a span of one source's entries in and returns how many were
// new.
func (v *Vector) AddSpan(s SourceID, span Span) uint64 {
	i, ok := v.index[s]
	if !ok {
		i = len(v.held)
		v.index[s] = i
		v.held = append(v.held, Held{Source: s})
	}
	added := v.held[i].Counters.AddSpan(span)
	v.count += added
	return added
}

// Count is the number of entries held.
func (v *Vector) Count() uint64 { return v.count }

// Lines returns the vector's lines. They must not be changed.
func (v *Vector) Lines() []Held { return v.held }

// MissingFrom is how many of v's entries other does not hold. It costs one
// step per span, not per entry.
func (v *Vector) MissingFrom(other *Vector) uint64 {
	missing := v.count
	for _, line := range v.held {
		i, ok := other.index[line.Source]
		if !ok {
			continue
		}
		for _, span := range line.Counters {
			missing -= other.held[i].Counters.CountIn(span)
		}
	}
	return missing
}
