package journal

import "fmt"

// Recovered is what was found of a node's earlier incarnations in this run.
type Recovered struct {
	// Former says that there was one. Without it the rest is that of a node that
	// begins with nothing, and Told may say why.
	Former bool
	// Log is the log of the entries that the node gives out in this incarnation, behind the
	// counter Counter. It is a new one in every incarnation, and Counter is 0; see the
	// package comment.
	Log     string
	Counter uint64
	// Incarnation is the number that this incarnation's gossip begins with: Start.Incarnation,
	// or more, if the clock was set back since the earlier one.
	Incarnation uint64
	// Warnings is what people should know of what was found: nothing in a healthy
	// run.
	Warnings []string

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

const (
	// incarnationRoom is how many numbers one process may use, as its gossip may restart.
	incarnationRoom = 1 << 12
	// incarnationSpread is the range in which two processes differ that come after the same
	// one, as far as the journal shows.
	incarnationSpread = 1 << 28
)

// incarnationAfter is the number of an incarnation after another one: that of the clock, or,
// if the clock was set back, one above the other's. An incarnation in between may have been
// cut off the journal; its number must not be used again.
func incarnationAfter(former, epoch uint64) uint64 {
	if epoch > former+incarnationRoom {
		return epoch
	}
	return former + incarnationRoom + epoch%incarnationSpread
}

// fresh is what a node begins with that has no earlier incarnation.
func fresh(s *Start) (*Recovered, *incarnation) {
	r := &Recovered{Log: s.Log, Incarnation: s.Incarnation}
	return r, &incarnation{seen: s.Init, number: r.Incarnation}
}

// recovered makes a node go on with what was found.
func recovered(s *Start, found *scan) (*Recovered, *incarnation) {
	r := &Recovered{Former: true, Log: s.Log, Incarnation: incarnationAfter(found.incarnation, s.Incarnation), found: found}
	if found.incarnations == 0 {
		r.Warnings = append(r.Warnings, "its beginning is damaged")
	}
	if found.torn > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d bytes at the end, of an append that did not finish, were cut", found.torn))
	}
	if found.damaged > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d bytes before the end are damaged and were left out", found.damaged))
	}
	return r, &incarnation{seen: s.Init, number: r.Incarnation}
}
