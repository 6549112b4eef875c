// Package experiment makes runs of the test bed: it joins a driver, the
// observers that count while a run goes on, the checker and the record of the
// run. A Plan says what to run and with which driver; Test carries it out once,
// Measure does so in virtual time without leaving files. Sweep makes the runs
// of many plans, with several seeds each: what it varies is a Grid, and its
// folder has every run as soon as it is done, so that it can be stopped and
// gone on with. Fuzz draws plans (see Schedule) until one goes wrong. Load reads
// what runs, sweeps and real Maelstrom have left.
//
// Observers are called from the driver's goroutine, and in a large virtual run
// those that count and record, in the same order, from one beside it (see aside);
// apart from that a Plan and what Test returns belong to their caller. A Sweep or a Fuzz has as many runs
// under way as it is told to, each in a goroutine of its own; it tells its progress from
// one of them at a time. Nothing here is bounded but by the length of a run: a
// history is kept in memory whole, messages are not. A sweep keeps a row of
// every run.
package experiment
