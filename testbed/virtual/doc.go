// Package virtual drives a session in virtual time with treecast nodes that
// live in this process: a run of minutes takes a fraction of a second, and the
// same seed gives the same run, to the byte.
//
// It is the other driver beside package process. The session, the network, the
// faults and whoever observes them are the same, and so are the nodes: their
// own steps and queues, fed with lines and read line by line. What differs is
// that a clock is a number, and that how long a step takes is a setting (see
// Costs): a service that has done something is busy for that long, so queues
// build up where too much is asked of one.
//
// # Order
//
// Everything that happens is an event in one queue, by time. What happens at
// the same time is put in an order drawn from the seed: nothing else decides,
// no goroutine, no clock, no map. Lines on one pipe keep their order, and a tick
// of a node's monitor, which no other node notices, comes first.
//
// # Faults
//
// A node that is killed is gone with all that was on its way to and from it; the
// next one has its name and what its journal service had appended by then, and
// nothing else. Where no node will be killed, none has a journal, which would
// serve nobody. The services of a paused node do
// nothing while its pipes fill; when it goes on, its clock shows how long that
// was, as a stopped process' clock does. A node's clocks can jump ahead and go at
// another rate; its wall clock alone, of which its epoch is made, can be off.
//
// A service of a node that an injected fault makes panic is started again, without
// the item it had in hand, as in a process; one that does so too often ends its node.
// Any other panic is a mistake in the program, and ends the node at once.
//
// # Concurrency
//
// Run is the only entry; it does everything in the goroutine that calls it,
// observers included. Runs share nothing, so any number may go on at a time.
//
// # What is full when
//
// A pipe holds what its reader has not taken, without bound; a node sees no more
// of it than a real pipe would hold, the rest being its writer's. A node's queues
// are its own, with their own bounds. A node's log is kept in memory; nodes
// limit how much they log.
package virtual
