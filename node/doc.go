// Package node is one treecast node: a Maelstrom node for the workloads in package app,
// none of which it names. Its services are pure steps; queues connect them.
//
//	stdin -> reader -> [intake] -> store -> [journal] -> journal -> [output] -> output -> stdout
//	            \-> [gossip] -> gossip -^ deliveries      \-> storedSignal -> gossip: it is durable
//
// A value goes one way: nothing comes back to a service that it has left.
// docs/ARCHITECTURE.md draws that way and says where a value waits.
//
// The reader (intake) decides what is done with a line. The store validates values, gives
// counters to the node's own entries and answers reads. The journal (journaler) makes
// durable what makes a promise, as much at a time as its queue holds, and releases it: it
// applies entries to the state, answers broadcasts and tells gossip what it may ack.
// Gossip connects the node to gossip/service. Output writes lines. A node without a
// journal has no journal service; its store applies and answers.
//
// Gossip reads the state's log by index, and the store reads its list; services share
// nothing else but immutable entries.
//
// # The journal
//
// An init is answered when the journal has been read, or with error 13 if another process
// has held it for 8 s; requests that need no journal are served meanwhile. Reads, refusals,
// health, topology and echo never wait for the journal, however slow it is: a read shows
// own values that are durable, and all that the peers' messages before it have brought.
//
// While the journal cannot be written, the store refuses broadcasts with error 11.
// Broadcasts that had a counter by then get error 13; they are written first when the
// journal can be written, and applied then. So no counter is used twice and none is left
// out. Entries of peers are shown and passed on meanwhile; only their acks wait. A journal
// file that is gone is written again from the state's log, a part at a time.
//
// # Concurrency
//
// Each service is a value of one interface, Service, and a driver loops over a slice of
// them. A step belongs to one goroutine at a time. New makes a Node in which nothing happens
// by itself; Run drives it, with one goroutine for each service, under a supervisor that
// restarts a crashed one. Config.More adds services, one file each. The state belongs to
// the Node, so it survives a crash of a service; a crashed gossip service begins a new
// incarnation and exchanges digests with its neighbours.
//
// # When it is full
//
// The reader waits for no service, except after an init, and for stdout as described below.
// Where the intake is full, a request gets error 11, temporarily unavailable, at once. A
// peer's message that finds no room is dropped and counted; it is not acked, so the peer
// sends it again. There is no cycle of bounded queues: gossip drops a delivery rather than
// wait for the store, and the store drops it, or refuses a broadcast, rather than wait for
// the journal. Gossip makes messages only when the output has room for them. What waits is
// bounded in items and in bytes.
//
// While stdout moves, the reader waits for room for a reply before it takes the next
// request, so that a client which writes more than it reads is slowed by its own pipe.
// Where stdout has stood still for a second, no service waits for it: replies are dropped
// and counted.
//
// # When it is late
//
// A reply is written up to 4 s after its request arrived, a read's up to 9 s; after that it
// is dropped and counted. Maelstrom's clients wait 5 s, and a reply to a client that has gone
// makes Maelstrom deaf to the node. So a client that reads so slowly that replies wait longer
// loses some of them, but no value: its broadcast is stored, answered or not, unless it got
// error 11. Replies to init and health have no deadline.
//
// A request has arrived when it is read, or when the reader saw it on stdin: it measures
// from time to time how much there is in the pipe. What arrived while the process stood
// still for a second or two counts as having arrived when that began. After a longer stop it
// is not answered, except for reads if the stop took less than 8 s. The node cannot see what
// a client has not yet written into a full pipe, nor what is in a stdin that does not tell,
// such as a regular file.
package node
