// Package chans is how the services of a node are joined: bounded queues, the
// broker that makes and owns them, the inboxes through which a service
// consumes, and the supervisor that starts a crashed service again.
//
// # Sizes
//
// A Queue has two sizes. Beyond the preferred size it still takes everything,
// but it is unhealthy: a monitor that polls Depth (one atomic read) sees that,
// and has less work sent its way. At its capacity it is full: Offer refuses and
// counts. Depth counts what was accepted and is not yet handled, so
// a batch that a consumer took to work on is still in it, and capacity bounds
// all the memory a queue can hold. A queue without use holds no slots; they
// are allocated by doubling as depth asks for them, and given back when a
// queue that had grown is empty again.
//
// # Who may call what
//
// Every method of Queue and Broker may be called from any goroutine, by any
// number of producers. Items of one producer leave in the order in which it put
// them in. An Inbox is the only consumer of its queue and belongs to one
// goroutine at a time, except for Lost. No call waits, so no queues can wait for
// each other in a circle.
//
// # Time
//
// The package reads no clock. Times are durations since an arbitrary start,
// the same for all calls, passed in as now; they serve for figures alone. So
// a driver with virtual time uses the very same queues. Goroutines are started by
// Supervisor.Run only.
//
// # Crashes
//
// A panic of a service costs the item it had in hand. Its queues live on in
// the broker, and so does its Inbox with the rest of the batch already taken:
// the service goes on with the item after the one that was lost, which
// Inbox.Abandon hands over.
//
// # Which queue serves which edge, and why
//
// Every edge of a node (intake: from the reader, and from gossip what it
// stores; gossip: from the reader; journal: from the store; output: from all of
// them) has Queue, which is the catalogue's Locked with figures: a ring under
// one mutex, taken from in batches. Package chans/catalogue has the queues that were tried in
// its place, results/chans.md what they cost. What decided, on two cores:
//
//   - Batches are worth more than any choice of queue. Under a mutex or two
//     locks, 64 at a time, an item costs 1 to 3 ns; one at a time no queue here,
//     in xsync or in Go is below 10 ns, and most are at 15 to 60 ns.
//   - Where the ends run beside each other, a queue that only tries and one that
//     sleeps cost about the same item by item, and both scatter. One producer
//     that puts batches in under a mutex pays half if both ends sleep, as each
//     then leaves the mutex to the other. A channel of Go sleeps too, but has no
//     batches, and a select beside its context makes it twice as dear.
//   - Two producers and more per edge, a depth that includes what a consumer
//     holds, ages, and a crash that leaves the batch to the next consumer rule
//     out a queue for one producer, and cost Queue more (some 20 ns an item, for
//     an Inbox 40) than its mutex does. In a request of more than 1000 ns that is
//     not what to save first.
package chans
