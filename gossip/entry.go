package gossip

import "unique"

// Origin says where entries come from: Node took the values from its clients, and
// Log tells one life of that node's data from another. A node that restarts without its data
// starts a new log. Counters run 1, 2, 3, ... within an origin.
type Origin struct {
	Node string
	Log  string
}

// OriginID is an interned Origin: eight bytes, comparable, equal exactly when
// the origins are.
type OriginID = unique.Handle[Origin]

// NewOriginID interns an origin. It may be called from any goroutine.
func NewOriginID(node, log string) OriginID {
	return unique.Make(Origin{Node: node, Log: log})
}

// Entry is one broadcast value and its identity, (Origin, Counter). The same
// value broadcast twice is two entries. Entries are immutable.
type Entry struct {
	Origin  OriginID
	Counter uint64 // 1, 2, 3, ... within Origin
	Value   string // JSON, as it was first spelt
}
