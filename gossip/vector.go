package gossip

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
)

// Vector is what somebody holds: a set of counters for each source. The zero
// value is empty and ready. Sources are listed in the order of their names, so
// that nothing depends on hashes.
//
// A node keeps a few vectors with a line per source, and in a healthy cluster a
// line is one span: it takes some 28 bytes here, all that a look at it needs side
// by side, so that ten thousand nodes with a thousand sources each fit into one
// process.
type Vector struct {
	lines   []line             // up to linear of them: one after the other; beyond: open addressing, a power of two
	sources int                // how many there are
	more    map[SourceID]Spans // of those lines that one short span cannot hold
	count   uint64
	fetched uint32 // of no meaning: what prefetch has read
}

// line is a source and one span of counters of the usual size; first is 0 where
// the counters stand in Vector.more. The zero line is a free place.
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
	l := v.find(s)
	if l == nil {
		return false
	}
	if l.first != 0 {
		return uint64(l.first) <= counter && counter <= uint64(l.last)
	}
	return v.more[s].Contains(counter)
}

// Add puts one entry in and reports whether it was new.
func (v *Vector) Add(s SourceID, counter uint64) bool {
	return v.AddSpan(s, Span{counter, counter}) > 0
}

// AddSpan puts a span of one source's entries in and returns how many were
// new.
func (v *Vector) AddSpan(s SourceID, span Span) (added uint64) {
	l := v.find(s)
	fresh := l == nil
	if fresh {
		l = v.insert(s)
	}
	switch {
	case fresh && span.isShort():
		l.first, l.last = uint32(span.First), uint32(span.Last)
		added = span.Len()
	case l.first != 0 && span.First == uint64(l.last)+1 && span.Last <= math.MaxUint32:
		l.last = uint32(span.Last) // the usual case: the next of a source
		added = span.Len()
	case l.first != 0 && uint64(l.first) <= span.First && span.Last <= uint64(l.last):
		return 0
	default:
		counters := v.counters(l)
		added = counters.AddSpan(span)
		v.set(l, counters)
	}
	v.count += added
	return added
}

// counters returns those of a line. The caller may change them, and then hands
// them to set.
func (v *Vector) counters(l *line) Spans {
	if l.first != 0 {
		return Spans{l.full()}
	}
	return v.more[l.source]
}

func (v *Vector) set(l *line, counters Spans) {
	if len(counters) == 1 && counters[0].isShort() {
		l.first, l.last = uint32(counters[0].First), uint32(counters[0].Last)
		delete(v.more, l.source)
		return
	}
	if v.more == nil {
		v.more = map[SourceID]Spans{}
	}
	l.first, l.last = 0, 0
	v.more[l.source] = counters
}

// Count is the number of entries held.
func (v *Vector) Count() uint64 { return v.count }

// Lines returns the vector's lines. They must not be changed.
func (v *Vector) Lines() []Held {
	out := make([]Held, 0, v.sources)
	for i := range v.lines {
		if l := &v.lines[i]; l.source != (SourceID{}) {
			out = append(out, Held{Source: l.source, Counters: v.counters(l)})
		}
	}
	slices.SortFunc(out, func(a, b Held) int {
		x, y := a.Source.Value(), b.Source.Value()
		return cmp.Or(strings.Compare(x.Origin, y.Origin), strings.Compare(x.Log, y.Log))
	})
	return out
}

// MissingFrom is how many of v's entries other does not hold. It costs one
// step per span, not per entry.
func (v *Vector) MissingFrom(other *Vector) uint64 {
	missing := v.count
	for i := range v.lines {
		l := &v.lines[i]
		if l.source == (SourceID{}) {
			continue
		}
		theirs := other.find(l.source)
		if theirs == nil {
			continue
		}
		counters := other.counters(theirs)
		for _, span := range v.counters(l) {
			missing -= counters.CountIn(span)
		}
	}
	return missing
}

// linear is up to how many sources are looked through one by one.
const linear = 8

// vectorSeed is of the hashes that say where a source is found, which nothing
// else depends on.
var vectorSeed = maphash.MakeSeed()

// find returns the line of a source, or nil. It is valid until the next insert.
func (v *Vector) find(s SourceID) *line {
	if v.isList() {
		for i := range v.lines {
			if l := &v.lines[i]; l.source == s {
				return l
			}
		}
		return nil
	}
	if l := &v.lines[v.place(s)]; l.source == s {
		return l
	}
	return nil
}

// isList reports whether the lines stand one after the other.
func (v *Vector) isList() bool { return len(v.lines) <= linear }

// place returns where a source stands in the table, or the free place where it
// would.
func (v *Vector) place(s SourceID) uint64 {
	mask := uint64(len(v.lines) - 1)
	at := maphash.Comparable(vectorSeed, s) & mask
	for v.lines[at].source != s && v.lines[at].source != (SourceID{}) {
		at = (at + 1) & mask
	}
	return at
}

// prefetch looks at a source's line and does nothing with it, so that it is in the
// cache when it is wanted. A processor waits for many lines at the same time as
// it does for one, if nothing else comes in between.
func (v *Vector) prefetch(s SourceID) {
	if len(v.lines) >= cold {
		v.fetched += v.lines[maphash.Comparable(vectorSeed, s)&uint64(len(v.lines)-1)].last
	}
}

const (
	// cold is from how many lines on a vector may not be in the cache.
	cold = 256
	// prefetchBlock is for how many entries lines are fetched ahead: more than a
	// processor waits for at once, and so few that the first is still there when the
	// last has come.
	prefetchBlock = 32
)

// insert puts a source in that is not there, with nothing in its line.
func (v *Vector) insert(s SourceID) *line {
	v.sources++
	if v.sources <= linear {
		v.lines = append(v.lines, line{source: s})
		return &v.lines[v.sources-1]
	}
	if v.isList() || 4*v.sources > 3*len(v.lines) {
		v.grow()
	}
	l := &v.lines[v.place(s)]
	l.source = s
	return l
}

// grow makes a table, or a larger one.
func (v *Vector) grow() {
	former := v.lines
	v.lines = make([]line, max(4*linear, 2*len(former)))
	for i := range former {
		if l := &former[i]; l.source != (SourceID{}) {
			v.lines[v.place(l.source)] = *l
		}
	}
}
