// Package app is the seam between a node and the workloads that it solves: what a
// node makes of entries. A workload is one folder below this one and one line in
// package app/all; nothing else of the node names it.
//
// A Kind is what can be said of a workload before anything has happened: its name,
// which requests are its own, how they are read. An App is its state on one node.
//
// Both are pure. A node calls an App for one thing at a time, gives it the time, and
// does all else: it gives entries their counters, writes them to the journal, answers
// when they are durable, gossips, repairs, sheds load. So an App survives what a node
// survives, and runs in virtual time as it does in real time.
//
// # What happens to a request
//
//	Kind.Parse       the reader: what the request asks for, and how the node treats it
//	Kind.Answer      the reader: class Now, answered without a state
//	App.Serve        the store, in the order of stdin: an answer, or an entry to be given out
//	App.Apply        an entry is durable here, or a peer's has come: it counts from now on
//	App.Next, Step   what the app does by itself: an entry to be given out
//
// The answer to a request that gives out an entry waits until that is durable.
//
// # Logs
//
// Entries of one node's life are in one log, and its name ends in the Kind's mark. So
// whoever holds or hears of a single entry knows what the cluster works on: a
// restarted node by its journal, and a node that is only read from by gossip.
package app
