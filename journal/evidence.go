package journal

import "strconv"

// Start is what a node's beginning is known by.
type Start struct {
	Node        string // its name
	Nodes       int    // of the cluster
	Init        Seen   // the id and the client of its init
	Log         string // name for the log of its own entries, if none is gone on with
	Incarnation uint64 // of this incarnation's gossip, as the clock has it
	// Blank has the node begin without what it cannot use, instead of failing with
	// a BlockedError: what stands there is moved aside.
	Blank bool
}

// ClientNumber returns the number in a Maelstrom client's name, such as c12.
func ClientNumber(name string) (n int64, ok bool) {
	if len(name) < 2 || name[0] != 'c' || name[1] < '0' || name[1] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(name[1:], 10, 64)
	return n, err == nil
}

// laterThan reports whether the init is evidence that the node has been
// restarted in the run in which all this was seen. Maelstrom counts messages and
// clients through a run; the first init of every node is among the first two
// messages per node, and comes from one of as many clients as there are nodes.
func (s *Start) laterThan(seen Seen) bool {
	if s.Init.HasID && seen.HasID {
		return s.Init.ID >= int64(2*s.Nodes) && s.Init.ID > seen.ID
	}
	return s.Init.HasClient && seen.HasClient && s.Init.Client >= int64(s.Nodes) && s.Init.Client > seen.Client
}

// evidence reports whether a segment is an earlier incarnation's of the node that
// starts, in the run called run.
func (s *Start) evidence(found *scan, run string) bool {
	if found.node != s.Node {
		return false
	}
	if run != "" || found.run != "" {
		return run == found.run
	}
	return s.laterThan(found.seen)
}

// maybeLater reports whether the node may have had an earlier incarnation in this run, so
// that what bears its name and cannot be read may be of it.
func (s *Start) maybeLater(run string) bool {
	return run != "" || s.laterThan(Seen{ID: -1, Client: -1, HasID: s.Init.HasID, HasClient: s.Init.HasClient})
}
