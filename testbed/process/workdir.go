package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A bed's directory among the temporary files is called bedPrefix and something;
// while it is being made, youngPrefix and something. It is locked as long as the
// bed lives, and nodes have a directory of it to themselves.
const (
	bedPrefix   = "treecast-bed-"
	youngPrefix = "treecast-new-"
	lockName    = "lock"
	nodesName   = "nodes"

	// youth is how long a bed takes to make its directory, and much more.
	youth = time.Hour
)

// makeWorkDir makes the nodes' working directory, and returns how to remove it.
// What beds have left behind that were killed goes as well.
func makeWorkDir() (dir string, remove func(), err error) {
	tidyUp(os.TempDir())
	fail := func(err error) (string, func(), error) {
		return "", nil, fmt.Errorf("making a directory for the nodes: %w", err)
	}
	young, err := os.MkdirTemp("", youngPrefix)
	if err != nil {
		return fail(err)
	}
	lock, err := lockFile(filepath.Join(young, lockName), os.O_CREATE)
	if err == nil {
		err = os.Mkdir(filepath.Join(young, nodesName), 0o700)
	}
	bed := filepath.Join(filepath.Dir(young), bedPrefix+filepath.Base(young)[len(youngPrefix):])
	if err == nil {
		err = os.Rename(young, bed)
	}
	if err != nil {
		if lock != nil {
			lock.Close()
		}
		os.RemoveAll(young)
		return fail(err)
	}
	return filepath.Join(bed, nodesName), func() {
		os.RemoveAll(bed)
		lock.Close()
	}, nil
}

// errLocked says that somebody else has the lock.
var errLocked = errors.New("locked")

// lockFile opens a file and locks it; the lock ends with the process at the
// latest.
func lockFile(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, err
	}
	return file, nil
}

// tidyUp removes the directories of beds of this user that are gone.
func tidyUp(temp string) {
	old, _ := filepath.Glob(filepath.Join(temp, bedPrefix+"*"))
	for _, dir := range old {
		if !ours(dir) {
			continue
		}
		lock, err := lockFile(filepath.Join(dir, lockName), 0)
		if errors.Is(err, os.ErrNotExist) { // half removed
			os.RemoveAll(dir)
		}
		if err == nil {
			os.RemoveAll(dir)
			lock.Close()
		}
	}
	unfinished, _ := filepath.Glob(filepath.Join(temp, youngPrefix+"*"))
	for _, dir := range unfinished {
		if info, err := os.Lstat(dir); err == nil && ours(dir) && time.Since(info.ModTime()) > youth {
			os.RemoveAll(dir)
		}
	}
}

// ours says whether a path is a directory of this user's.
func ours(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
