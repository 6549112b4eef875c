package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrGone is wrapped by the error of a journal that the next incarnation would not
// find, or not whole: it was removed, moved, replaced or truncated while the node
// was at work. Rewrite and Publish make a new one.
var ErrGone = errors.New("the journal is not what it was")

// Check looks whether the next incarnation would find all that was appended: whether
// the file still is where it was, and as long as it was. It makes two system
// calls. What somebody has written into the middle of it goes unnoticed.
func (f *Files) Check() error {
	if f.file == nil || f.old != nil {
		return nil
	}
	var held, there unix.Stat_t // without what the os package makes of them, as this is done for every append
	if err := unix.Fstat(f.fd, &held); err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	switch err := unix.Lstat(f.path, &there); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s was removed, or moved away", ErrGone, f.path)
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ErrGone, f.path, err)
	case there.Dev != held.Dev || there.Ino != held.Ino:
		return fmt.Errorf("%w: something else has taken the place of %s", ErrGone, f.path)
	}
	return f.open.checkSize(f.path, held.Size)
}

// checkSize holds the size of a segment to what was written.
func (s *segment) checkSize(path string, size int64) error {
	switch {
	case size < s.end:
		return fmt.Errorf("%w: %s has %d bytes, where %d were written", ErrGone, path, size, s.end)
	case size > s.end && !s.dirty:
		return fmt.Errorf("%w: %s has %d bytes more than were written", ErrGone, path, size-s.end)
	}
	return nil
}

// replaced is a file that another one is about to take the place of.
type replaced struct {
	claim
	open *segment
	salt uint64
}

// Rewrite begins a new file in place of one that is gone. All that the node knows
// is to be appended to it; then Publish gives it the place that the next incarnation
// looks at. Until then, or if that fails, the next incarnation finds what is left of the
// old one. After an error, and at any time, Rewrite begins again.
func (f *Files) Rewrite() error {
	f.giveUp()
	at, err := openSite(f.place, f.dirName(), true)
	for range 5 {
		if !errors.Is(err, fs.ErrNotExist) {
			break // else somebody is still removing it
		}
		at, err = openSite(f.place, f.dirName(), true)
	}
	if err != nil {
		if at, err = f.anySite(nil); err != nil {
			return err
		}
	}
	f.makeWay(at)
	made, err := f.claim(at)
	if err != nil {
		at.close()
		return fmt.Errorf("journal: making a new file: %w", err)
	}
	f.old = &replaced{claim{f.site, f.name, f.file}, f.open, f.head.salt}
	f.head.salt = f.cfg.Random.Uint64()
	f.hold(at, made.name, made.file)
	f.open = begin(made.file, &f.head, f.incarnation)
	return nil
}

// makeWay moves aside what somebody has put in the place of the node's file, unless
// another node is at work with it.
func (f *Files) makeWay(at *site) {
	there, err := at.dir.Lstat(f.name)
	if err != nil || f.is(there) {
		return
	}
	file, err := lock(at.dir, f.name, os.O_RDWR)
	if errors.Is(err, errLocked) {
		return
	}
	moveAside(at.dir, f.name)
	if err == nil {
		file.Close()
	}
}

// Publish has the file that Rewrite began take its place. After an error Rewrite
// is to be called again.
func (f *Files) Publish() error {
	if f.old == nil {
		return nil
	}
	if err := f.open.append(nil); err != nil { // nothing, where anything was appended
		return err
	}
	if f.cfg.Always {
		if err := f.file.Sync(); err != nil {
			return err
		}
	}
	if err := f.dir.Rename(f.name+unfinished, f.name); err != nil {
		return fmt.Errorf("journal: putting the new file in its place: %w", err)
	}
	old := f.old
	f.old, f.named, f.open.always = nil, false, f.cfg.Always
	f.removeOld(old)
	old.file.Close()
	old.close()
	if f.cfg.Always {
		return f.Sync()
	}
	return nil
}

// removeOld removes what a new file has taken the place of, wherever a later incarnation
// would look: it would not know which to believe.
func (f *Files) removeOld(old *replaced) {
	held, err := old.file.Stat()
	if err != nil {
		return
	}
	path := filepath.Join(old.dir.Name(), old.name)
	if there, err := os.Lstat(path); err == nil && os.SameFile(held, there) {
		_ = old.dir.Remove(old.name)
	}
	names, _ := slotsOf(f.dir)
	for _, name := range names {
		if there, err := f.dir.Lstat(name); err == nil && os.SameFile(held, there) {
			_ = f.dir.Remove(name)
		}
	}
}

// giveUp drops an unfinished replacement.
func (f *Files) giveUp() {
	if f.old == nil {
		return
	}
	_ = f.dir.Remove(f.name + unfinished)
	f.file.Close()
	f.site.close()
	f.hold(f.old.site, f.old.name, f.old.file)
	f.open, f.head.salt, f.old = f.old.open, f.old.salt, nil
}
