package gossip

import "sync/atomic"

// chunkEntries is how many entries a chunk of a Log holds: small enough that
// ten thousand nearly empty logs fit into one process.
const chunkEntries = 256

// Log is an append-only list of entries in the order in which a node came to
// know them. One goroutine appends; any number may read what Len has shown
// them, without locks: published entries never move and never change.
type Log struct {
	length atomic.Int64
	chunks atomic.Pointer[[]*[chunkEntries]Entry]
}

// NewLog returns an empty log.
func NewLog() *Log {
	l := &Log{}
	l.chunks.Store(&[]*[chunkEntries]Entry{})
	return l
}

// Len is the number of entries published so far.
func (l *Log) Len() int { return int(l.length.Load()) }

// At returns entry i, 0 <= i < Len().
func (l *Log) At(i int) Entry {
	return (*l.chunks.Load())[i/chunkEntries][i%chunkEntries]
}

// Append publishes e as the last entry and returns its position. Only the
// log's single writer may call it.
func (l *Log) Append(e Entry) int {
	n := l.Len()
	table := *l.chunks.Load()
	if n == len(table)*chunkEntries {
		// A reader holds the old table header at worst, which stays valid:
		// append writes behind the length that header shows.
		table = append(table, new([chunkEntries]Entry))
		l.chunks.Store(&table)
	}
	table[n/chunkEntries][n%chunkEntries] = e
	l.length.Store(int64(n + 1))
	return n
}
