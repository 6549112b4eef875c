// Package journal keeps what a node knows through the death of its process: it
// is appended to a file before anybody is told, and found again by the next
// life of the node.
//
// Format, scanning and evidence are pure; Files is the edge to directories,
// locks and other processes; Memory is the same journal without a disk, for
// drivers that model one.
//
// # The file
//
// A segment is a header and frames. The header bears the magic, the version,
// the node's name, the run's name and a random salt. A frame is a mark drawn
// from the salt, a length, a CRC-32C over salt, offset, length and payload, and
// the payload: either what an incarnation of the node begins with, or a batch of entries
// with the highest message id seen so far. A frame is written by one write(2),
// and stands for itself: no frame is needed to read another.
//
// A crashed append leaves a torn frame at the end, which is cut. Damage in the
// middle is stepped over to the next frame whose checksum is right; as the
// checksum depends on salt and offset, nothing that a client can have put into a
// value, and nothing that was copied from elsewhere, passes for a frame. What
// was lost is reported.
//
// # No counter is given out twice
//
// Nothing that stands in a file shows that its end is not missing: what a cut
// between two frames leaves, or an older copy that was put back, is as good as
// whole. Sizes, times and inodes, kept elsewhere, are rolled back with it, or are
// those of the copy. An incarnation that gave out counters of an earlier one would have
// others hold two values under one name, of which each of them shows one. So the
// entries that an incarnation gives out are in a log of its own, from 1 on, whatever was
// recovered. What the earlier incarnations gave out, and peers hold, comes back from
// them under its own name.
//
// A log costs a line of every digest, 44 bytes, for each incarnation that gave out
// anything; digests go over a link when it begins, and in swaps. A digest takes one
// message, and another one for every 230 logs.
//
// # Whose it is
//
// The place says where to look, evidence says whether to believe it. The place
// is a directory per run: named after TREECAST_RUN, or else after the process
// that started the node - its parent, or where that is a wrapper script, which
// is to say that it reads the very pipe that the node reads, the wrapper's
// parent. Evidence that a file is of this run is that TREECAST_RUN agrees, or
// that the init is later than everything journaled: it is not one of the first
// of a run, and its message id, or failing that its client's number, is above
// the highest seen. Without evidence the node begins with nothing: a value that
// nobody sent in this run is worse than a cold start.
//
// With evidence it never begins with nothing. What may be of this run and cannot be
// used is a BlockedError: a file that another process holds, that cannot be read,
// whose header is damaged or cut off, a second one that could be the node's as well,
// and a directory of the run that has become somebody else's. A file that is held is
// read for evidence without its lock. So two runs at once, under one parent, without
// TREECAST_RUN, may get into each other's way: name them.
//
// # Whose it was
//
// A file in use is locked (flock). The system lets go of the lock of a killed process
// when it has taken back all of its memory, which took more than a second of a process
// of 100 MiB on a busy machine: the next incarnation tries until then. At its end a node that has read all
// of its stdin removes its file. At its start a node removes directories of processes
// that are gone, where no file is locked, at once; that can be told for the same boot
// and the same PID namespace. In places of our own choice it also removes those of
// others, and those of runs that somebody named, when nobody has a file in them open
// or has written there for a week.
//
// # While the node is at work
//
// Cleaners of temporary files, people and scripts remove, move, replace and truncate
// files. So the default place is in the user's home, where there is one. Check holds
// the file's place, inode and size to what they should be; Append does so before it
// writes. Rewrite begins a new file beside the place, to which the node appends all
// that it knows, and Publish puts it there in one step: a kill before that finds what
// the old file still has. A file has its name only once it has an incarnation in it, so an
// empty one is one that was truncated. What somebody writes into the middle of a file,
// without making it longer or shorter, is found by the next incarnation only.
//
// # Concurrency
//
// A Files or a Memory belongs to one goroutine at a time. Any number of
// processes may share a directory.
//
// # When it is full
//
// An append either succeeds in full or leaves nothing: what a failed write left
// behind is cut before the next. A failed append may be tried again at any time.
package journal
