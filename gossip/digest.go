package gossip

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
)

// Digest is what somebody holds: a set of counters for each origin. The zero
// value is empty and ready. Sources are listed in the order of their names, so
// that nothing depends on hashes.
//
// A node keeps a few digests with a line per origin, and in a healthy cluster a
// line is one span: it takes some 28 bytes here, all that a look at it needs side
// by side, so that ten thousand nodes with a thousand origins each fit into one
// process.
type Digest struct {
	lines   []line             // up to linear of them: one after the other; beyond: open addressing, a power of two
	origins int                // how many there are
	more    map[OriginID]Spans // of those lines that one short span cannot hold
	count   uint64
	fetched uint32 // of no meaning: what prefetch has read
}

// line is an origin and one span of counters of the usual size; first is 0 where
// the counters stand in Digest.more. The zero line is a free place.
type line struct {
	origin      OriginID
	first, last uint32
}

// full returns the span of a line that holds one.
func (l *line) full() Span { return Span{uint64(l.first), uint64(l.last)} }

// isShort says whether a line holds the span.
func (s Span) isShort() bool { return s.First > 0 && s.Last <= math.MaxUint32 }

// DigestLine is one line of a digest.
type DigestLine struct {
	Origin   OriginID
	Counters Spans
}

// NewDigest returns an empty digest.
func NewDigest() *Digest { return &Digest{} }

// Contains reports whether the entry (s, counter) is held.
func (v *Digest) Contains(s OriginID, counter uint64) bool {
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
func (v *Digest) Add(s OriginID, counter uint64) bool {
	return v.AddSpan(s, Span{counter, counter}) > 0
}

// AddSpan puts a span of one origin's entries in and returns how many were
// new.
func (v *Digest) AddSpan(s OriginID, span Span) (added uint64) {
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
		l.last = uint32(span.Last) // the usual case: the next of an origin
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
func (v *Digest) counters(l *line) Spans {
	if l.first != 0 {
		return Spans{l.full()}
	}
	return v.more[l.origin]
}

func (v *Digest) set(l *line, counters Spans) {
	if len(counters) == 1 && counters[0].isShort() {
		l.first, l.last = uint32(counters[0].First), uint32(counters[0].Last)
		delete(v.more, l.origin)
		return
	}
	if v.more == nil {
		v.more = map[OriginID]Spans{}
	}
	l.first, l.last = 0, 0
	v.more[l.origin] = counters
}

// size is how many lines there are, and spans where one does not do.
func (v *Digest) size() int {
	n := v.origins
	for _, spans := range v.more {
		n += len(spans)
	}
	return n
}

// Count is the number of entries held.
func (v *Digest) Count() uint64 { return v.count }

// Lines returns the digest's lines. They must not be changed.
func (v *Digest) Lines() []DigestLine {
	out := make([]DigestLine, 0, v.origins)
	for i := range v.lines {
		if l := &v.lines[i]; l.origin != (OriginID{}) {
			out = append(out, DigestLine{Origin: l.origin, Counters: v.counters(l)})
		}
	}
	slices.SortFunc(out, func(a, b DigestLine) int {
		x, y := a.Origin.Value(), b.Origin.Value()
		return cmp.Or(strings.Compare(x.Node, y.Node), strings.Compare(x.Log, y.Log))
	})
	return out
}

// MissingFrom is how many of v's entries other does not hold. It costs one
// step per span, not per entry.
func (v *Digest) MissingFrom(other *Digest) uint64 {
	missing := v.count
	for i := range v.lines {
		l := &v.lines[i]
		if l.origin == (OriginID{}) {
			continue
		}
		theirs := other.find(l.origin)
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

// linear is up to how many origins are looked through one by one.
const linear = 8

// vectorSeed is of the hashes that say where an origin is found, which nothing
// else depends on.
var digestSeed = maphash.MakeSeed()

// find returns the line of an origin, or nil. It is valid until the next insert.
func (v *Digest) find(s OriginID) *line {
	if v.isList() {
		for i := range v.lines {
			if l := &v.lines[i]; l.origin == s {
				return l
			}
		}
		return nil
	}
	if l := &v.lines[v.place(s)]; l.origin == s {
		return l
	}
	return nil
}

// isList reports whether the lines stand one after the other.
func (v *Digest) isList() bool { return len(v.lines) <= linear }

// place returns where an origin stands in the table, or the free place where it
// would.
func (v *Digest) place(s OriginID) uint64 {
	mask := uint64(len(v.lines) - 1)
	at := maphash.Comparable(digestSeed, s) & mask
	for v.lines[at].origin != s && v.lines[at].origin != (OriginID{}) {
		at = (at + 1) & mask
	}
	return at
}

// prefetch looks at an origin's line and does nothing with it, so that it is in the
// cache when it is wanted. A processor waits for many lines at the same time as
// it does for one, if nothing else comes in between.
func (v *Digest) prefetch(s OriginID) {
	if len(v.lines) >= cold {
		v.fetched += v.lines[maphash.Comparable(digestSeed, s)&uint64(len(v.lines)-1)].last
	}
}

const (
	// cold is from how many lines on a digest may not be in the cache.
	cold = 256
	// prefetchBlock is for how many entries lines are fetched ahead: more than a
	// processor waits for at once, and so few that the first is still there when the
	// last has come.
	prefetchBlock = 32
)

// insert puts an origin in that is not there, with nothing in its line.
func (v *Digest) insert(s OriginID) *line {
	v.origins++
	if v.origins <= linear {
		v.lines = append(v.lines, line{origin: s})
		return &v.lines[v.origins-1]
	}
	if v.isList() || 4*v.origins > 3*len(v.lines) {
		v.grow()
	}
	l := &v.lines[v.place(s)]
	l.origin = s
	return l
}

// grow makes a table, or a larger one.
func (v *Digest) grow() {
	former := v.lines
	v.lines = make([]line, max(4*linear, 2*len(former)))
	for i := range former {
		if l := &former[i]; l.origin != (OriginID{}) {
			v.lines[v.place(l.origin)] = *l
		}
	}
}
