// Package wire is Maelstrom's messages as lines: it reads them from a stream,
// takes them apart, and writes them. The format is Maelstrom's doc/protocol.md;
// the error codes are those of the official library,
// github.com/jepsen-io/maelstrom/demo/go, whose Node.Run loop this package
// takes the place of: no line limit that a cluster can hit, integers of any
// size kept exactly, a bad line is an [Item] and not the end of the process.
//
// What is accepted. A line must be JSON by the letter of encoding/json (a
// duplicate key counts with its last value, invalid UTF-8 reads as U+FFFD, at
// most [MaxDepth] levels); unlike encoding/json, keys must be spelt exactly.
// See [Parse] for the shape of a message.
//
// Concurrency. [Reader] and [Writer] are each for one goroutine at a time, and
// know nothing of each other. Everything else is a pure function. A [Message]
// owns all that it holds and may be handed on freely.
//
// When it is full. A line longer than the reader's limit is skipped in
// constant memory and reported as an item that still names the sender where it
// stood early in the line. The writer holds at most about 64 KiB before it
// writes by itself; it blocks for as long as the stream below blocks.
package wire
