package figure

import (
	"cmp"
	"math"
	"slices"
	"time"

	"treecast/run"
)

// Spread is how a value spread over the nodes.
type Spread struct {
	Value  int32         // its number in the record of messages
	Sent   time.Duration // when the network took its first broadcast
	Took   time.Duration // until the last node that has it was handed it
	Handed int           // nodes that were handed it
	Last   int32         // the last of these, as a name of the record
}

// Convergence is how soon values were where.
type Convergence struct {
	Nodes   int
	Spreads []Spread // of all values looked at, in the order they were sent
	Full    int      // of these, handed to every node
	// Each counts how often it took how many whole milliseconds until one node
	// was handed one value; All, until every node was handed it.
	Each, All Histogram
	Handed    int64 // sum of Each
	// Unpromised are values that nobody acknowledged and that are not
	// everywhere. They need not be, and are not among Spreads.
	Unpromised int
	LeftOut    int // values not looked at: the record does not tell enough, or they are too many
}

// maxHeld is how many pairs of value and node are looked at, at most.
const maxHeld = 1 << 30

// Unpromised are the values, as they are spelt, of which no operation was
// acknowledged that brought them: nobody promised that they spread. f is what
// brings values; empty: whatever has one when it is invoked.
func Unpromised(h run.History, f string) map[string]bool {
	out := map[string]bool{}
	for i := range h {
		op := &h[i]
		if op.Process == run.NemesisProcess {
			continue
		}
		if f == "" && op.Type == run.Invoke && op.Value != nil {
			f = op.F
		}
		if op.F != f {
			continue
		}
		switch text := string(op.Value); op.Type {
		case run.Fail, run.Info:
			if _, known := out[text]; !known {
				out[text] = true
			}
		case run.OK:
			out[text] = false
		}
	}
	return out
}

// Converge reads off a record of messages how values spread over so many nodes.
// Values that were not promised are left out, unless they are everywhere anyway.
func Converge(m *run.Messages, nodes int, unpromised map[string]bool) Convergence {
	out := Convergence{Nodes: nodes}
	if m == nil || nodes < 1 || len(m.Values) == 0 {
		return out
	}
	every := 1 + len(m.Values)*nodes/maxHeld // of so many values one is looked at
	state := make([]Spread, len(m.Values)/every+1)
	for i := range state {
		state[i] = Spread{Sent: -1}
	}
	index, names := nodeIndex(m)
	held := make([]uint64, (len(state)*names+63)/64)
	order := arrivals(m)
	next := 0
	// begin notes what the network took of clients until a time.
	begin := func(until time.Duration) {
		for ; next < len(m.Transits) && m.Transits[next].Sent <= until; next++ {
			s := &m.Transits[next]
			if !m.IsClient(s.From) {
				continue
			}
			for _, span := range s.Spans {
				for v := span.First; v <= span.Last; v++ {
					if st := &state[int(v)/every]; int(v)%every == 0 && st.Sent < 0 {
						st.Value, st.Sent, st.Last = v, s.Sent, -1
					}
				}
			}
		}
	}
	// hand tells of every first time at which a node was handed a value.
	hand := func(first func(st *Spread, t *run.Transit)) {
		clear(held)
		for _, i := range order {
			t := &m.Transits[i]
			begin(t.Ended)
			node := index[t.To]
			if node < 0 {
				continue
			}
			for _, span := range t.Spans {
				for v := span.First; v <= span.Last; v++ {
					if int(v)%every != 0 {
						continue
					}
					at := int(v) / every
					st := &state[at]
					bit := at*names + node
					if st.Sent < 0 || t.Ended < st.Sent || held[bit/64]&(1<<(bit%64)) != 0 {
						continue
					}
					held[bit/64] |= 1 << (bit % 64)
					first(st, t)
				}
			}
		}
	}
	hand(func(st *Spread, t *run.Transit) {
		st.Handed++
		st.Took, st.Last = t.Ended-st.Sent, t.To
	})
	begin(math.MaxInt64)
	for i := range state {
		st := state[i]
		state[i].Sent = -1 // unless it is to be counted
		switch {
		case st.Sent < 0:
		case st.Handed < nodes && unpromised[m.Values[st.Value]]:
			out.Unpromised++
		case m.SampledAt >= 0 && (st.Handed < nodes || st.Sent+st.Took >= m.SampledAt):
			out.LeftOut++
		default:
			state[i].Sent = st.Sent
			out.Spreads = append(out.Spreads, st)
			if st.Handed == nodes {
				out.Full++
				out.All.Add(st.Took)
			}
		}
	}
	hand(func(st *Spread, t *run.Transit) {
		out.Each.Add(t.Ended - st.Sent)
		out.Handed++
	})
	out.LeftOut += len(m.Values) - (len(m.Values)+every-1)/every
	slices.SortStableFunc(out.Spreads, func(a, b Spread) int { return cmp.Compare(a.Sent, b.Sent) })
	return out
}

// nodeIndex numbers the nodes among the names of a record; a client has -1.
func nodeIndex(m *run.Messages) (index []int, nodes int) {
	index = make([]int, len(m.Names))
	for i := range m.Names {
		if index[i] = -1; !m.IsClient(int32(i)) {
			index[i] = nodes
			nodes++
		}
	}
	return index, nodes
}

// arrivals lists the messages that were received, in the order of that.
func arrivals(m *run.Messages) []int32 {
	var out []int32
	for i := range m.Transits {
		if m.Transits[i].Fate == run.Received {
			out = append(out, int32(i))
		}
	}
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(m.Transits[a].Ended, m.Transits[b].Ended) })
	return out
}

// Slowest lists the spreads that are worst: those that did not reach every node
// first, then those that took longest; of equals the first sent is first.
func (c *Convergence) Slowest(count int) []Spread {
	out := slices.Clone(c.Spreads)
	slices.SortStableFunc(out, func(a, b Spread) int {
		fullA, fullB := a.Handed == c.Nodes, b.Handed == c.Nodes
		switch {
		case !fullA && fullB:
			return -1
		case fullA && !fullB:
			return 1
		}
		return cmp.Compare(b.Took, a.Took)
	})
	return out[:min(count, len(out))]
}

// Hop is one message on the way of a value.
type Hop struct {
	Transit int           // index in the record
	Waited  time.Duration // at the sender, since it had the value
}

// Way returns the messages by which a value came from its client to a node, in
// their order: each is the one that first handed it to its receiver. It is
// empty if the value never came there.
func Way(m *run.Messages, value, to int32) []Hop {
	first := map[int32]int{} // receiver -> the message that first handed it the value
	for i := range m.Transits {
		t := &m.Transits[i]
		if t.Fate != run.Received || !carries(t, value) {
			continue
		}
		if known, ok := first[t.To]; !ok || t.Ended < m.Transits[known].Ended {
			first[t.To] = i
		}
	}
	var out []Hop
	for {
		i, ok := first[to]
		if !ok || len(out) > len(m.Names) {
			break
		}
		out = append(out, Hop{Transit: i})
		delete(first, to)
		to = m.Transits[i].From
	}
	slices.Reverse(out)
	for i := range out[:max(0, len(out)-1)] {
		out[i+1].Waited = m.Transits[out[i+1].Transit].Sent - m.Transits[out[i].Transit].Ended
	}
	return out
}

// carries says whether a message carries a value.
func carries(t *run.Transit, value int32) bool {
	for _, s := range t.Spans {
		if s.First <= value && value <= s.Last {
			return true
		}
	}
	return false
}
