package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Folder is what a run has left in its directory, as far as it can be read.
type Folder struct {
	Dir     string // links resolved
	Results *Results
	// History is the operations. Long values, such as the lists that reads return,
	// are left out.
	History  History
	Messages *Messages      // nil if there is no record of messages
	Queues   []QueueRecord  // empty if nobody asked the nodes
	Health   []HealthRecord // as is this
	// Missing says of every part that is not there, or not whole, what and why.
	Missing []string
}

// The names of files in a run's directory.
const (
	resultsFile    = "results.json"
	HistoryFile    = "history.jsonl" // our own: an operation a line
	ednHistoryFile = "history.edn"   // as Maelstrom writes it
)

// maxOpValue is how long values of Folder.History are at most.
const maxOpValue = 4 << 10

// ErrNoRun is wrapped by ReadFolder if a directory is not that of a run.
var ErrNoRun = errors.New("no run")

// ReadFolder reads the directory of a run, named by itself, by a link to it
// such as store/latest, or by its results.json. What is missing beside
// results.json, or was cut off, is said in Missing; what is broken in another
// way is an error. The error wraps ErrNoRun if there is no run.
func ReadFolder(path string) (*Folder, error) {
	dir, err := folderOf(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir}
	err = f.open(resultsFile, func(r io.Reader) (err error) {
		f.Results, err = ReadResultsJSON(r)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run: %w: %s holds no %s; %s", ErrNoRun, path, resultsFile, adviceFor(dir))
	}
	if err != nil {
		return nil, err
	}
	// The files of a large run take seconds each.
	var history, messages, health error
	var side sync.WaitGroup
	side.Go(func() { history = f.readHistory() })
	side.Go(func() { messages = f.readMessages() })
	side.Go(func() { health = f.readHealth() })
	side.Wait()
	if err = f.forgive(HistoryFile, history); err != nil {
		return nil, err
	}
	if err = f.forgive(MessagesFile, messages); err != nil {
		return nil, err
	}
	if health != nil {
		return nil, health
	}
	if m := f.Messages; m != nil && !m.Whole {
		f.Missing = append(f.Missing, fmt.Sprintf("%s ends in the middle, %.1f s into the run", MessagesFile, m.End.Seconds()))
	}
	return f, nil
}

// readHistory reads our own record of the operations, or, of a run that an earlier
// version made, Maelstrom's.
func (f *Folder) readHistory() error {
	take := func(op Op) error {
		if len(op.Value) > maxOpValue {
			op.Value = nil
		}
		f.History = append(f.History, op)
		return nil
	}
	err := f.open(HistoryFile, func(r io.Reader) error { return scanHistoryJSON(r, take) })
	if errors.Is(err, fs.ErrNotExist) {
		return f.open(ednHistoryFile, func(r io.Reader) error { return ScanHistoryEDN(r, take) })
	}
	return err
}

func (f *Folder) readMessages() error {
	return f.open(MessagesFile, func(r io.Reader) (err error) {
		f.Messages, err = ReadMessages(r)
		return err
	})
}

// readHealth reads what nodes said of themselves, if they were asked.
func (f *Folder) readHealth() error {
	err := f.open(QueuesFile, func(r io.Reader) (err error) {
		f.Queues, err = ReadQueues(r)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = f.open(HealthFile, func(r io.Reader) (err error) {
		f.Health, err = ReadHealth(r)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// folderOf finds the directory that a path means.
func folderOf(path string) (string, error) {
	dir, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("run: %w: %s cannot be opened: %w; name the directory of a run, such as store/latest", ErrNoRun, path, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("run: %w: %w", ErrNoRun, err)
	}
	if info.IsDir() {
		return dir, nil
	}
	if filepath.Base(dir) != resultsFile {
		return "", fmt.Errorf("run: %w: %s is a file; name the directory of a run, such as store/latest", ErrNoRun, path)
	}
	return filepath.Dir(dir), nil
}

// adviceFor says what a directory without results.json may be.
func adviceFor(dir string) string {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	switch {
	case has("latest"):
		return "it is a store of runs: name one of them, such as " + filepath.Join(dir, "latest")
	case has("results.edn"):
		return "Maelstrom itself made it, and keeps no record that a page could be drawn from"
	case has(MessagesFile):
		return "its run is under way, or was ended before it was over"
	default:
		return "name the directory of a run, such as store/latest"
	}
}

// open hands a file of the run to read.
func (f *Folder) open(name string, read func(io.Reader) error) error {
	path, limit := filepath.Join(f.Dir, name), int64(MaxTraceBytes)
	if name == resultsFile {
		limit = MaxRecordBytes
	}
	file, err := Open(path, limit)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := read(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// forgive notes a file that is not there.
func (f *Folder) forgive(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.Missing = append(f.Missing, name+" is not there")
	return nil
}

// Name is the run's name: its workload and the time it began.
func (f *Folder) Name() string {
	return strings.Join([]string{filepath.Base(filepath.Dir(f.Dir)), filepath.Base(f.Dir)}, "/")
}
