package isolate

import (
	"io"
	"os"
	"syscall"
)

// socket is one end of a socket pair. It does not block, so its calls are over at once, and the
// Go runtime is not told of them (see rawRead): that would wake a thread of its own to look
// after them, and the threads' turns would cost more than the message.
type socket struct {
	file *os.File
	raw  syscall.RawConn
}

// open takes a descriptor over.
func (s *socket) open(file *os.File) (err error) {
	s.file = file
	s.raw, err = file.SyscallConn()
	return err
}

// Read reads what there is, and waits for it. The error is io.EOF at the end.
func (s *socket) Read(p []byte) (n int, err error) {
	var why syscall.Errno
	err = s.raw.Read(func(fd uintptr) bool {
		for {
			if n, why = rawRead(fd, p); why != syscall.EINTR {
				return why != syscall.EAGAIN
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case why != 0:
		return 0, why
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write writes all of p, and waits until it is taken.
func (s *socket) Write(p []byte) (n int, err error) {
	var why syscall.Errno
	err = s.raw.Write(func(fd uintptr) bool {
		for len(p) > n {
			m := 0
			if m, why = rawWrite(fd, p[n:]); why == 0 {
				n += m
			} else if why != syscall.EINTR {
				return why != syscall.EAGAIN
			}
		}
		return true
	})
	if err == nil && why != 0 {
		err = why
	}
	return n, err
}

// TryWrite writes what is taken at once, and returns how much that was.
func (s *socket) TryWrite(p []byte) (n int) {
	_ = s.raw.Write(func(fd uintptr) bool {
		n, _ = rawWrite(fd, p)
		return true
	})
	return n
}

// Close closes it.
func (s *socket) Close() error { return s.file.Close() }
