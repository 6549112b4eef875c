// Package workload is the seam between the test bed and what is tested with it:
// which operations clients do, how each is spoken to a node, and how a run is
// judged. It knows no workload by name.
//
// A workload is a folder below this one, with a value of type Workload, and a line
// in the map of package workload/all, as in Maelstrom it is a file and an entry of
// a map. Its parts are state machines without goroutines, clocks and randomness of
// their own:
//
//   - a Generator makes up operations and is told what becomes of them. It sees
//     which workers are free, and so can keep groups of workers apart.
//   - a Client speaks for one worker: an operation is one request to a node after
//     the other, each with its own time-out, until it is complete.
//   - Check turns a history into Maelstrom's figures and into findings of our
//     own. What it asks for beside the history, by Inquiry, is asked when the run
//     proper is over, and neither stands in the history nor counts anywhere.
//   - Views are what a person looks at: figures, tables, charts as data.
//
// # Who calls what
//
// The session calls a Generator and Clients from its one goroutine, in the order
// of the run. Check and Views are pure functions of their input and may be called
// from anywhere.
package workload
