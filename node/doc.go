// Package node is one treecast node: a Maelstrom node for the broadcast
// challenge. Its services are pure steps; the runtime joins them by queues.
//
//	stdin -> reader -> [intake] -> store -> [journal] -> journal -> [output] -> output -> stdout
//	            \-> [gossip] -> gossip -^ what it learnt      \-> notices -> gossip: it is durable
//
// A value's way is a straight line: nothing comes back to a service that it has left.
// docs/ARCHITECTURE.md draws it, and says where it waits.
//
// The reader (intake) decides what becomes of a line. The store (record) checks it,
// gives counters to the node's own entries and answers reads. The journal (journaler)
// makes durable what promises something, as much at a time as there is, and then lets
// it out: it applies entries to the state, answers broadcasts and tells gossip what it
// may ack. Gossip carries messages between peers and gossip/service. Output writes
// lines. A node without a journal has no such service; its store applies and answers.
//
// The state's log is read by gossip by index, and its list by the store; nothing else is
// shared but immutable entries.
//
// # The journal
//
// An init is answered when the journal has been read, or with error 13 after 8 s in
// which another process held it; what needs no journal is served meanwhile. Reads,
// refusals, health, topology and echo never wait for the journal, however slow it is:
// a read shows the own values that are durable and all that the peers' messages before
// it have brought.
//
// While the journal cannot be written, the store refuses broadcasts with error 11.
// Those that had their counter by then are answered with 13: they are owed to the
// journal, written first when it can be written, and applied then, so that no counter is
// given twice and none is left out. Entries of peers are shown and passed on meanwhile;
// only their acks wait. A journal that is gone is written again from the state's log, a
// part at a time.
//
// # Concurrency
//
// Each service is one value of one interface, Service, and a driver loops over a
// slice of them. A step belongs to one goroutine at a time: New makes a Node in which
// nothing happens by itself, and Run drives it, one goroutine and one queue for each
// service, under a supervisor that starts a crashed one again. Config.More adds
// services: one file each. The
// state belongs to the Node, so it survives a crash of a service; the gossip
// service begins a new life (a new epoch) and exchanges digests with its
// neighbours.
//
// # When it is full
//
// The reader never waits for a service but behind an init; only for stdout, see
// below. Where the intake is full, a request is answered at once with error 11,
// temporarily unavailable. A peer's message that finds no room is dropped and
// counted; it is not acked, so it comes again. There is no cycle of bounded
// queues: gossip drops a delta rather than wait for the store, and the store drops
// it, or refuses a broadcast, rather than wait for the journal. Own gossip is only made when there is room for it. What
// waits is bounded in items and in bytes.
//
// While stdout moves, the reader waits for room for a reply before it takes
// the next request, so that a client which writes more than it reads is slowed
// by its own pipe. Where stdout has stood still for a second, nobody waits:
// replies are dropped and counted.
//
// # When it is late
//
// A reply is written up to 4 s after its request came, a read's up to 9 s; after
// that it is dropped and counted. Maelstrom's clients wait for 5 s, and a reply
// to one that has gone makes Maelstrom deaf to the node. So a client which reads
// so slowly that replies wait for longer loses some of them, but no value: what
// it asked to be broadcast is stored, answered or not, unless error 11 was due.
// Answers to init and health are never too late.
//
// A request has come when it is read, or when the reader saw it lie on stdin: it
// looks now and then at how much there is in the pipe. What came while the process
// stood still for a second or two counts as having come when that began; after a
// longer stop it is not answered, but for reads, if the stop took less than 8 s.
// What the writer of a full pipe has not written yet nobody here can see, nor what
// lies in a stdin that does not tell, as a regular file.
package node
