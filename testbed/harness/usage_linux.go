package harness

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the user and system time of a running process. Linux makes the
// number of such a clock of that of the process; see clock_getcpuclockid(3).
func cpuTime(pid int) (time.Duration, error) {
	const scheduled = 2 // as accounted by the scheduler, in nanoseconds
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		return 0, fmt.Errorf("harness: the CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

func memory(pid int) (resident, largest int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("harness: the memory of process %d: %w", pid, err)
	}
	return parseStatus(string(status))
}

// parseStatus finds the two figures in the text of /proc/PID/status, which has
// them in KiB.
func parseStatus(status string) (resident, largest int64, err error) {
	find := func(name string) (int64, error) {
		for line := range strings.Lines(status) {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
				return n << 10, err
			}
		}
		return 0, fmt.Errorf("harness: there is no %s in the status of the process", name)
	}
	if resident, err = find("VmRSS"); err != nil {
		return 0, 0, err
	}
	largest, err = find("VmHWM")
	return resident, largest, err
}
