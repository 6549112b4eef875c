package process

import (
	"fmt"
	"syscall"
)

// stray is a process that a node has started and that has left its group.
type stray struct {
	pid     int
	command string
}

// strayRounds are how often strays are looked for: while one is killed it may
// start another.
const strayRounds = 20

// endStrays kills what the nodes of a run have left behind outside of their
// process groups, and names it. It is called when the nodes have ended.
func endStrays(runID string) (remarks []string) {
	if runID == "" {
		return nil
	}
	named := map[int]bool{}
	for range strayRounds {
		left := straysOf(runVariable + "=" + runID)
		if len(left) == 0 {
			break
		}
		for _, s := range left {
			if !named[s.pid] {
				named[s.pid] = true
				remarks = append(remarks, fmt.Sprintf("a process that a node had started had left the node's process group and was still there at the end; it was killed: %d (%s)", s.pid, s.command))
			}
			syscall.Kill(s.pid, syscall.SIGKILL) // nothing to do if it has just ended
		}
	}
	return remarks
}

// runVariable tells nodes which run they belong to.
const runVariable = "TREECAST_RUN"
