package journal

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Usable returns why journals can never be kept in a directory, which it makes if
// need be. What may be over by and by, such as a full disk, is no such reason.
func Usable(dir string) error {
	err := tryDir(dir)
	for _, lasting := range []error{
		unix.ENOTDIR, unix.ENOENT, unix.EEXIST, unix.EISDIR, unix.ELOOP, unix.ENAMETOOLONG, unix.EINVAL,
		unix.EACCES, unix.EPERM, unix.EROFS, unix.ENOTSUP, unix.ENOSYS,
	} {
		if errors.Is(err, lasting) {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	return nil
}

// tryDir makes, locks and removes a file.
func tryDir(dir string) error {
	base, err := (place{dir, true}).open(true)
	if err != nil {
		return err
	}
	defer base.Close()
	name := fmt.Sprintf(".tried-by-%d", os.Getpid())
	file, err := lock(base, name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	defer file.Close()
	return base.Remove(name)
}
