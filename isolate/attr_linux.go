package isolate

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// self is the program that runs, whatever became of its file.
func self() string { return "/proc/self/exe" }

// attributes has the kernel kill a child when the thread that started it ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// usage reads how much memory a process takes. It keeps the file open, as it is asked ten times
// a second: what is read is of the process that it was opened for, or nothing. The zero value
// is ready; it is for one goroutine at a time.
type usage struct{ fd int } // 0: not open

// privateBytes is how much memory a process takes that it shares with no file; 0 if
// that cannot be read.
func (u *usage) privateBytes(pid int) int64 {
	if pid == 0 {
		return 0
	}
	if u.fd == 0 {
		fd, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/statm", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			return 0
		}
		u.fd = fd
	}
	var text [128]byte
	n, errno := rawPread(u.fd, text[:])
	if errno != 0 {
		return 0
	}
	fields := bytes.Fields(text[:n]) // size, resident, shared, ...
	if len(fields) < 3 {
		return 0
	}
	resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	return max(0, resident-shared) * int64(os.Getpagesize())
}

// close closes the file.
func (u *usage) close() {
	if u.fd != 0 {
		syscall.Close(u.fd)
		u.fd = 0
	}
}

// limitMemory has the kernel refuse a process more data than a limit allows with room
// to spare: it stands behind the parent, which looks only ten times a second.
func limitMemory(bytes int64) {
	limit := uint64(bytes)*3/2 + 256<<20
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}
