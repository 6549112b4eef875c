// Package testbed is the room of the embedded, Maelstrom-compatible test bed.
// It holds no code of its own:
//
//	layout    the neighbour lists of a topology request
//	network   message ids, latency, receivers, partitions
//	nemesis   what goes wrong, and when
//	service   what Maelstrom offers nodes beside each other: lin-kv and the like
//	invariant what must be true inside of the nodes at any time
//	session   the order of a run, from the first init to the last read
//	process   a driver: any Maelstrom binary as child processes, in real time
//	virtual   a driver: treecast nodes in this process, in virtual time
//	harness   nodes as processes, for tests and benchmarks
//
// All but process and harness are pure: time and randomness are handed in, and the same
// inputs give the same run. A driver moves bytes and time between a session and
// its nodes; what clients ask and how a run is judged is in the folders of workload.
//
// The nodes under testdata are written with Maelstrom's official library, to
// prove that programs made for Maelstrom behave here as they do there.
package testbed
