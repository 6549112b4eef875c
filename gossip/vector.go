package gossip

import (
	"hash/maphash"
	"math"
)

// Vector is what somebody holds: a set of counters for each source. The zero
// value is empty and ready. Sources are listed in the order in which they were
// first added, so that nothing depends on hashes.
//
// A node keeps a few vectors with a line per source, and in a healthy cluster a
// line is one span: it takes some 24 bytes here, so that ten thousand nodes with
// a thousand sources each fit into one process.
type Vector struct {
	lines []line
	more  map[int32]Spans // of those lines that one short span cannot hold
	slots []int32         // open addressing over lines: index + 1, 0 where free; nil while there are few
	count uint64
}

// line is a source and one span of counters of the usual size; first is 0 where
// the counters stand in Vector.more.
type line struct {
	source      SourceID
	first, last uint32
}

// full returns the span of a line that holds one.
func (l *line) full() Span { return Span{uint64(l.first), uint64(l.last)} }

// isShort says whether a line holds the span.
func (s Span) isShort() bool { return s.First > 0 && s.Last <= math.MaxUint32 }

// Held is one line of a vector.
type Held struct {
	Source   SourceID
	Counters Spans
}

// NewVector returns an empty vector.
func NewVector() *Vector { return &Vector{} }

// Contains reports whether the entry (s, counter) is held.
func (v *Vector) Contains(s SourceID, counter uint64) bool {
	i := v.find(s)
	if i < 0 {
		return false
	}
	if l := &v.lines[i]; l.first != 0 {
		return uint64(l.first) <= counter && counter <= uint64(l.last)
	}
	return v.more[int32(i)].Contains(counter)
}

// Add puts one entry in and reports whether it was new.
func (v *Vector) Add(s SourceID, counter uint64) bool {
	return v.AddSpan(s, Span{counter, counter}) > 0
}

// AddSpan puts a span of one source's entries in and returns how many were
// new.
func (v *Vector) AddSpan(s SourceID, span Span) (added uint64) {
	i := v.find(s)
	fresh := i < 0
	if fresh {
		i = v.insert(s)
	}
	switch l := &v.lines[i]; {
	case fresh && span.isShort():
		l.first, l.last = uint32(span.First), uint32(span.Last)
		added = span.Len()
	case l.first != 0 && span.First == uint64(l.last)+1 && span.Last <= math.MaxUint32:
		l.last = uint32(span.Last) // the usual case: the next of a source
		added = span.Len()
	case l.first != 0 && uint64(l.first) <= span.First && span.Last <= uint64(l.last):
		return 0
	default:
		counters := v.counters(i)
		added = counters.AddSpan(span)
		v.set(i, counters)
	}
	v.count += added
	return added
}

// counters returns those of a line. The caller may change them, and then hands
// them to set.
func (v *Vector) counters(i int) Spans {
	if l := &v.lines[i]; l.first != 0 {
		return Spans{l.full()}
	}
	return v.more[int32(i)]
}

func (v *Vector) set(i int, counters Spans) {
	l := &v.lines[i]
	if len(counters) == 1 && counters[0].isShort() {
		l.first, l.last = uint32(counters[0].First), uint32(counters[0].Last)
		delete(v.more, int32(i))
		return
	}
	if v.more == nil {
		v.more = map[int32]Spans{}
	}
	l.first, l.last = 0, 0
	v.more[int32(i)] = counters
}

// Count is the number of entries held.
func (v *Vector) Count() uint64 { return v.count }

// Lines returns the vector's lines. They must not be changed.
func (v *Vector) Lines() []Held {
	out := make([]Held, len(v.lines))
	for i := range v.lines {
		out[i] = Held{Source: v.lines[i].source, Counters: v.counters(i)}
	}
	return out
}

// MissingFrom is how many of v's entries other does not hold. It costs one
// step per span, not per entry.
func (v *Vector) MissingFrom(other *Vector) uint64 {
	missing := v.count
	for i := range v.lines {
		j := other.find(v.lines[i].source)
		if j < 0 {
			continue
		}
		theirs := other.counters(j)
		for _, span := range v.counters(i) {
			missing -= theirs.CountIn(span)
		}
	}
	return missing
}

// linear is up to how many sources are looked through one by one.
const linear = 8

// vectorSeed is of the hashes that say where a source is found, which nothing
// else depends on.
var vectorSeed = maphash.MakeSeed()

// find returns the index of a source, or -1.
func (v *Vector) find(s SourceID) int {
	if v.slots == nil {
		for i := range v.lines {
			if v.lines[i].source == s {
				return i
			}
		}
		return -1
	}
	return int(v.slots[v.slot(s)]) - 1
}

// slot returns where a source stands, or where it would.
func (v *Vector) slot(s SourceID) uint64 {
	mask := uint64(len(v.slots) - 1)
	at := maphash.Comparable(vectorSeed, s) & mask
	for v.slots[at] != 0 && v.lines[v.slots[at]-1].source != s {
		at = (at + 1) & mask
	}
	return at
}

// insert appends a source that is not there, with nothing in its line.
func (v *Vector) insert(s SourceID) int {
	v.lines = append(v.lines, line{source: s})
	n := len(v.lines)
	switch {
	case n > linear && 4*n > 3*len(v.slots):
		v.slots = make([]int32, max(4*linear, 2*len(v.slots)))
		for i := range v.lines {
			v.slots[v.slot(v.lines[i].source)] = int32(i + 1)
		}
	case n > linear:
		v.slots[v.slot(s)] = int32(n)
	}
	return n - 1
}
