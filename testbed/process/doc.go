// Package process drives a session in real time with nodes that are child
// processes: any Maelstrom binary. It moves bytes and time and decides nothing.
//
// # Goroutines
//
// Run is the only entry and returns when every child and every goroutine of the
// run has ended. Within it one goroutine owns the session; per node there is
// one that writes its stdin, one each that reads stdout and stderr, and one that
// waits for it. Observers are called from the one that owns the session, and
// must not block it.
//
// # What is full when
//
// A node that does not read its stdin holds up nobody: what is meant for it is
// kept in memory without bound, as Maelstrom's queues are. A node that prints
// faster than the session takes it is held up by its pipe.
//
// # No orphans
//
// Every child leads a process group of its own, so that Ctrl-C reaches the bed
// alone, which then stops the run in order. A node that is to be killed or paused
// gets its signal as a group. A node is started again only when nothing of its
// former process is left. At the end the groups are killed
// with SIGKILL. On Linux children also die with the bed, however it ends.
package process
