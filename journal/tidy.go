package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// abandonedAfter is how long nobody must have written to a run's directory for it
// to count as left behind, where nothing tells whether the run is over.
const abandonedAfter = 7 * 24 * time.Hour

// removeDir removes the run's directory and ours above it, as far as they are
// empty.
func (f *Files) removeDir() {
	if f.base.Remove(f.dirName()) == nil && !f.place.given {
		_ = os.Remove(f.place.path)
	}
}

// Tidy removes what runs have left that are over, and returns how many directories
// that were: those of processes that are gone; and in places of our own choice
// also those in which nobody has a file open or has written for a week, as of
// another boot, or of a run that somebody named. It is to be called after Open.
func (f *Files) Tidy() (removed int) {
	if f.site == nil {
		return 0
	}
	for _, p := range places(f.cfg.Dir) {
		base, err := p.open(false)
		if err != nil {
			continue // nothing of ours is there
		}
		removed += f.tidy(base, p.given)
		base.Close()
		if !p.given {
			_ = os.Remove(p.path) // if it is empty
		}
	}
	return removed
}

func (f *Files) tidy(base *os.Root, given bool) (removed int) {
	entries, err := fs.ReadDir(base.FS(), ".")
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
		} else {
			continue
		}
		if name == f.dirName() || ok && o.alive() {
			continue
		}
		if (ok && o.gone() || !given && abandoned(base, name)) && removeUnlocked(base, name) {
			removed++
		}
	}
	return removed
}

// abandoned reports whether nobody has written to a run's directory, or to a file
// in it, for long.
func abandoned(base *os.Root, name string) bool {
	dir, err := openRun(base, name, false)
	if err != nil {
		return false
	}
	defer dir.Close()
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return false
	}
	names := []string{"."}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	for _, name := range names {
		info, err := dir.Lstat(name)
		if err != nil || time.Since(info.ModTime()) < abandonedAfter {
			return false
		}
	}
	return true
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
