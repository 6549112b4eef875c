package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// place is a directory for the journals of all runs.
type place struct {
	path  string
	given bool // by the user: it is theirs to watch over and to remove
}

// places lists where journals can be, the most wanted first.
func places(dir string) []place {
	if dir != "" {
		return []place{{dir, true}}
	}
	out := []place{{filepath.Join(os.TempDir(), "treecast-"+strconv.Itoa(os.Getuid())), false}}
	if cache, err := os.UserCacheDir(); err == nil {
		out = append(out, place{filepath.Join(cache, "treecast"), false})
	}
	return out
}

// open opens the directory, and makes it if asked to and need be.
func (p place) open(create bool) (*os.Root, error) {
	if p.given {
		if create {
			if err := os.MkdirAll(p.path, 0o700); err != nil {
				return nil, err
			}
		}
		return os.OpenRoot(p.path)
	}
	if create {
		if err := os.Mkdir(p.path, 0o700); errors.Is(err, fs.ErrNotExist) {
			err = os.MkdirAll(p.path, 0o700)
			if err != nil {
				return nil, err
			}
		} else if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	info, err := os.Lstat(p.path)
	if err != nil {
		return nil, err
	}
	if err := private(info); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	root, err := os.OpenRoot(p.path)
	if err != nil {
		return nil, err
	}
	// What is open must be what was looked at.
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		root.Close()
		return nil, fmt.Errorf("%s: it changes while we look", p.path)
	}
	return root, nil
}

// private refuses a directory that another user may have planted, or may write
// to.
func private(info fs.FileInfo) error {
	switch stat, ok := info.Sys().(*syscall.Stat_t); {
	case !info.IsDir():
		return errors.New("it is no directory")
	case !ok || int(stat.Uid) != os.Geteuid():
		return errors.New("it belongs to another user")
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("other users may write to it; chmod 700 would change that")
	}
	return nil
}

// Names of the directories of runs.
const (
	runPrefix     = "run-"
	starterPrefix = "parent-"
)

// dirName is the name of the run's directory.
func (f *Files) dirName() string {
	if f.cfg.Run != "" {
		return runPrefix + fileName(f.cfg.Run)
	}
	return starterPrefix + fileName(f.starter.String())
}

// openDir opens the run's directory. One that is there already is preferred:
// that is where a former life has been.
func (f *Files) openDir() error {
	f.closeDir()
	var problems []error
	for _, create := range []bool{false, true} {
		for _, p := range places(f.cfg.Dir) {
			base, err := p.open(create)
			if err != nil {
				if create {
					problems = append(problems, err)
				}
				continue
			}
			dir, err := openRun(base, f.dirName(), create)
			if err != nil {
				base.Close()
				if create {
					problems = append(problems, err)
				}
				continue
			}
			f.base, f.dir, f.place = base, dir, p
			return nil
		}
	}
	return fmt.Errorf("journal: no directory can be used: %w", errors.Join(problems...))
}

// openRun opens a run's directory in one for all runs.
func openRun(base *os.Root, name string, create bool) (*os.Root, error) {
	if create {
		if err := base.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	info, err := base.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := private(info); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(base.Name(), name), err)
	}
	return base.OpenRoot(name)
}

// closeDir forgets the run's directory.
func (f *Files) closeDir() {
	for _, root := range []*os.Root{f.dir, f.base} {
		if root != nil {
			root.Close()
		}
	}
	f.dir, f.base = nil, nil
}

// removeDir removes the run's directory and ours above it, as far as they are
// empty.
func (f *Files) removeDir() {
	if f.base.Remove(f.dirName()) == nil && !f.place.given {
		_ = os.Remove(f.place.path)
	}
}

// Tidy removes what runs have left whose processes are gone, and returns how
// many directories that were. It is to be called after Open.
func (f *Files) Tidy() (removed int) {
	if f.base == nil {
		return 0
	}
	entries, err := fs.ReadDir(f.base.FS(), ".")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		name := e.Name()
		var o owner
		ok := false
		if rest, cut := strings.CutPrefix(name, starterPrefix); cut {
			o, ok = parseOwner(rest)
		} else if rest, cut := strings.CutPrefix(name, runPrefix); cut {
			o, ok = runOwner(rest)
		}
		if ok && name != f.dirName() && o.gone() && removeUnlocked(f.base, name) {
			removed++
		}
	}
	return removed
}

// removeUnlocked removes a run's directory if nobody uses a file in it.
func removeUnlocked(base *os.Root, name string) bool {
	dir, err := openRun(base, name, false)
	if err != nil {
		return false
	}
	defer dir.Close()
	names, err := slotsOf(dir)
	if err != nil {
		return false
	}
	for _, slot := range names {
		file, err := lock(dir, slot, os.O_RDWR)
		if errors.Is(err, errLocked) {
			return false
		}
		if err == nil {
			defer file.Close() // locked until the directory is gone
		}
	}
	return base.RemoveAll(name) == nil
}

// RemoveRun removes what nodes have left of a run that was named (TREECAST_RUN),
// when none of them is alive any more. dir is their Config.Dir.
func RemoveRun(dir, run string) error {
	name := runPrefix + fileName(run)
	for _, p := range places(dir) {
		base, err := p.open(false)
		if err != nil {
			continue // nothing of ours is there
		}
		err = base.RemoveAll(name)
		base.Close()
		if err != nil {
			return fmt.Errorf("journal: removing a run's directory: %w", err)
		}
		if !p.given {
			_ = os.Remove(p.path) // if it is empty
		}
	}
	return nil
}
