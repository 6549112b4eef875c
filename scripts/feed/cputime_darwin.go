package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// cpuTime returns the user and system time of a running process, in steps of
// 10 ms, as ps tells it: minutes:seconds.
func cpuTime(pid int) (time.Duration, error) {
	text, err := exec.Command("ps", "-o", "time=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
	}
	minutes, seconds, _ := strings.Cut(strings.TrimSpace(string(text)), ":")
	t, err := time.ParseDuration(minutes + "m" + seconds + "s")
	if err != nil {
		return 0, fmt.Errorf("ps says that process %d took %q: %w", pid, text, err)
	}
	return t, nil
}
