package gossip

import "unique"

// Source names one origin's data: Origin is the node that took the values
// from its clients, Log tells one life of its data from another (a node that
// restarts without its data starts a new log). Counters run 1, 2, 3, ...
// within a source.
type Source struct {
	Origin string
	Log    string
}

// SourceID is an interned Source: eight bytes, comparable, equal exactly when
// the sources are.
type SourceID = unique.Handle[Source]

// NewSourceID interns a source. It may be called from any goroutine.
func NewSourceID(origin, log string) SourceID {
	return unique.Make(Source{Origin: origin, Log: log})
}

// Entry is one broadcast value and its identity, (Source, Counter). The same
// value broadcast twice is two entries. Entries are immutable.
type Entry struct {
	Source  SourceID
	Counter uint64 // 1, 2, 3, ... within Source
	Value   string // JSON, as it was first spelt
}
