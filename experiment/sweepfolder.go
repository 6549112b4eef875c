package experiment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"treecast/run"
)

// sweepFolder is where a sweep keeps its runs while it makes them.
type sweepFolder struct {
	dir    string
	record run.Sweep
	runs   *os.File
	lock   *os.File // of the folder; nil where the system cannot lock it
}

// openSweepFolder makes the folder of a new sweep, or opens that of one to go on
// with, and returns the rows that are there. A line that was cut off when a
// sweep was killed goes, and so do runs that could not be made: they are made
// again.
func openSweepFolder(dir string, record run.Sweep, resume bool) (*sweepFolder, []run.Row, error) {
	f := &sweepFolder{dir: dir, record: record}
	if err := f.lockFolder(resume); err != nil {
		return nil, nil, err
	}
	rows, err := f.open(resume)
	if err != nil {
		f.unlock()
		return nil, nil, err
	}
	return f, rows, nil
}

// lockFolder keeps other sweeps out of the folder for as long as this process has
// it open. What is not there yet is made, if it is to be.
func (f *sweepFolder) lockFolder(resume bool) (err error) {
	if !resume {
		if err := os.MkdirAll(f.dir, 0o777); err != nil {
			return fmt.Errorf("making the folder of a sweep: %w", err)
		}
	}
	if f.lock, err = os.Open(f.dir); err != nil {
		f.lock = nil
		return nil // that there is no sweep is said later
	}
	if err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		f.unlock()
		return fmt.Errorf("another sweep is under way in %s; wait for it to end, or give another name", f.dir)
	}
	return nil
}

func (f *sweepFolder) unlock() {
	if f.lock != nil {
		f.lock.Close()
		f.lock = nil
	}
}

// open reads what is in the folder, and begins to write there.
func (f *sweepFolder) open(resume bool) (rows []run.Row, err error) {
	dir, record := f.dir, &f.record
	before, err := run.ReadSweepRecord(f.path(run.SweepFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && resume:
		return nil, fmt.Errorf("there is no sweep in %s to go on with; leave --resume out to begin one", dir)
	case err == nil && !resume:
		return nil, fmt.Errorf("%s has a sweep already; go on with it by --resume, or give another name", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the sweep in %s cannot be read: %w; delete it, or give another name", dir, err)
	}
	if resume {
		if difference := before.Differs(record); difference != "" {
			return nil, fmt.Errorf("the sweep in %s is another one: %s; give another name, or what it was begun with:\n  %s",
				dir, difference, strings.Join(before.Command, " "))
		}
		f.record = *before
		if rows, err = f.readRuns(); err != nil {
			return nil, err
		}
	}
	f.record.Finished = nil
	if err := errors.Join(f.writeRecord(), f.writeRuns(rows)); err != nil {
		return nil, err
	}
	f.runs, err = os.OpenFile(f.path(run.RunsFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("writing the runs of a sweep: %w", err)
	}
	return rows, nil
}

func (f *sweepFolder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *sweepFolder) writeRecord() error {
	return run.WriteFile(f.path(run.SweepFile), f.record.WriteJSON)
}

func (f *sweepFolder) writeRuns(rows []run.Row) error {
	return run.WriteFile(f.path(run.RunsFile), func(w io.Writer) error { return run.WriteRunsCSV(w, true, rows...) })
}

// append adds a run. It is in the file when append returns.
func (f *sweepFolder) append(row run.Row) error {
	if err := run.WriteRunsCSV(f.runs, false, row); err != nil {
		return fmt.Errorf("%w; what is done is kept, go on with --resume", err)
	}
	return nil
}

// readRuns reads what a sweep has done.
func (f *sweepFolder) readRuns() ([]run.Row, error) {
	file, err := run.Open(f.path(run.RunsFile), run.MaxRecordBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // killed before the first
	}
	if err != nil {
		return nil, fmt.Errorf("reading the runs of a sweep: %w", err)
	}
	defer file.Close()
	rows, err := run.ReadRunsCSV(file)
	if err != nil && !errors.Is(err, run.ErrCutOff) {
		return nil, fmt.Errorf("%s: %w; delete the file to make its runs again", f.path(run.RunsFile), err)
	}
	var out []run.Row
	for _, row := range rows {
		if row.Error == "" {
			out = append(out, row)
		}
	}
	return out, nil
}

// close leaves the folder with its runs in order.
func (f *sweepFolder) close(rows []run.Row, complete bool) error {
	defer f.unlock()
	err := errors.Join(f.runs.Close(), f.writeRuns(rows))
	if complete {
		now := time.Now().UTC().Truncate(time.Second)
		f.record.Finished = &now
		err = errors.Join(err, f.writeRecord())
	}
	return err
}
