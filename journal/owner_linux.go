package journal

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// stat returns the fields of /proc/PID/stat behind the program's name, which
// may hold anything: the first is the state, field 3 in proc(5).
func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("journal: /proc/%d/stat has too few fields", pid)
	}
	return fields, nil
}

// startOf is when a process was started, in clock ticks since boot. The error
// is fs.ErrNotExist if there is no such process.
func startOf(pid int) (string, error) {
	fields, err := stat(pid)
	if err != nil {
		return "", err
	}
	return fields[19], nil
}

// parentOf is the process that a process is a child of.
func parentOf(pid int) (int, error) {
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(fields[1])
}

// sharesStdin reports whether a process has the very pipe for its stdin that we
// have for ours. One that talks to us has its other end.
func sharesStdin(pid int) bool {
	ours, err := os.Readlink("/proc/self/fd/0")
	if err != nil || !strings.HasPrefix(ours, "pipe:") && !strings.HasPrefix(ours, "socket:") {
		return false
	}
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", pid))
	return err == nil && theirs == ours
}

// bootID tells this boot of the machine from others.
var bootID = sync.OnceValue(func() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(string(text), "-")
	return id
})

// pidSpace tells our PID namespace from others.
var pidSpace = sync.OnceValue(func() string {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.Trim(strings.TrimPrefix(link, "pid:"), "[]")
})
