// Package values keeps the values that a node shows: a Set, which tells whether one
// is new, and a List, which a read writes out.
//
// Values are known by their canonical form (wire.Canonical). What most values are,
// integers that count from 0 on, is kept as a bit each. Both are for one goroutine;
// a View of the list may be read by any.
package values
