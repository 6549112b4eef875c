package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// place is a directory for the journals of all runs.
type place struct {
	path  string
	given bool // by the user: it is theirs to watch over and to remove
}

// places lists where journals can be, the most wanted first. In the user's home
// nobody cleans up but the nodes themselves; what cleans up a directory for
// temporary files may remove a journal that a run still needs.
func places(dir string) []place {
	if dir != "" {
		return []place{{dir, true}}
	}
	var out []place
	if state, ok := stateHome(); ok {
		out = append(out, place{filepath.Join(state, "treecast"), false})
	}
	out = append(out, place{filepath.Join(os.TempDir(), "treecast-"+strconv.Itoa(os.Getuid())), false})
	if cache, err := os.UserCacheDir(); err == nil {
		out = append(out, place{filepath.Join(cache, "treecast"), false})
	}
	return out
}

// stateHome is where programs keep what should outlive them and need not be
// backed up: XDG_STATE_HOME, or what stands for it in a home that is there and
// this user's own.
func stateHome() (string, bool) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, true
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return "", false
	}
	info, err := os.Stat(home)
	if err != nil || !info.IsDir() || !ours(info) {
		return "", false
	}
	return filepath.Join(home, ".local", "state"), true
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
		return nil, fmt.Errorf("%w: %w", errPlanted, err)
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

// errPlanted is wrapped by the error of a directory that cannot be trusted.
var errPlanted = errors.New("it is not used")

// private refuses a directory that another user may have planted, or may write
// to.
func private(info fs.FileInfo) error {
	switch {
	case !info.IsDir():
		return fmt.Errorf("%w: it is no directory", errPlanted)
	case !ours(info):
		return fmt.Errorf("%w: it belongs to another user", errPlanted)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%w: other users may write to it; chmod 700 would change that", errPlanted)
	}
	return nil
}

// ours reports whether a file belongs to this user.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
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

// site is the directory of a run, open, in one for all runs.
type site struct {
	place place
	base  *os.Root // of all runs
	dir   *os.Root // of the run
}

// is reports whether two sites are the same directory.
func (s *site) is(other *site) bool {
	one, err := s.dir.Stat(".")
	if err != nil {
		return false
	}
	two, err := other.dir.Stat(".")
	return err == nil && os.SameFile(one, two)
}

func (s *site) close() {
	s.dir.Close()
	s.base.Close()
}

// closeSites closes all but one.
func closeSites(sites []*site, but *site) {
	for _, s := range sites {
		if s != but {
			s.close()
		}
	}
}

// openSite opens a run's directory in a place.
func openSite(p place, name string, create bool) (*site, error) {
	base, err := p.open(create)
	if err != nil {
		return nil, err
	}
	dir, err := openRun(base, name, create)
	if err != nil {
		base.Close()
		return nil, err
	}
	return &site{p, base, dir}, nil
}

// sites opens the run's directories that there are, and tells which cannot be
// used although an earlier incarnation may have been in them. Those of a place that
// nobody could have trusted are not among these.
func (f *Files) sites(s *Start) (sites []*site, unreadable []obstacle) {
	for _, p := range places(f.cfg.Dir) {
		at, err := openSite(p, f.dirName(), false)
		switch {
		case err == nil && slices.ContainsFunc(sites, at.is):
			at.close() // by another way
		case err == nil:
			sites = append(sites, at)
		case p.given || errors.Is(err, fs.ErrNotExist) || !s.maybeLater(f.cfg.Run):
		case errors.Is(err, errPlanted) && !errors.Is(err, errRunDir):
		default:
			unreadable = append(unreadable, obstacle{BlockedError: BlockedError{Path: filepath.Join(p.path, f.dirName()), Why: err, Lasting: !passing(err)}})
		}
	}
	return sites, unreadable
}

// anySite is the first of the sites that are open, or the first that can be made.
func (f *Files) anySite(sites []*site) (*site, error) {
	if len(sites) > 0 {
		return sites[0], nil
	}
	var problems []error
	for _, p := range places(f.cfg.Dir) {
		at, err := openSite(p, f.dirName(), true)
		if err == nil {
			return at, nil
		}
		problems = append(problems, err)
	}
	return nil, fmt.Errorf("journal: no directory can be used: %w", errors.Join(problems...))
}

// errRunDir is wrapped by the error of a run's own directory.
var errRunDir = errors.New("the directory of the run")

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
		return nil, fmt.Errorf("%w, %s: %w", errRunDir, filepath.Join(base.Name(), name), err)
	}
	dir, err := base.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRunDir, err)
	}
	return dir, nil
}
