package node

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

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
