package journal

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// errLocked says that another process uses a file.
var errLocked = errors.New("it is in use by another process")

// lock opens a file and locks it, if nobody else has. The system lets go of a
// killed process's lock only when all of its memory has been given back, so for
// a while after a kill it is still held.
func lock(dir *os.Root, name string, flags int) (*os.File, error) {
	file, err := dir.OpenFile(name, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	// Who held the lock before us may have removed the file.
	held, err := file.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = dir.Lstat(name); err == nil && !os.SameFile(held, there) {
			err = errLocked
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
