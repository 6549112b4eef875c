package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// straysOf lists the processes that have a variable, given as NAME=VALUE, in the
// environment that they were started with: whatever a run's nodes have started
// has that of the run, even if it has left their process groups.
func straysOf(variable string) (out []stray) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil { // it is another user's, or has just ended
			continue
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if string(v) == variable {
				command, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
				out = append(out, stray{pid, strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))})
				break
			}
		}
	}
	return out
}
