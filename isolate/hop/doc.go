// Package hop is the way between a node and its gossip processes, as data: what they
// say to each other, who may send how much, when a child is given up and when the next
// one is started. It is pure but for what a Conn does: time and bytes are handed in. Package
// isolate makes real processes of it; InProcess makes one of both ends, for virtual
// time and for tests.
//
// # Who is where
//
// In mode Gossip a child holds the whole gossip service, with a copy of the entries of its
// own. In mode Links there is also a child for each neighbour, beside the gossip child,
// which reads that neighbour's messages and holds them to limits; the gossip child then reads
// no JSON, and writes what is the node's own. The parent passes on what it does not look into.
//
//	peer's line -> parent -> link child -> parent -> gossip child
//	                                                     |
//	store <- delivery <-------- parent <-----------------+
//	stdout <- packet <-------------+
//
// All children are the parent's own, so that one supervisor knows them all, the death of
// one takes no other along, and no child can pass itself off as another.
//
// # Messages
//
// The parent's first message is a Hello: the schema of all messages, and the configuration. The
// child answers with Ready. From then on each piece of Work has one answer, in the same
// order; an answer of the gossip child may also come by itself, when its time has come,
// and then counts as none. A child beats once a second, from a goroutine that does
// nothing else, and says how many pieces of work it has done.
//
// An answer that nobody waits for (to what the store has told, where nothing comes of it) need
// not come at once.
//
// # Nobody waits for anybody
//
// The parent never blocks: it hands a child no more than a window of unanswered work, and
// what does not fit waits for a second, by neighbours, and is dropped, or stays in
// the log. What a child may say is bounded by that: answers by the window, packets by
// the room that it was granted, beats by a token bucket. More is a flood, which ends the
// child. A child may block, as the parent always reads.
//
// The gossip child is shared by all neighbours, so their messages have turns, by what they have
// cost it: see fair. A link child is its neighbour's, but for nodes of very many.
//
// # What stays in order
//
//  1. Messages of a link are handled in the order of stdin (those of two links need not be), and those to a peer are
//     written in the order in which they were made.
//  2. An entry is in the child's log before the ticket of its delivery is.
//  3. What is not durable is known to the child before the entry is.
//  4. A child begins with all that the store held when it did.
//  5. What the node has given out of its own log is told before any message is that can
//     bring it back.
//  6. A read shows what the messages before it on stdin have brought, unless a child
//     takes longer than ReadPatience over them.
//  7. Nothing of a former child counts: its stream ends with it, and the tickets of its
//     deliveries bear its incarnation.
//
// # When a child is ended
//
// Watch says when: it is silent, it does no work although it has some, it takes too much
// memory, or its frames are none. Time in which the parent itself stood still does not
// count. Restarts says what is next: another child, at once or later, or, where children
// crash again and again, the same work inside the parent. What would harm the parent,
// memory that grows or work without end, is never taken inside.
package hop
