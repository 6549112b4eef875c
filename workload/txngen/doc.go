// Package txngen generates the transactions that Maelstrom's clients ask for:
// reads and unique writes over a pool of keys. txn-rw-register and
// txn-list-append send them as they are, kafka takes transactions of one
// micro-operation and makes sends and polls of them.
//
// A Pool is given its randomness with each call and has no clock and no
// goroutine: the same seed gives the same transactions. A Pool belongs to one
// goroutine.
package txngen
