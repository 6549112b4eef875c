package checker

import (
	"sort"
	"strings"
	"time"

	"treecast/run"
)

// Settled returns a function that says, for a time of a run, before which time
// something must have happened for the cluster to have had the given quiet since,
// without a fault: the latest t such that a stretch of that length between t and
// the time asked for saw none. It is negative if there was no such stretch.
//
// A fault lasts from the nemesis' line that begins it (:start-partition, :kill,
// :pause) until the line that completes its undoing (:stop-partition, :start,
// :resume).
func Settled(h run.History, quiet time.Duration) func(time.Duration) time.Duration {
	var stretches []stretch // without faults, in order
	from, open := time.Duration(0), map[string]bool{}
	for i := range h {
		op := &h[i]
		if op.Process != run.NemesisProcess {
			continue
		}
		fault, begins := faultOf(op.F)
		calm := len(open) == 0
		if begins {
			open[fault] = true
		} else {
			delete(open, fault)
		}
		switch now := len(open) == 0; {
		case calm:
			stretches = append(stretches, stretch{from, op.Time})
			from = op.Time
		case now:
			from = op.Time
		}
	}
	if len(open) == 0 {
		stretches = append(stretches, stretch{from, 1 << 62})
	}
	return func(at time.Duration) time.Duration {
		n := sort.Search(len(stretches), func(i int) bool { return stretches[i].from > at })
		for n--; n >= 0; n-- {
			if end := min(stretches[n].to, at); end-stretches[n].from >= quiet {
				return end - quiet
			}
		}
		return -1
	}
}

type stretch struct{ from, to time.Duration }

// faultOf names the fault that a function of the nemesis is about, and whether it
// begins it.
func faultOf(f string) (fault string, begins bool) {
	switch f {
	case "start":
		return "kill", false
	case "resume":
		return "pause", false
	}
	if fault, ok := strings.CutPrefix(f, "start-"); ok {
		return fault, true
	}
	if fault, ok := strings.CutPrefix(f, "stop-"); ok {
		return fault, false
	}
	return f, true
}
