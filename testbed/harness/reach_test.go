package harness_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// reach is how soon one value was on some nodes of a run.
type reach struct {
	Value   int32         // its number in the record of messages
	Sent    time.Duration // when the network took its first broadcast request, since the start of the run
	At      time.Duration // when the last of the nodes that got it was handed it
	Missing int           // nodes that never were
}

// reachQuery asks how soon which values were on which nodes. Times are since
// the start of the run.
type reachQuery struct {
	Nodes []string // that are to have a value
	// From and Until bound when a value was broadcast; Until is not included.
	From, Until time.Duration
	// At are the nodes to which it was broadcast; nil means any.
	At []string
	// Since is from when on it counts that a node was handed a value: what a node
	// was given before it lost everything is nothing.
	Since time.Duration
}

// reaches answers a query from a run's record of messages, in the order in which
// the values were broadcast.
func reaches(m *run.Messages, q reachQuery) []reach {
	type progress struct {
		reach
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
			p.sent, p.reach = true, reach{Value: v, Sent: t.Sent, At: t.Sent}
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
	var out []reach
	for i := range values {
		if p := &values[i]; p.has != nil {
			p.Missing = len(q.Nodes) - len(p.has)
			out = append(out, p.reach)
		}
	}
	slices.SortStableFunc(out, func(a, b reach) int { return cmp.Compare(a.Sent, b.Sent) })
	return out
}

func eachValue(t *run.Transit, visit func(v int32)) {
	for _, s := range t.Spans {
		for v := s.First; v <= s.Last; v++ {
			visit(v)
		}
	}
}

// reachRecord is a cluster of three: 7 is broadcast to n1 and comes to all, 8 to
// n2, which n1 never gets and n0 twice, after it was killed.
const reachRecord = `event,id,time_us,from,to,type,kind,bytes,values
value,0,,,,,,,7
value,1,,,,,,,8
sent,1,10000,c1,n1,broadcast,data,40,0
received,1,11000,,,,,,
sent,2,20000,n1,n0,gossip,data,90,0
received,2,120000,,,,,,
sent,3,130000,n0,n2,gossip,data,90,0
sent,4,140000,c2,n2,broadcast,data,40,1
received,4,140000,,,,,,
received,3,230000,,,,,,
sent,5,240000,n2,n0,gossip,data,90,0-1
received,5,340000,,,,,,
sent,6,350000,n0,n1,gossip,data,90,1
lost,6,350000,,,,,,
sent,7,400000,c1,n1,broadcast,data,40,0
received,7,400000,,,,,,
sent,8,500000,n2,n0,gossip,data,90,0-1
received,8,600000,,,,,,
end,9,700000,,,,,,
`

func TestReaches_areReadOffARecord(t *testing.T) {
	m, err := run.ReadMessages(strings.NewReader(reachRecord))
	require.NoError(t, err)
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	all := []string{"n0", "n1", "n2"}
	for name, c := range map[string]struct {
		query reachQuery
		want  []reach
	}{
		"everywhere":       {reachQuery{Nodes: all}, []reach{{0, ms(10), ms(230), 0}, {1, ms(140), ms(340), 1}}},
		"among two":        {reachQuery{Nodes: []string{"n0", "n2"}}, []reach{{0, ms(10), ms(230), 0}, {1, ms(140), ms(340), 0}}},
		"sent later":       {reachQuery{Nodes: all, From: ms(11)}, []reach{{1, ms(140), ms(340), 1}}},
		"sent earlier":     {reachQuery{Nodes: all, Until: ms(140)}, []reach{{0, ms(10), ms(230), 0}}},
		"broadcast to n2":  {reachQuery{Nodes: all, At: []string{"n2"}}, []reach{{1, ms(140), ms(340), 1}}},
		"in a second life": {reachQuery{Nodes: []string{"n0"}, Since: ms(450)}, []reach{{0, ms(10), ms(600), 0}, {1, ms(140), ms(600), 0}}},
		"never again":      {reachQuery{Nodes: []string{"n0"}, Since: ms(601)}, []reach{{0, ms(10), ms(10), 1}, {1, ms(140), ms(140), 1}}},
	} {
		if c.query.Until == 0 {
			c.query.Until = math.MaxInt64
		}
		require.Equal(t, c.want, reaches(m, c.query), name)
	}
}
