// Package service is the gossip service of a node as a stream of frames: Step takes
// an In, all that has happened since the last one, and returns an Out, all that is
// to be done about it.
//
// Both are plain data: names, messages as bytes, entries, numbers. Nothing in them
// is a queue, a clock, a lock or a function, so a goroutine, a test and a child
// process at the other end of a socket pair can drive the same step. Inside stand
// the gossip core, its messages as bytes (gossip/codec) and the permits of its links.
//
// # What is shared where both ends are one process
//
// Entries need not be copied there: Shared.Log is the log of whoever holds the
// state, which the service reads by index, and Appended stays empty. Without it the
// service keeps a log of its own, of what Appended brings. Shared.Withhold goes with
// it: the log may have gained an entry since In was made, and so what is not durable
// has to be asked for when a message is there; without it NotDurable says so. Nothing
// else differs.
//
// # The caller's duties
//
//  1. Now never goes back.
//  2. Begin comes once in a life of the service, and again to begin another one: the
//     peers take that for a restart, and exchange digests.
//  3. What an Out delivers is stored, or dropped: what is dropped comes again, as it
//     is not acked. When it is stored, and durable, its ticket comes back in Stored,
//     behind the entries themselves.
//  4. Of the packets of an Out all are sent, in their order. There are at most Room.
//  5. An Out, and what it points to, is valid until the next Step; the entries in it
//     stay as they are.
//  6. Step is called when Next says so, or when something has happened.
//
// # Room for apps
//
// A value is opaque here. What apps will need travels as the rest does: an entry
// that stands for earlier ones of its log is an entry with a mark, and the least
// digest that every node is known to hold is one more field of Out.
package service
