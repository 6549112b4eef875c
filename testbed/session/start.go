package session

import "time"

// Nodes are started one after another in a random order, with gaps of leastGap to
// mostGap, the first node among the last: Maelstrom starts them by parallel
// threads, which begin in scrambled order within some 2 to 4 ms a node, and the
// thread of the first node starts the services before. Nodes with tickers of
// their own keep these phases for the whole run, and their latencies depend on them.
const (
	leastGap = 2 * time.Millisecond
	mostGap  = 4 * time.Millisecond
	// startWithin is the time in which all nodes are started, however many: more
	// of it would be waited for and tell nothing.
	startWithin = 2 * time.Second
	// lateShare is the part of the order, from its end, that the first node is in.
	lateShare = 4
)

// planned is a node that is to be started.
type planned struct {
	at   time.Duration
	node int
}

// planStarts draws when the nodes are started.
func (s *Session) planStarts(now time.Duration) {
	n := len(s.nodes)
	order := s.starter.Perm(n)
	late := min(n, max(2, (n+lateShare-1)/lateShare))
	place := n - 1 - s.starter.IntN(late)
	for i, node := range order {
		if node == 0 {
			order[i], order[place] = order[place], 0
			break
		}
	}
	scale := min(1, startWithin.Seconds()/float64(n)/mostGap.Seconds())
	for i, node := range order {
		if i > 0 {
			gap := leastGap + time.Duration(s.starter.Int64N(int64(mostGap-leastGap)))
			now += time.Duration(float64(gap) * scale)
		}
		s.starts = append(s.starts, planned{now, node})
	}
}

// startDue starts the nodes whose time has come.
func (s *Session) startDue(now time.Duration) {
	for len(s.starts) > 0 && s.starts[0].at <= now {
		s.emit(Output{Action: StartNode, Node: s.nodes[s.starts[0].node].name})
		s.starts = s.starts[1:]
	}
}
