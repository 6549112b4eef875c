// Package harness runs nodes as processes for tests and benchmarks: it starts
// them, writes to them, expects their answers, kills them, and reads their memory
// and CPU time. It knows no more of a node than a client and a network do, so any
// Maelstrom binary can be run with it.
//
// A Process is one node: lines in, lines out. A Cluster is several, with a network
// between them that delivers at once and clients that call them. A Flood is one
// client that broadcasts as fast as it is answered.
//
// Its methods may be called from any goroutine. Writing never blocks: what a node
// has not taken yet waits in memory, except for lines that are offered, which are
// refused once 4 KiB of them wait. The test bed proper does not use it: a run of
// the bed has process groups, strays and faults to look after, see testbed/process.
package harness
