package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// The largest files that are read, in bytes. What a run or a sweep of any use
// leaves is far smaller; a file that is larger is another, or was filled up.
const (
	MaxRecordBytes = 256 << 20 // results.json, results.edn, sweep.json, runs.csv
	MaxTraceBytes  = 8 << 30   // history.jsonl, history.edn, messages.csv, queues.csv, health.csv
)

// ErrNotReadable is wrapped by Open's errors about what is no regular file, or too
// large.
var ErrNotReadable = errors.New("not read")

// Open opens a regular file of at most so many bytes for reading. Anything else is
// an error that says what it is: a pipe would be waited for, and a device has no
// end. A file that grows meanwhile ends at the limit. A byte order mark is passed over.
func Open(path string, maxBytes int64) (io.ReadCloser, error) {
	// A pipe without a writer is not waited for.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is %s and %w: give a regular file", path, kindOf(info), ErrNotReadable)
	case info.Size() > maxBytes:
		err = fmt.Errorf("%s has %s and is %w: more than %s is too much for such a file", path, size(info.Size()), ErrNotReadable, size(maxBytes))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return limited{withoutBOM(io.LimitReader(file, maxBytes)), file}, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// kindOf says what a file is that is not regular.
func kindOf(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "no file"
	}
}

// size is a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// ReadFile reads what Open opens to its end.
func ReadFile(path string, maxBytes int64) ([]byte, error) {
	file, err := Open(path, maxBytes)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
