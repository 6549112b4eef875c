package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ownFiles are the names of what a run or a sweep leaves in its directory, beside
// charts and logs: its record, which nothing else may take the place of.
var ownFiles = []string{
	"results.json", "results.edn", HistoryFile, ednHistoryFile, "history.txt", MessagesFile, QueuesFile, HealthFile,
	SweepFile, RunsFile, "summary.md",
}

// ErrOwnFile is wrapped by WriteTo's error about a file of the run itself.
var ErrOwnFile = errors.New("a part of the run's own record")

// WriteTo writes a file that somebody named: a regular one whole or not at all, as
// WriteFile does, through the links that lead to it and with the permissions that
// it has; anything else that exists, a device or a pipe, as it is. It refuses to
// replace a file of the run or sweep in dir.
func WriteTo(path, dir string, write func(io.Writer) error) error {
	target, err := followed(path)
	if err != nil {
		return err
	}
	if own := ownFile(target, dir); own != "" {
		return fmt.Errorf("run: %s is %s, %w, which is not replaced; name another file", path, own, ErrOwnFile)
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writeFile(target, filepath.Base(path), write)
	case err != nil:
		return explainStoreError("write "+path, err)
	case info.IsDir():
		return fmt.Errorf("run: %s is a directory; name a file in it", path)
	case info.Mode().IsRegular():
		if err := writeFile(target, filepath.Base(path), write); err != nil {
			return err
		}
		if err := os.Chmod(target, info.Mode().Perm()); err != nil {
			return explainStoreError("keep the permissions of "+path, err)
		}
		return nil
	}
	file, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return explainStoreError("write "+path, err)
	}
	err = write(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return explainStoreError("write "+path, err)
	}
	return nil
}

// maxLinks are followed, as many as a system does.
const maxLinks = 40

// followed is where a path leads through links, which may lead to a file that is
// not there yet. What only the system can follow, as in /dev/fd, stays a link.
func followed(path string) (string, error) {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		if _, err := os.Lstat(target); err != nil {
			if _, err := os.Stat(path); err == nil {
				return path, nil // it leads to what has no name: "pipe:[17]"
			}
		}
		path = target
	}
	return "", fmt.Errorf("run: %s leads through more than %d links", path, maxLinks)
}

// ownFile names the file of a run or sweep in dir that a path is, whatever it is
// called; empty if it is none.
func ownFile(path, dir string) string {
	if dir == "" {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil { // one that this run happens not to have
		place, err := filepath.EvalSymlinks(filepath.Dir(path))
		home, err2 := filepath.EvalSymlinks(dir)
		if name := filepath.Base(path); err == nil && err2 == nil && place == home && slices.Contains(ownFiles, name) {
			return name
		}
		return ""
	}
	own := ""
	_ = filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // what cannot be read cannot be replaced either
		}
		name, err := filepath.Rel(dir, at)
		if err != nil || !slices.Contains(ownFiles, name) && !strings.HasPrefix(name, "node-logs"+string(filepath.Separator)) && filepath.Ext(name) != ".svg" {
			return nil
		}
		if other, err := os.Stat(at); err == nil && os.SameFile(info, other) {
			own = name
			return fs.SkipAll
		}
		return nil
	})
	return own
}
