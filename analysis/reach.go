package analysis

import (
	"cmp"
	"slices"
	"time"

	"treecast/run"
)

// Reach is how soon one value was on some nodes of a run.
type Reach struct {
	Value   int32         // its number in the record of messages
	Sent    time.Duration // when the network took its first broadcast request, since the start of the run
	At      time.Duration // when the last of the nodes that got it was handed it
	Missing int           // nodes that never were
}

// ReachQuery asks how soon which values were on which nodes. Times are since
// the start of the run.
type ReachQuery struct {
	Nodes []string // that are to have a value
	// From and Until bound when a value was broadcast; Until is not included.
	From, Until time.Duration
	// At are the nodes to which it was broadcast; nil means any.
	At []string
	// Since is from when on it counts that a node was handed a value: what a node
	// was given before it lost everything is nothing.
	Since time.Duration
}

// Reaches answers a query from a run's record of messages, in the order in which
// the values were broadcast.
func Reaches(m *run.Messages, q ReachQuery) []Reach {
	type progress struct {
		Reach
		sent bool
		has  map[int32]bool
	}
	wanted := map[int32]bool{}
	for i, name := range m.Names {
		wanted[int32(i)] = slices.Contains(q.Nodes, name)
	}
	values := make([]progress, len(m.Values))
	for i := range m.Transits { // in the order they were sent
		t := &m.Transits[i]
		if !m.IsClient(t.From) {
			continue
		}
		eachValue(t, func(v int32) {
			p := &values[v]
			if p.sent {
				return // only the first broadcast counts
			}
			p.sent, p.Reach = true, Reach{Value: v, Sent: t.Sent, At: t.Sent}
			if t.Sent >= q.From && t.Sent < q.Until && (q.At == nil || slices.Contains(q.At, m.Names[t.To])) {
				p.has = map[int32]bool{}
			}
		})
	}
	var arrived []int
	for i := range m.Transits {
		if t := &m.Transits[i]; t.Fate == run.Received && wanted[t.To] && t.Ended >= q.Since {
			arrived = append(arrived, i)
		}
	}
	slices.SortStableFunc(arrived, func(a, b int) int { return cmp.Compare(m.Transits[a].Ended, m.Transits[b].Ended) })
	for _, i := range arrived {
		t := &m.Transits[i]
		eachValue(t, func(v int32) {
			if p := &values[v]; p.has != nil && !p.has[t.To] && t.Ended >= p.Sent {
				p.has[t.To] = true
				p.At = t.Ended
			}
		})
	}
	var out []Reach
	for i := range values {
		if p := &values[i]; p.has != nil {
			p.Missing = len(q.Nodes) - len(p.has)
			out = append(out, p.Reach)
		}
	}
	slices.SortStableFunc(out, func(a, b Reach) int { return cmp.Compare(a.Sent, b.Sent) })
	return out
}

func eachValue(t *run.Transit, visit func(v int32)) {
	for _, s := range t.Spans {
		for v := s.First; v <= s.Last; v++ {
			visit(v)
		}
	}
}
