package isolate

import (
	"os"
	"syscall"
)

// self is the program that runs.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// attributes are none: macOS does not end a child with its parent, so the socket that
// is closed has to do.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// usage is not known without the C library: a child tells with its beats.
type usage struct{}

func (*usage) privateBytes(int) int64 { return 0 }

func (*usage) close() {}

// limitMemory does nothing: macOS holds no process to such a limit.
func limitMemory(int64) {}
