package gossip

import (
	"math"
	"sort"
	"strings"
	"sync/atomic"
)

const (
	// chunkEntries is how many entries a chunk of a Log holds.
	chunkEntries = 256
	// firstEntries is for how many the first chunk has room at first: so few
	// that ten thousand nearly empty logs fit into one process.
	firstEntries = 16
	// packedBytes bounds the text of a packed chunk, so that 16 bits tell where
	// a value ends. Larger values stay where they are: to copy them saves
	// nothing.
	packedBytes = math.MaxUint16
)

// Log is an append-only list of entries in the order in which a node came to
// know them. One goroutine appends; any number may read what Len has shown
// them, without locks: published entries never change.
//
// A chunk that is full is packed: a small value then takes its own bytes and
// some three more, and a million entries are a few thousand objects to the
// garbage collector.
type Log struct {
	length atomic.Int64
	packed atomic.Pointer[[]*packed] // all full chunks
	open   atomic.Pointer[open]      // the chunk behind them
	stood  stood
}

// open is the chunk that is appended to. Entries that are published are not
// written to any more.
type open struct {
	number  int
	entries []Entry
}

// packed is a full chunk.
type packed struct {
	runs []packedRun
	text string               // the values, one behind the other
	ends [chunkEntries]uint16 // where in text each ends
	wide []Entry              // where the values are too large: the entries as they were
}

// packedRun is entries of one origin with consecutive counters.
type packedRun struct {
	from   int // position in the chunk
	origin OriginID
	first  uint64
}

// NewLog returns an empty log.
func NewLog() *Log {
	l := &Log{}
	l.packed.Store(&[]*packed{})
	l.open.Store(&open{})
	return l
}

// Len is the number of entries published so far.
func (l *Log) Len() int { return int(l.length.Load()) }

// At returns entry i, 0 <= i < Len().
func (l *Log) At(i int) Entry {
	number, at := i/chunkEntries, i%chunkEntries
	if full := *l.packed.Load(); number < len(full) {
		return full[number].at(at)
	}
	if o := l.open.Load(); o.number == number {
		return o.entries[at]
	}
	return (*l.packed.Load())[number].at(at) // it has become full since
}

// Append publishes e as the last entry and returns its position. Only the
// log's single writer may call it.
func (l *Log) Append(e Entry) int {
	n := l.Len()
	number, at := n/chunkEntries, n%chunkEntries
	o := l.open.Load()
	if number > o.number {
		// Readers look among the full chunks first, and again if it is not the
		// open one: so it is put there before it is taken away here.
		full := append(*l.packed.Load(), pack(o.entries))
		l.packed.Store(&full)
		o = &open{number: number, entries: make([]Entry, chunkEntries)}
		l.open.Store(o)
	} else if at == len(o.entries) {
		grown := make([]Entry, max(firstEntries, 2*at))
		copy(grown, o.entries)
		o = &open{number: number, entries: grown}
		l.open.Store(o)
	}
	o.entries[at] = e
	l.length.Store(int64(n + 1))
	return n
}

// pack packs a full chunk.
func pack(entries []Entry) *packed {
	p := &packed{}
	size, runs := 0, 0
	for i := range entries {
		size += len(entries[i].Value)
		if i == 0 || !follows(&entries[i-1], &entries[i]) {
			runs++
		}
	}
	if size > packedBytes {
		p.wide = entries
		return p
	}
	p.runs = make([]packedRun, 0, runs)
	var text strings.Builder
	text.Grow(size)
	for i := range entries {
		e := &entries[i]
		if i == 0 || !follows(&entries[i-1], e) {
			p.runs = append(p.runs, packedRun{from: i, origin: e.Origin, first: e.Counter})
		}
		text.WriteString(e.Value)
		p.ends[i] = uint16(text.Len())
	}
	p.text = text.String()
	return p
}

// follows reports whether b is the next entry of a's origin.
func follows(a, b *Entry) bool { return a.Origin == b.Origin && a.Counter+1 == b.Counter }

func (p *packed) at(i int) Entry {
	if p.wide != nil {
		return p.wide[i]
	}
	r := &p.runs[0]
	if len(p.runs) > 1 {
		r = &p.runs[sort.Search(len(p.runs), func(n int) bool { return p.runs[n].from > i })-1]
	}
	start := uint16(0)
	if i > 0 {
		start = p.ends[i-1]
	}
	return Entry{Origin: r.origin, Counter: r.first + uint64(i-r.from), Value: p.text[start:p.ends[i]]}
}
