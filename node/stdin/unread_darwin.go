package stdin

import "golang.org/x/sys/unix"

// fionread is _IOR('f', 127, int), which package unix does not name.
const fionread = 0x4004667f

// fileUnread is how many bytes of an open file wait to be read, 0 if it cannot
// tell.
func fileUnread(fd int) int64 {
	n, err := unix.IoctlGetInt(fd, fionread)
	if err != nil {
		return 0
	}
	return int64(n)
}
