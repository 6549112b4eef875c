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
	sources []SourceID
	spans   []shortSpan     // of each source
	more    map[int32]Spans // of those that one shortSpan cannot hold
	slots   []int32         // open addressing over sources: index + 1, 0 where free; nil while short
	count   uint64
}

// shortSpan is a span of a counter's usual size; First is 0 where the line
// stands in Vector.more.
type shortSpan struct{ First, Last uint32 }

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
	if short := v.spans[i]; short.First != 0 {
		return uint64(short.First) <= counter && counter <= uint64(short.Last)
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
	switch short := &v.spans[i]; {
	case fresh && span.isShort():
		*short = shortSpan{uint32(span.First), uint32(span.Last)}
		added = span.Len()
	case short.First != 0 && span.First == uint64(short.Last)+1 && span.Last <= math.MaxUint32:
		short.Last = uint32(span.Last) // the usual case: the next of a source
		added = span.Len()
	case short.First != 0 && uint64(short.First) <= span.First && span.Last <= uint64(short.Last):
		return 0
	default:
		line := v.line(i)
		added = line.AddSpan(span)
		v.set(i, line)
	}
	v.count += added
	return added
}

// line returns the counters of the source at an index. The caller may change
// them, and then hands them to set.
func (v *Vector) line(i int) Spans {
	if short := v.spans[i]; short.First != 0 {
		return Spans{{uint64(short.First), uint64(short.Last)}}
	}
	return v.more[int32(i)]
}

func (v *Vector) set(i int, line Spans) {
	if len(line) == 1 && line[0].isShort() {
		v.spans[i] = shortSpan{uint32(line[0].First), uint32(line[0].Last)}
		delete(v.more, int32(i))
		return
	}
	if v.more == nil {
		v.more = map[int32]Spans{}
	}
	v.spans[i] = shortSpan{}
	v.more[int32(i)] = line
}

// Count is the number of entries held.
func (v *Vector) Count() uint64 { return v.count }

// Lines returns the vector's lines. They must not be changed.
func (v *Vector) Lines() []Held {
	lines := make([]Held, len(v.sources))
	for i, s := range v.sources {
		lines[i] = Held{Source: s, Counters: v.line(i)}
	}
	return lines
}

// MissingFrom is how many of v's entries other does not hold. It costs one
// step per span, not per entry.
func (v *Vector) MissingFrom(other *Vector) uint64 {
	missing := v.count
	for i, s := range v.sources {
		j := other.find(s)
		if j < 0 {
			continue
		}
		theirs := other.line(j)
		for _, span := range v.line(i) {
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
		for i, other := range v.sources {
			if other == s {
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
	for v.slots[at] != 0 && v.sources[v.slots[at]-1] != s {
		at = (at + 1) & mask
	}
	return at
}

// insert appends a source that is not there, with nothing in its line.
func (v *Vector) insert(s SourceID) int {
	v.sources = append(v.sources, s)
	v.spans = append(v.spans, shortSpan{})
	n := len(v.sources)
	switch {
	case n > linear && 4*n > 3*len(v.slots):
		v.slots = make([]int32, max(4*linear, 2*len(v.slots)))
		for i, s := range v.sources {
			v.slots[v.slot(s)] = int32(i + 1)
		}
	case n > linear:
		v.slots[v.slot(s)] = int32(n)
	}
	return n - 1
}
