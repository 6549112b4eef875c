// Package isolate runs the gossip of a node in processes of its own. What parent and
// child say to each other, when a child is given up and what is done then is package hop,
// which is pure; here are the processes.
//
// # A child
//
// A child is the same program again, started with the word Command and nothing else: its
// configuration is the first message on file descriptor 3, one end of a socket pair, so it
// is in no argument, no variable and no file, and no path on disk can be taken by
// somebody else. It says that it is ready, and does what it is told. It reads nothing from
// stdin and writes nothing to stdout, both of which are the null device: stdout carries
// what the parent writes, and nothing but Maelstrom's messages. What it writes to stderr, such
// as the stack of a crash, goes line by line through the parent's log, tagged with the
// child's name, generation and process.
//
// # Who ends when
//
// A child ends at once when its end of the socket is closed, which is what the kernel does
// to it however its parent ends. On Linux the kernel kills it as well (Pdeathsig),
// should it be stuck at that time; the thread that started it lives as long as it does, as
// that is what the kernel watches. macOS has no such thing: there a child that spins when its
// parent is killed notices when it next looks at the socket, which a goroutine of its
// own does. Signals that end the parent (interrupt, terminate, hang up) are ignored by
// children, so that the parent can write out what is queued. The parent waits for every
// child, so that none is left as a zombie.
//
// # Memory
//
// On Linux the parent reads from /proc how much memory of its own a child takes, ten times
// a second, and a limit on the child's data (RLIMIT_DATA) stands behind that. macOS has
// neither: there the child tells with each beat.
//
// # The choice of transport
//
// A socket pair, because both directions are one descriptor, nothing of it is in the
// file system, the death of either end is seen by the other, and it costs a hop of some
// 14 us. docs/ISOLATION.md has the figures of the alternatives.
package isolate
