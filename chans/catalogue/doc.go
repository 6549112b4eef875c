// Package catalogue holds the queues a node could be built from, each in its
// classical form, behind one interface and measured side by side. What a node
// runs on is package chans; its package comment says which of these it chose
// for which edge, and results/chans.md has the figures. It is kept because that
// choice is a claim about queues that a reader can only check by running them.
//
// # The queues
//
//	type           shape  full when           a put is    a take is   source
//	Cell           SPSC   it holds a value    wait-free   wait-free   weave, channels_spsc_single
//	PointerCell    SPSC   it holds a pointer  wait-free   wait-free   weave, channels_spsc_single_ptr
//	Ring           SPSC   capacity, any       wait-free   wait-free   weave, channels_spsc.md, bounded_queues
//	Intrusive      MPSC   never               lock-free*  wait-free   Vyukov, intrusive MPSC node-based queue
//	Pooled         MPSC   capacity, any       lock-free*  lock-free   Vyukov, non-intrusive MPSC node-based queue
//	SlottedSingle  MPSC   capacity, any       lock-free*  wait-free   Vyukov, bounded MPMC queue, for one consumer
//	Slotted        MPMC   capacity, any       lock-free*  lock-free*  Vyukov, bounded MPMC queue
//	TwoLock        MPMC   capacity, any       blocking    blocking    Michael and Scott 1996, two-lock queue
//	Locked         MPMC   capacity, any       blocking    blocking    a ring under one mutex
//	Native         MPMC   capacity, any       blocking    blocking    a Go channel
//
// SPSC, MPSC and MPMC say how many goroutines may put and take at the same
// time: a single one or many. Wait-free: every call ends within a bounded number
// of steps, whatever the others do. Lock-free: some call always ends, but one
// caller can be overtaken again and again. Blocking: a caller that loses its
// processor in the wrong moment holds the others up. The star: the call has two
// steps, and who stops between them holds nobody up in a call, but what is
// behind it: items put after that one stay hidden until it goes on, and a slot
// that is being emptied stays full. As a whole such a queue is not lock-free.
//
// Cache keeps TwoLock queues for those who need one for a short while.
//
// The weave sources are those of github.com/mratsim/weave, to which the note on
// message-passing of the Nimbus beacon node refers. The mistakes found in them
// are tests here: a queue that is opened again and stays closed, a length with
// its sign reversed, a count below zero, a drained queue that keeps its items
// alive.
//
// # What a call costs
//
// Its atomic writes and little else. On amd64 each is a locked instruction, a
// store too, and an item put in and taken out costs two of them in a Ring,
// three in a SlottedSingle and four in a Slotted or a TwoLock. So the Ring's
// calls are inlined, and the consumer of a SlottedSingle publishes no place of
// its own. Producers of a Slotted or SlottedSingle, or consumers of a Slotted,
// that lose a race let other goroutines run: two of a kind at the same time
// are in each other's way.
//
// # How to use them
//
// In batches where there can be any: that is worth more than the choice of the
// queue. Items of 100 bytes and more go through TryPutBatch and TryTakeBatch
// also one by one, or as pointers: passed by value they are copied on every call
// on the way.
//
// # What all have in common
//
// No call of a Queue waits; Waiting makes any of them one whose calls do, end
// with a context, and are woken by Close. Items of one producer leave in the
// order in which it put them in. A put that returned true is taken exactly
// once, by a consumer that goes on until Drained; one that returned false has
// left nothing behind, also if it ran at the same time as Close. A slot is
// wiped when its item is taken. After the constructor nothing is allocated.
//
// Producers of an SPSC queue, and consumers of an SPSC or MPSC queue, must not
// overlap. With the build tag chansdebug such a queue remembers the goroutine
// that puts and the one that takes, and panics when another one does; without
// it this costs nothing. HandOverProducer and HandOverConsumer announce a
// change, which needs synchronisation of its own. The race detector sees only
// those mistakes that happen.
package catalogue
