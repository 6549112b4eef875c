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

// privateBytes is not known without the C library: a child tells with its beats.
func privateBytes(int) int64 { return 0 }

// limitMemory does nothing: macOS holds no process to such a limit.
func limitMemory(int64) {}
