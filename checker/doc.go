// Package checker is the arithmetic that workloads share: it computes Maelstrom's
// figures and verdicts from a history and from the messages of its network,
// exactly as Jepsen and Maelstrom do, and beside them our own stricter ones.
//
// Maelstrom's: SetFull, Stats, Availability, Net. Ours: Strict (what set-full does
// not see), Settled (when nothing was wrong), Delivery (true latency to the last
// node), Traffic (who sent what to whom), Challenges. A workload's Judge, in
// package workload, puts them together with what is its own.
//
// All functions are pure: no clock, no goroutine, no randomness, and the same
// input gives the same output byte for byte. A history is only read, so one
// may be checked by several functions at once. Net, Delivery and Traffic are
// fed while a run goes on and belong to one goroutine each. Nothing here
// blocks or refuses: memory grows with the number of distinct values, nodes
// and links, and not with the number of messages.
package checker
