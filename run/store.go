package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// storeTimeLayout is Jepsen's basic-date-time: 20261120T111500.123+0000.
const storeTimeLayout = "20060102T150405.000-0700"

// Store is the directory of one run: <base>/<workload>/<timestamp>. Runs in
// parallel each have their own, and may all update the links of one base. A
// Store is safe for use from several goroutines, each with its own file names.
type Store struct {
	base, workload, stamp string
}

// CreateStore makes the directory of a run that started at the given time. A
// run that finds its place taken moves on by a millisecond. If the directory
// cannot be made, the error says why and what to do about it.
func CreateStore(base, workload string, started time.Time) (*Store, error) {
	if workload == "" || workload != filepath.Base(workload) {
		return nil, fmt.Errorf("run: %q cannot be the name of a directory in %s", workload, base)
	}
	if err := os.MkdirAll(filepath.Join(base, workload), 0o777); err != nil {
		return nil, explainStoreError("make the directory of the run", err)
	}
	for {
		s := &Store{base: base, workload: workload, stamp: started.Format(storeTimeLayout)}
		err := os.Mkdir(s.Dir(), 0o777)
		switch {
		case err == nil:
			return s, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, explainStoreError("make the directory of the run", err)
		}
		started = started.Add(time.Millisecond)
	}
}

// Dir is the directory of the run.
func (s *Store) Dir() string { return filepath.Join(s.base, s.workload, s.stamp) }

// Path is the path of a file in the run's directory.
func (s *Store) Path(elem ...string) string {
	return filepath.Join(append([]string{s.Dir()}, elem...)...)
}

// Create opens a file of the run for writing as the run goes on, such as
// "node-logs/n0.log", and makes the directories above it. What is there already
// is overwritten.
func (s *Store) Create(name string) (*os.File, error) {
	path := s.Path(filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, explainStoreError("make the directory of "+name, err)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, explainStoreError("create "+name, err)
	}
	return file, nil
}

// WriteFile writes a whole file of the run, all of it or none.
func (s *Store) WriteFile(name string, write func(io.Writer) error) error {
	return writeFile(s.Path(filepath.FromSlash(name)), name, write)
}

// WriteFile writes a whole file, and makes the directories above it: readers,
// and a crash half way, never see a part. If it cannot be written, the error
// says why and what to do about it.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeFile(path, filepath.Base(path), write)
}

// writeFile is WriteFile, with the file's name for errors.
func writeFile(path, name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return explainStoreError("make the directory of "+name, err)
	}
	// CreateTemp asks for 0600; a result is for everyone the umask lets read it.
	file, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return explainStoreError("create "+name, err)
	}
	defer writing(file.Name())()
	err = write(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
		return explainStoreError("write "+name, err)
	}
	return nil
}

// WriteHistory writes history.jsonl, and history.edn and history.txt as Maelstrom
// does, each whatever becomes of the others.
func (s *Store) WriteHistory(h History) error {
	return errors.Join(s.WriteFile(HistoryFile, h.WriteJSON), s.WriteFile(ednHistoryFile, h.WriteEDN), s.WriteFile("history.txt", h.WriteText))
}

// WriteResults writes results.json and results.edn, the one whatever becomes of
// the other.
func (s *Store) WriteResults(r *Results) error {
	return errors.Join(s.WriteFile("results.json", r.WriteJSON), s.WriteFile("results.edn", r.WriteEDN))
}

// Fullness is 1 for an error that says that nothing more can be written, be it that
// the disk is full, that a quota is used up or that a file may not grow; else 0.
func Fullness(err error) int {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return 1
		}
	}
	return 0
}

// LinkCurrent points <base>/current at this run, as Jepsen does when one
// begins.
func (s *Store) LinkCurrent() error { return s.link("current") }

// LinkLatest points <base>/current, <base>/latest and <base>/<workload>/latest
// at this run, as Jepsen does when one has ended.
func (s *Store) LinkLatest() error {
	return errors.Join(s.link("current"), s.link("latest"), s.link(s.workload, "latest"))
}

// link makes a relative link at a path below base, so that a store can be
// moved. The link is renamed into place: it is never missing.
func (s *Store) link(elem ...string) error {
	path := filepath.Join(append([]string{s.base}, elem...)...)
	target, err := filepath.Rel(filepath.Dir(path), s.Dir())
	if err != nil {
		return fmt.Errorf("run: link %s: %w", path, err)
	}
	fresh := path + "." + s.workload + "." + s.stamp
	os.Remove(fresh) // what a crash may have left
	if err := os.Symlink(target, fresh); err != nil {
		return explainStoreError("link "+path, err)
	}
	if err := os.Rename(fresh, path); err != nil {
		os.Remove(fresh)
		return explainStoreError("link "+path, err)
	}
	return nil
}

// explainStoreError wraps an error of the file system with what was being done
// and what the user can do.
func explainStoreError(doing string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, syscall.EFBIG):
		advice = "; raise the limit on the size of files (ulimit -f)"
	case Fullness(err) > 0:
		advice = "; free some space, old runs can be deleted"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		advice = "; run from a directory that you may write to"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		advice = "; a file stands where a directory is needed, move it away"
	}
	return fmt.Errorf("run: cannot %s: %w%s", doing, err, advice)
}
