package run

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// SweepFolder is what a sweep has left in its directory, as far as it can be
// read.
type SweepFolder struct {
	Dir     string // links resolved
	Record  *Sweep // nil if sweep.json is not there
	Rows    []Row
	CutOff  bool     // RunsFile ends in the middle of a line
	Missing []string // says of every part that is not there, or not whole, what
}

// The names of files in a sweep's directory.
const (
	SweepFile = "sweep.json"
	RunsFile  = "runs.csv"
)

// ReadSweepFolder reads the directory of a sweep, named by itself, by a link to
// it or by its runs.csv. The error wraps ErrNoRun if there is no sweep.
func ReadSweepFolder(path string) (*SweepFolder, error) {
	dir, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("run: %w: %w", ErrNoRun, err)
	}
	if filepath.Base(dir) == RunsFile {
		dir = filepath.Dir(dir)
	}
	f := &SweepFolder{Dir: dir}
	path = filepath.Join(dir, RunsFile)
	runs, err := Open(path, MaxRecordBytes)
	if errors.Is(err, ErrNotReadable) {
		return nil, fmt.Errorf("run: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("run: %w: %s holds no %s of a sweep", ErrNoRun, dir, RunsFile)
	}
	defer runs.Close()
	f.Rows, err = ReadRunsCSV(runs)
	if f.CutOff = errors.Is(err, ErrCutOff); f.CutOff {
		f.Missing = append(f.Missing, RunsFile+" ends in the middle of a line; go on with the sweep by --resume")
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.Record, err = ReadSweepRecord(filepath.Join(dir, SweepFile))
	if errors.Is(err, fs.ErrNotExist) {
		f.Missing = append(f.Missing, SweepFile+" is not there, so nobody knows what made this sweep")
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	if total := len(f.Record.Settings) * f.Record.SeedCount; len(f.Rows) < total {
		f.Missing = append(f.Missing, fmt.Sprintf("the sweep is not complete, %d of %d runs; go on with it by --resume", len(f.Rows), total))
	}
	return f, nil
}

// ReadSweepRecord reads a sweep.json.
func ReadSweepRecord(path string) (*Sweep, error) {
	file, err := Open(path, MaxRecordBytes)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	record, err := ReadSweepJSON(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return record, nil
}

// Name is the sweep's name.
func (f *SweepFolder) Name() string {
	if f.Record != nil && f.Record.Name != "" {
		return f.Record.Name
	}
	return filepath.Base(f.Dir)
}
