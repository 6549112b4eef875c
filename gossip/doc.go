// Package gossip is the gossip of one node as a pure state machine: it is
// given time and messages and gives back messages. It knows nothing of lines,
// queues, goroutines or clocks, and draws no random numbers, so that a run is
// a function of its inputs: the same core serves a node in real time and a
// cluster in virtual time.
//
// # What the caller does
//
//  1. Appends what it takes from clients to the Log, and calls Learn.
//  2. Hands every gossip message of a peer to Receive. What Receive delivers it
//     stores (appends to the Log what the Log does not hold yet), calls Learn,
//     and only then Stored with the delivery's ticket: a batch is acked when
//     it is stored, not before.
//  3. Calls Advance when the time that Next names has come and there is room
//     for messages, and sends what it returns. Order among the messages to one
//     peer is worth keeping but not relied on; any message may be lost, late
//     or doubled. What it needs no more it may hand back with Release.
//  4. Chooses another Epoch for every Core it makes for a node, a larger one if it
//     can tell, and sets GreetAt where the Log was not empty or peers may know a
//     former incarnation.
//  5. Tells people when Refused says that a message made no sense.
//
// A Core belongs to one goroutine. The Log may be appended to by another one.
//
// # Links
//
// Neighbours are those of the spanning tree, or what repair has made of it. A link keeps what it has sent
// and not seen acked, and where in the log it has got to (cursor);
// its backlog is a position, not a queue, so a neighbour that is cut off for
// long costs nothing but itself. The cost of a message is the size of its
// delta, never of the history. What a neighbour told us is never told back.
//
// Batches are numbered, and an ack names exactly those that arrived and are
// stored. A cumulative number would acknowledge what was lost before it. A
// batch that is not acked in time is sent again under a new number, together
// with everything else unacked: messages are what costs. From then on the
// link is probing, and sends one message at a time, at growing intervals, until
// something is acked.
//
// A flush that acks what a child has just said needs no ack of its own; see silence.go.
//
// Under locked rounds a message that is lost costs its entries a round, and hardly a
// message. Every message repeats the newest acks. A batch that is not acked though a
// later one is goes again with the next flush or slot; and for a while after that,
// whatever is not acked in time rides on the next message to the peer, which answers
// for it from then on. See ride.go.
//
// # Rounds
//
// Free rounds: a timer of one period for every node, with a phase of its own. A
// value waits at every hop, P/2 on average.
//
// Locked rounds: the root flushes on a grid of period P. Every other node passes
// a flush on at once, and sends upwards just in time, a guard before its
// parent sends or flushes; type phase has the control law and why it cannot
// oscillate. A value waits once, at most P, however deep the tree:
//
//	worst latency = P + 2dL + d*guard, median about P/2 + 2dL
//
// with d the depth of the tree and L the latency of a link. While
// nodes look for their slots, at the start and after long silence, each level
// may add locked.slotWait to it: nothing for periods up to half a second. Per period every
// node but the root is told once if there is any news, and speaks once if
// anything in its subtree has news, so with v broadcasts a second, spread over n
// nodes, and s(i) the size of node i's subtree, the cluster needs
//
//	sum over all nodes i but the root of
//	    ((1 - exp(-v P)) + (1 - exp(-v P s(i)/n))) / P
//
// messages a second; for a star, where s = 1, it is the least possible. A
// node that has no slot yet sends at once, or, a leaf below the root at the start, when it
// guesses that slot to be; see locked.guess. Where periods are long it else asks its parent for
// an answer that tells the slot, which costs two messages per node at the start; where
// they are short, the flush that acks what it sent tells it. While it waits it holds what it learns for a little, not to
// spend a message on each, if the period is long. A parent that has none itself lets the child wait until it
// has.
//
// A node whose parent has no news for it gets no flush, but the parent acks
// what it sent up in the same round, and that moves what its children told it
// downwards just as well. So there is always a message to be moved by, unless
// it is lost: then the node moves by itself, when it would send up again.
// A timer one guard after the expected flush was measured instead. Under
// constant latency it costs up to 5 % more messages, under random latency 4 to
// 39 % more, as it fires before flushes that are merely late, and latencies are
// the same; see results/README.md.
//
// A node that stands still in its slot notices it by its timer and says so, and a parent
// that has spoken already speaks once more for it, as long as that costs few messages. The
// root looks whether it stands still when those below it are to speak, and waits for them as
// long; see turn.go. A machine that stands still for a moment then delays values by that
// moment and not by a period. The grid stays where it is.
//
// With a latency target the root sets P itself; see locked.choosePeriod.
//
// Eager rounds send what is learnt at once, over the tree or, with
// Config.Direct, from its origin straight to everyone.
//
// # Lives
//
// A core's incarnation has an incarnation, larger than those of the node's former incarnations unless
// a clock was set back. Every message names the sender's and the receiver's as the
// sender knows it. A peer's incarnation counts at once if its incarnation is the largest that
// was heard of it. One that is smaller is asked whether it is there, by a probe made
// for it, and counts when it has answered that; see type incarnations. So neither a clock
// nor an incarnation that was damaged or forged cuts anybody off: the peer's next probe,
// two round trips and a swap of digests, and all flows again.
//
// A message of a new incarnation starts the link anew; one made for another incarnation of ours
// tells us that the sender does not know what we lack, and we show it our digest.
// A side that held entries before the link began owes them, and asks for the
// other's digest to find out which are missing. Where neither holds anything when
// a cluster starts, no digest is exchanged, and a link costs no message of its own.
//
// A core that may be a restarted node's (Config.GreetAt) does not show its digest
// to all neighbours at once, who would all give it the same: to one first, and
// when that one's entries have come, to the others; see type catchUp.
//
// # Parts
//
// A Core is put together from machines that each own what they decide:
//
//	schedule     when deltas go up and down, and how long an ack may wait: locked, free, eager
//	scheme       along which links entries go: a fixed tree, one that repairs itself, direct
//	link         one peer: progress in the log, exchange of digests, acks, how far it can be reached
//	suspicion    who is out of reach
//	repair       who takes their place; it speaks of names, and of links through channels
//	antiEntropy  exchanges of digests with random peers while anybody is out of reach
//	catchUp      which neighbour a restarted node gets from what it lacks
//
// A link is streaming, probing or unreachable; see type state. An exchange of
// digests has two halves, ours and theirs, each none, due, sent or done; see type
// exchange. When an ack goes is said at type acks, when a batch counts as lost at
// Core.launch, and when a flush goes at each schedule.
//
// # Repair
//
// With Config.Tree a core does without nodes that do not answer. While everybody
// answers it says and keeps nothing for it.
//
//   - Suspicion (suspicion.go). A peer is out of reach after a batch that was not
//     acked in time and a probe that was not answered; where messages get lost all the
//     time, after so many probes that loss alone does not look like death. It
//     gets bare probes, at most maxInterval apart, until it answers.
//   - Attaching (repair.go). A node whose parent is out of reach asks those that may
//     replace it (topology.Successors), one, two, four, ... at a time, and the first of
//     them that answers becomes its parent. If there is none, the node is an orphan
//     root, of the rounds too, and goes on asking a few now and then.
//   - Adoption (adopt.go). It names its ancestors that do not answer. The new parent
//     probes those itself, and offers itself to their other children: to all for which it
//     is the first that may replace their parents and is not out of reach. So do
//     nodes that give up a child of their own. A node that gets an offer probes its
//     parent, and attaches or declines. An offer that is not answered is a probe like
//     any other, so that offers reach past any number of dead nodes.
//   - Return. When its parent in the tree answers, a node goes back to it, and
//     prunes the other.
//   - Anti-entropy (entropy.go). While anybody is out of reach to a node, it exchanges
//     digests now and then with a random node that is no link: every usefulSync while that brings
//     what should have been everywhere for long, else less and less often, down to
//     once in maxSync. A peer that has not answered within a second is skipped. An orphan
//     root brings all that it holds, not only what is old, to nodes that do not hear
//     its rounds. So a cut that leaves the network connected, but its trees apart, still
//     lets everything through.
//
// # Invariants
//
// They hold between any two calls. View.Check tests all but 13 to 15, which a
// look at one core cannot tell; tests call it after every step, and so does the
// watch of a test bed. Those three are held to by the tests' monitor, which sees
// every message, and by testbed/invariant, which sees every node.
//
//  1. The digest is of what has been learnt of the log: no more, no less.
//  2. Base, cursor and all segments in flight or to be sent again lie within the
//     log; segments lie below the cursor, but over direct links, where an
//     exchange of digests does not wait for it.
//  3. Batch numbers rise, per link and incarnation of ours.
//  4. A parent comes before its child in the natural order, which is the same
//     everywhere. So whatever nodes suspect, and however wrongly or late, parents
//     make no cycle.
//  5. There is at most one parent, and the link with the role is the one that
//     entries go up.
//  6. A link has a permit only while something is in flight on it or it is about to
//     speak, and unacked is the sum of what is in flight.
//  7. On a link that is probing, at most one batch with entries is in flight.
//  8. A mute link is unreachable, and is owed nothing: no segment, no digest.
//  9. A link is queued once or not at all, filed under its name, and wakes no later
//     than its first deadline.
//  10. Acks are of batches that came, and something sends those of a parent and of
//     the children: a deadline, a flush that is planned, or this Advance; or our silence
//     says as much.
//  11. Our digest counts as sent only while a part of it is in flight. Only a log
//     that held something owes.
//  12. A link is unreachable if and only if suspicion lists its peer, and children
//     and carriers are as many as are counted.
//  13. A batch is acked when its entries are stored here, and not before.
//  14. An entry is in the log once, and never told back to the peer that told it.
//  15. Every position below the cursor of a tree link was acked, told by the peer, is
//     in flight, to be sent again, said to be stored by the silence of a peer that speaks
//     if it is not, or lies below base while the link owes: so
//     nothing is lost. Whenever a link is given up, nothing of it counts any more;
//     whenever it is taken up again, both sides show what they hold, and all that the
//     other lacks of it is sent. A link counts for a node's parent only when that is done,
//     and the former one is given up only then.
//  16. A link waits for a permit if and only if it stands in the line for one.
//
// From 4 it follows that there is one tree in the end: an orphan root goes on asking
// those before it. If all can reach all, only the first of those that are alive is a
// root, and everybody hangs from it.
//
// What comes from another root has rounds whose numbers cannot be compared. So
// every change of root on the way down begins a new term (Message.Term), which
// counts per link; see type roundID.
//
// # When it is full
//
// Unacked entries on a link are bounded by Config.WindowBytes; beyond it, and
// without a permit, deltas wait and merge. Links that wait for a permit get it in the order
// in which they asked, see permits.go. Acks, probes and digests need no
// permit. No message exceeds MaxLineBytes as a line, except one that carries a
// single larger value.
package gossip
