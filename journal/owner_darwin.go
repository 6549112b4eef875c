package journal

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// kernelProcess is what the kernel knows of a process. The error is
// fs.ErrNotExist if there is none.
func kernelProcess(pid int) (*unix.KinfoProc, error) {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(p.Proc.P_pid) != pid { // it answers for one that is gone, with nothing
		return nil, fmt.Errorf("journal: process %d: %w", pid, fs.ErrNotExist)
	}
	return p, nil
}

// startOf is when a process was started, in microseconds. The error is
// fs.ErrNotExist if there is no such process.
func startOf(pid int) (string, error) {
	p, err := kernelProcess(pid)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d.%06d", p.Proc.P_starttime.Sec, p.Proc.P_starttime.Usec), nil
}

// parentOf is the process that a process is a child of.
func parentOf(pid int) (int, error) {
	p, err := kernelProcess(pid)
	if err != nil {
		return 0, err
	}
	return int(p.Eproc.Ppid), nil
}

// sharesStdin would tell a wrapper from who talks to us. Another process's files
// cannot be seen here, so a wrapper that does not exec needs TREECAST_RUN.
func sharesStdin(int) bool { return false }

// bootID tells this boot of the machine from others.
var bootID = sync.OnceValue(func() string {
	text, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(text, "-")
	return id
})

// pidSpace tells our PID namespace from others: there are none.
func pidSpace() string { return "" }
