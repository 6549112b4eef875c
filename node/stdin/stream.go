package stdin

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Stream is a stdin of which is counted what was read. Any other goroutine may call
// Unread beside it.
type Stream struct {
	from   io.Reader
	bytes  int64
	unread func() int64
}

// NewStream returns a Stream that reads from a reader.
func NewStream(from io.Reader) *Stream { return &Stream{from: from, unread: Unread(from)} }

// Read is the reader's.
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.bytes += int64(n)
	return n, err
}

// Offset is how many bytes were read.
func (s *Stream) Offset() int64 { return s.bytes }

// End is the place before which everything has come, in bytes, as far as can be
// told.
func (s *Stream) End() int64 { return s.bytes + s.unread() }

// Dry reports whether a read would have to wait. Only files (pipes, terminals) can
// tell; others count as dry.
func (s *Stream) Dry() bool { return dry(s.from) }

// dry reports whether a read of a stream would have to wait. Only files
// (pipes, terminals) can tell; others count as dry.
func dry(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return true
	}
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 0
}

// sized is a stream that knows how many bytes of it wait to be read.
type sized interface {
	Unread() int64
}

// Unread returns what tells how many bytes of a stream wait to be read, as far
// as that can be told: 0 otherwise. Of a pipe it is what is in it, not what its
// writer has that finds no room there. What a regular file holds is nobody's who
// waits.
func Unread(r io.Reader) func() int64 {
	switch r := r.(type) {
	case sized:
		return r.Unread
	case *os.File:
		info, err := r.Stat()
		if err != nil || info.Mode().IsRegular() {
			break
		}
		raw, err := r.SyscallConn()
		if err != nil {
			break
		}
		return func() (bytes int64) {
			if raw.Control(func(fd uintptr) { bytes = fileUnread(int(fd)) }) != nil {
				return 0
			}
			return bytes
		}
	}
	return func() int64 { return 0 }
}
