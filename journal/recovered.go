package journal

import "fmt"

// Recovered is what was found of a node's former lives in this run.
type Recovered struct {
	// Former says that there was one. Without it the rest is that of a node that
	// begins with nothing, and Told may say why.
	Former bool
	// Log is the log of the node's own entries, and Counter the highest counter
	// in it that can have been used.
	Log     string
	Counter uint64
	// Epoch is what this life's gossip has to begin with: Start.Epoch, or more,
	// where the clock was set back since the former life.
	Epoch uint64
	// Told is what people should know of what was found: nothing in a healthy
	// run.
	Told []string

	found *scan
}

// Each calls yield for every run of entries that the journal holds, those of
// other origins included. An entry may come twice. Run.Values is valid during
// the call only; the strings are.
func (r *Recovered) Each(yield func(Run)) {
	if r.found != nil {
		r.found.each(yield)
	}
}

// epochRoom is how much room the epochs of one life have.
const epochRoom = 1 << 12

// fresh is what a node begins with that has no former life.
func fresh(s *Start, boot string) (*Recovered, *life) {
	r := &Recovered{Log: s.Log, Epoch: s.Epoch}
	return r, &life{seen: s.Init, epoch: r.Epoch, log: r.Log, boot: boot}
}

// recover makes a node go on with what was found.
func recovered(s *Start, found *scan, boot string) (*Recovered, *life) {
	r := &Recovered{Former: true, Log: found.last.log, Epoch: max(s.Epoch, found.last.epoch+epochRoom), found: found}
	switch {
	case found.last.boot != boot:
		// The machine has been restarted: frames that were never synced may be
		// missing without a trace, and their counters may be known to others.
		r.Log = s.Log
		r.Told = append(r.Told, "the machine has been restarted since: own values go on in a new log")
	default:
		r.Counter = found.after(Source{s.Node, r.Log})
	}
	if found.torn > 0 {
		r.Told = append(r.Told, fmt.Sprintf("%d bytes at the end, of an append that did not finish, were cut", found.torn))
	}
	if found.damaged > 0 {
		r.Told = append(r.Told, fmt.Sprintf("%d bytes before the end are damaged and were left out", found.damaged))
	}
	return r, &life{seen: s.Init, epoch: r.Epoch, log: r.Log, boot: boot}
}
