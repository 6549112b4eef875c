package process

import (
	"errors"
	"fmt"
	"syscall"
)

// What a run keeps open: for each node its three pipes, its process and its log,
// for one that is being started the nodes' ends of the pipes and a pipe to hear of
// its failure; and the bed's own files.
const (
	filesPerNode  = 5
	filesAtAStart = 5
	filesOfTheBed = 16
)

// CheckLimits says which limit of the system's is in the way of a run of so many
// nodes, and what to do; nil if none is.
func CheckLimits(nodes int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // starting nodes will tell
	}
	if need := uint64(nodes*filesPerNode + filesAtAStart + filesOfTheBed); need > limit.Cur {
		fit := max(0, int(limit.Cur)-filesAtAStart-filesOfTheBed) / filesPerNode
		return fmt.Errorf("%d nodes need some %d open files, and the limit here is %d (ulimit -n): raise it with ulimit -n %d, or run %d nodes at most",
			nodes, need, limit.Cur, need, fit)
	}
	return nil
}

// explainStart adds to the error of starting a process which limit was met.
func explainStart(err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: the limit of open files (ulimit -n) is too small for so many nodes", err)
	case errors.Is(err, syscall.ENFILE):
		return fmt.Errorf("%w: the whole system has too many open files", err)
	case errors.Is(err, syscall.EAGAIN):
		return fmt.Errorf("%w: the limit of processes (ulimit -u) is met", err)
	case errors.Is(err, syscall.ENOMEM):
		return fmt.Errorf("%w: there is too little memory for so many nodes", err)
	case errors.Is(err, syscall.E2BIG):
		return fmt.Errorf("%w: its arguments and the environment are too long", err)
	}
	return err
}
