package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// BlockedError says that a file which is, or may be, the journal of this node in
// this run cannot be used: to begin without it would be to forget what was
// acknowledged. Open returns it, unless Start.Blank is set.
type BlockedError struct {
	Path string // of the file
	Why  error
	// Lasting says that another try in a few seconds will find the same. Without
	// it, it may not: the process that holds the file may be about to end.
	Lasting bool
}

// Error names the file and what is the matter with it.
func (e *BlockedError) Error() string { return e.Path + ": " + e.Why.Error() }

// Unwrap returns what is the matter.
func (e *BlockedError) Unwrap() error { return e.Why }

// Reasons of a BlockedError.
var (
	errInUse   = errors.New("it is in use by another process, which may be the node's former one that has not ended yet")
	errEmpty   = errors.New("it was truncated: there is nothing in it")
	errBare    = errors.New("it was truncated: there is nothing left that tells which run it is of")
	errSeveral = errors.New("it is one of several that could be this node's")
)

// candidate is a file of the node's name that this process has locked.
type candidate struct {
	*site
	name  string
	file  *os.File
	found *scan
}

// obstacle is a file, or a directory, that may be of this run and cannot be used.
type obstacle struct {
	BlockedError
	site *site  // nil: of a directory
	name string // of the file
}

// search is what was found under a node's name.
type search struct {
	start     *Start
	run       string
	mine      []candidate // with evidence that they are of this run
	others    []candidate // without
	obstacles []obstacle
	warnings  []string
}

// find locks and reads the files that bear the node's name, wherever they are.
func (f *Files) find(s *Start, sites []*site) (*search, error) {
	found := &search{start: s, run: f.cfg.Run}
	for _, at := range sites {
		entries, err := fs.ReadDir(at.dir.FS(), ".")
		if err != nil {
			found.close()
			return nil, fmt.Errorf("journal: listing the run's directory: %w", err)
		}
		for _, e := range entries {
			slot, ok := strings.CutPrefix(e.Name(), fileName(s.Node)+"~")
			switch {
			case ok && strings.HasSuffix(slot, suffix):
				f.look(found, at, e.Name())
			case ok && strings.HasSuffix(slot, suffix+unfinished):
				removeUnfinished(at.dir, e.Name())
			}
		}
	}
	if len(found.mine) > 1 {
		for _, c := range found.mine {
			found.block(c.site, c.name, errSeveral, true)
			c.file.Close()
		}
		found.mine = nil
	}
	return found, nil
}

// look locks, reads and judges one file.
func (f *Files) look(s *search, at *site, name string) {
	file, err := lock(at.dir, name, os.O_RDWR)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case errors.Is(err, errLocked):
		if f.mayBeOurs(s, at, name) {
			s.block(at, name, errInUse, false)
		} else {
			s.warnings = append(s.warnings, name+" is in use by another node of this name")
		}
		return
	case err != nil:
		s.unusable(at, name, err)
		return
	}
	found, err := read(file)
	c := candidate{at, name, file, found}
	switch {
	case err != nil:
		file.Close()
		s.unusable(at, name, err)
	case found == nil && s.start.maybeLater(s.run):
		file.Close()
		s.block(at, name, errEmpty, true)
	case found == nil:
		_ = at.dir.Remove(name)
		file.Close()
	case s.start.evidence(found, s.run):
		s.mine = append(s.mine, c)
	case found.bare() && s.start.maybeLater(s.run):
		file.Close()
		s.block(at, name, errBare, true)
	default:
		s.others = append(s.others, c)
	}
}

// unusable notes a file that cannot be opened or understood. Where it may be of
// this run it is an obstacle, elsewhere it is moved out of the way.
func (s *search) unusable(at *site, name string, why error) {
	if s.start.maybeLater(s.run) {
		s.block(at, name, why, !passing(why))
		return
	}
	s.warnings = append(s.warnings, fmt.Sprintf("%s cannot be used and was moved aside: %v", name, why))
	moveAside(at.dir, name)
}

// passing reports whether what a call failed with may be over in a moment.
func passing(err error) bool {
	for _, e := range []error{
		unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOLCK, unix.EINTR, unix.EAGAIN, unix.EIO, unix.ESTALE, unix.ETIMEDOUT,
		io.ErrUnexpectedEOF, // it has just been cut
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// block notes an obstacle.
func (s *search) block(at *site, name string, why error, lasting bool) {
	path := filepath.Join(at.dir.Name(), name)
	s.obstacles = append(s.obstacles, obstacle{BlockedError{Path: path, Why: why, Lasting: lasting}, at, name})
}

// blocked is the error for the obstacles: of one that lasts, if any does.
func (s *search) blocked() error {
	for i := range s.obstacles {
		if s.obstacles[i].Lasting {
			return &s.obstacles[i].BlockedError
		}
	}
	return &s.obstacles[0].BlockedError
}

// setAside has the node begin without what it cannot use. A file that another
// process holds is moved as well: if that process lives, it finds out, and
// writes itself a new one.
func (s *search) setAside() {
	for _, o := range s.obstacles {
		s.warnings = append(s.warnings, fmt.Sprintf("%s is not used, as was asked for: this node begins without what it held: %v", o.Path, o.Why))
		if o.site != nil {
			moveAside(o.site.dir, o.name)
		}
	}
}

// close lets go of the files that were found.
func (s *search) close() {
	for _, c := range append(s.mine, s.others...) {
		c.file.Close()
	}
}

// moveAside renames a file so that it is no node's journal any more.
func moveAside(dir *os.Root, name string) {
	to := name + ".aside"
	for i := 2; i < 100; i++ {
		if _, err := dir.Lstat(to); err != nil {
			break
		}
		to = name + ".aside" + strconv.Itoa(i)
	}
	_ = dir.Rename(name, to)
}

// removeUnfinished removes what a process has left that died while it made a
// file.
func removeUnfinished(dir *os.Root, name string) {
	if file, err := lock(dir, name, os.O_RDWR); err == nil {
		_ = dir.Remove(name)
		file.Close()
	}
}

// judged is what was found of a file that another process holds.
type judged struct {
	info fs.FileInfo
	ours bool
}

// mayBeOurs reports whether a file that another process holds is of this run, or
// it cannot be known. A dying process writes nothing any more, so that a file is
// read once however often it is asked for.
func (f *Files) mayBeOurs(s *search, at *site, name string) bool {
	path := filepath.Join(at.dir.Name(), name)
	maybe := s.start.maybeLater(s.run)
	file, err := at.dir.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return maybe
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return maybe
	}
	if was, ok := f.judged[path]; ok && os.SameFile(was.info, info) && was.info.Size() == info.Size() {
		return was.ours
	}
	found, err := read(file)
	ours := maybe
	if err == nil && found != nil {
		ours = s.start.evidence(found, s.run) || maybe && found.bare()
	}
	if f.judged == nil {
		f.judged = map[string]judged{}
	}
	f.judged[path] = judged{info, ours}
	return ours
}

// read scans a file; nil if it is empty.
func read(file *os.File) (*scan, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errForeign
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, info.Size()), data); err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, nil
	}
	return scanSegment(data)
}
