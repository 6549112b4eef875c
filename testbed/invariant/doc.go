// Package invariant watches the nodes of a run in virtual time from the inside,
// and holds them to what must be true at any time, not only at the end:
//
//   - No value is invented: what a node knows was broadcast, to the node that is
//     its origin, and is the same everywhere.
//   - A value that is acknowledged to a client is known to the node that says so.
//   - What is known is not forgotten while a node that knows it lives, or the
//     journal of one that does not.
//   - What a link counts as confirmed is stored on the other side, by the very
//     life of the peer that the link is with.
//   - The parents of live nodes make no circle.
//   - The invariants of a gossip core, which package gossip numbers, hold after
//     every step of its node.
//   - Once everything is healed, every node comes to know all that any node
//     knows, within a bound.
//
// A value may rightly be lost only if every node that ever had it was killed and
// no journal kept it, or the journals that did were harmed before the nodes could
// write them again; the watch knows when that is so, to the value.
//
// # Use
//
// A driver tells a Watch what happens to its nodes; the first thing that is
// wrong is kept, and nothing is looked at any more. All methods belong to one
// goroutine. What is kept is a few words per value and node, for as long as the
// run lasts.
package invariant
