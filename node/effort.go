package node

import "time"

// effort is how much of a processor's time a piece of work takes. Time in which the machine
// does something else does not count, as far as the system tells; what the work's garbage costs
// does not either. The zero value says that nothing takes any, as virtual time has it.
type effort struct {
	measured bool
	began    time.Time
	used     time.Duration // of the thread
}

// begin begins a piece of work.
func (e *effort) begin() {
	if e.measured {
		e.began, e.used = time.Now(), threadTime()
	}
}

// took is what it has taken since then. A goroutine may have changed threads meanwhile, whose
// times say nothing about each other: it has taken no more than has passed.
func (e *effort) took() time.Duration {
	if !e.measured {
		return 0
	}
	passed := time.Since(e.began)
	if used := threadTime(); used >= e.used && e.used > 0 {
		return min(passed, used-e.used)
	}
	return passed
}
