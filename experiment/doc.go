// Package experiment makes runs of the test bed: it joins a driver, the
// observers that count while a run goes on, the checker and the record of the
// run. A Plan says what to run and with which driver; Test carries it out once.
//
// Observers are called from the driver's goroutine; apart from that a Plan and
// what Test returns belong to their caller. Nothing here is bounded but by the
// length of a run: a history is kept in memory whole, messages are not.
package experiment
