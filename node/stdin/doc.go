// Package stdin tells how long the lines of a node's stdin have waited there, and
// whether those who sent them may have gone meanwhile: a reply to a client that has
// gone makes Maelstrom deaf to the node.
//
// Nobody writes on a line when it was sent. What can be known is this:
//
//   - A line was there when the reader saw it: it looks ten times a second at how
//     much of the pipe is unread (arrivals).
//   - While the process stood still nobody looked. The monitor ticks at a steady
//     pace, so a gap between its ticks tells when that began, and how long it took
//     (suspendDetector). What may have come meanwhile is as old as that.
//   - What is on stdin when a restarted node begins was meant for its former process.
//   - What the reader has waited for was not there before.
//
// Age puts these together, and knows no clock and no file: it is told the time, and
// what was seen. Stream is the other half: it asks the system how much of a file
// waits to be read. What the writer of a full pipe has not written yet nobody here
// can see, nor what lies in a stdin that does not tell, as a regular file.
//
// # Concurrency
//
// Tick belongs to the goroutine of the monitor, everything else to that of the
// reader.
package stdin
