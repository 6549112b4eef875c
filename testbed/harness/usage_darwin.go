package harness

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// ps is one column of ps for a process.
func ps(pid int, column string) (string, error) {
	text, err := exec.Command("ps", "-o", column+"=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("harness: the %s of process %d: %w", column, pid, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// cpuTime returns the user and system time of a running process, in steps of
// 10 ms, as ps tells it: minutes:seconds.
func cpuTime(pid int) (time.Duration, error) {
	text, err := ps(pid, "time")
	if err != nil {
		return 0, err
	}
	minutes, seconds, _ := strings.Cut(text, ":")
	t, err := time.ParseDuration(minutes + "m" + seconds + "s")
	if err != nil {
		return 0, fmt.Errorf("harness: ps says that process %d took %q: %w", pid, text, err)
	}
	return t, nil
}

// memory is what ps tells, in KiB; it does not tell the largest.
func memory(pid int) (resident, largest int64, err error) {
	text, err := ps(pid, "rss")
	if err != nil {
		return 0, 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n << 10, n << 10, err
}
