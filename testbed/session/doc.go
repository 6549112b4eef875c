// Package session is the order of a run, as Maelstrom and Jepsen have it, in
// pure time: it starts the nodes, sends init and topology, lets clients do
// operations while a nemesis cuts the network, disturbs messages, and kills and
// pauses nodes; it heals all that, waits, lets clients do what they do last and
// stops. It owns the network, Maelstrom's services in it, the clients and the
// history. What clients ask and make of replies is the workload's. It moves no
// bytes and reads no clock: a driver does, and is told what to do by Outputs.
//
// # Order
//
//	starting    the nodes are started in a random order, 2 to 4 ms apart; each,
//	            once it is, joins the network and is sent init by a client of
//	            its own (10 s to answer)
//	topology    one client per node; each sends a topology request if the
//	            workload needs one (5 s)
//	load        operations at random intervals, nemesis steps, until the time
//	            limit; each worker has one operation outstanding
//	draining    until those are done or timed out (5 s)
//	            then everything is healed: cuts and other faults of the network
//	            end, paused nodes go on, killed ones are started and sent init
//	quiet       nothing is asked for a while (10 s)
//	final       what the workload's generator has each worker do last, which are
//	            asked in random order
//	inquiry     the run proper is over; nodes are asked what the workload wants to
//	            know, for the strict verdict alone: it stands in no history and
//	            no figure, and no observer is told. Where the load was not
//	            followed by healing and quiet, these come first
//	done        every node is stopped
//
// A workload that does not recover has no healing, quiet and final phase.
//
// # Killed nodes
//
// A node that the nemesis kills stays in the network under its name, and so do
// the clients that talk to it. What is sent to it waits, ten messages at most.
// When it is started again it is the same node in a new life: it is sent init,
// before all that waits for it, and no topology. Its death is no crash; that of
// a process which ends by itself is one, and such a node is not started again.
//
// # Conduct
//
// Maelstrom takes much without a word: what stands behind a message on its line,
// a second reply, a reply after the time-out, a message under another's name, a
// request that is never answered. All of it goes on here as it does there, and is
// a finding of the Result. A request is excused if a fault was active after it
// was sent, or within 5 s before.
//
// # Duties of a driver
//
//   - One goroutine; now never goes back.
//   - Call Begin once, then the method that fits whenever something happens,
//     and Advance at the time that Next names, or soon after.
//   - Do what the Outputs say before the next call: the slice is reused, what
//     the Outputs hold is not.
//   - After the Output Done, nothing that is handed in has any effect.
//
// # What is bounded
//
// A worker has one request outstanding, so the clients never flood a node. What
// a node sends is not limited here: queues in the network grow as Maelstrom's
// do. The history keeps every operation, and so every list that was read.
package session
