package stdin

import "golang.org/x/sys/unix"

// fileUnread is how many bytes of an open file wait to be read, 0 if it cannot
// tell.
func fileUnread(fd int) int64 {
	n, err := unix.IoctlGetUint32(fd, unix.TIOCINQ) // FIONREAD by another name
	if err != nil {
		return 0
	}
	return int64(n)
}
