package gossip_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// stall is a time in which nodes stand still.
type stall struct {
	from, to time.Duration
	nodes    []string
}

// stalledTrial is a trial with stalls, and by how much each value was late at each node.
type stalledTrial struct {
	*sim
	stalls []stall
	bound  time.Duration            // of the healthy cluster
	sentAt map[string]time.Duration // by value
	origin map[string]string
	late   []lateness
	count  int // of values that were due at all nodes
}

// lateness is a value that took longer at a node than stalls on its way explain.
type lateness struct {
	value, at  string
	sent, took time.Duration
	over       time.Duration
}

// runStalled runs 25 nodes at 100 ms that take 50 broadcasts a second for 20 s, with
// stalls. Values of the first seconds, in which nodes find their slots and learn who
// speaks, are not judged.
func runStalled(k int, seed uint64, period time.Duration, draw func(s *sim) []stall) *stalledTrial {
	const learnt = 4 * time.Second
	tr := &stalledTrial{sentAt: map[string]time.Duration{}, origin: map[string]string{}}
	tr.sim = newSim(25, k, seed, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, period })
	s := tr.sim
	d := time.Duration(s.nodes[0].tree.Depth())
	tr.bound = period + 2*d*100*ms + d*gossip.MinGuard
	tr.stalls = draw(s)
	for _, st := range tr.stalls {
		s.at(st.from, func() {
			for _, n := range st.nodes {
				s.index[n].paused = true
			}
		})
		s.at(st.to, func() {
			for _, n := range st.nodes {
				s.resume(s.index[n])
			}
		})
	}
	n := 0
	for at := time.Duration(0); at < 20*time.Second; at += time.Duration(s.rng.Int64N(int64(40 * ms))) {
		n++
		value, node := fmt.Sprint(n), s.nodes[s.rng.IntN(25)]
		var say func()
		say = func() {
			if node.paused { // its clients' lines wait, too
				node.waiting = append(node.waiting, func() { s.broadcast(node, value) })
				return
			}
			s.broadcast(node, value)
		}
		tr.sentAt[value], tr.origin[value] = at, node.name
		s.at(at, say)
	}
	s.onLearn = func(node *simNode, e gossip.Entry) {
		sent := tr.sentAt[e.Value]
		if sent < learnt {
			return
		}
		tr.count++
		took := s.now - sent
		if took <= tr.bound {
			return
		}
		guard := time.Duration(0)
		for _, n := range s.nodes {
			guard = max(guard, n.core.Stats().Guard)
		}
		if over := took - tr.bound - guard - tr.standstill(e.Value, node.name, s.now); over > 0 {
			tr.late = append(tr.late, lateness{e.Value, node.name, sent, took, over})
		}
	}
	s.run(time.Minute)
	return tr
}

// standstill is for how long nodes on the way of a value stood still meanwhile. Times
// in which several did count once.
func (tr *stalledTrial) standstill(value, to string, until time.Duration) (sum time.Duration) {
	tree := tr.nodes[0].tree
	way := map[string]bool{tr.origin[value]: true, to: true}
	for _, end := range []string{tr.origin[value], to} {
		for _, a := range tree.Ancestors(end) {
			way[a] = true
		}
	}
	last := time.Duration(0)
	for _, st := range tr.stalls {
		on := false
		for _, n := range st.nodes {
			on = on || way[n]
		}
		if from := max(st.from, last); on && st.to > tr.sentAt[value] && st.from < until && st.to > from {
			sum += st.to - from
			last = st.to
		}
	}
	return sum
}

// everySecond draws stalls of a length, about once a second.
func everySecond(length time.Duration, who func(s *sim) []string) func(s *sim) []stall {
	return func(s *sim) (out []stall) {
		for at := time.Second; at < 20*time.Second; {
			out = append(out, stall{at, at + length, who(s)})
			at += length + 500*ms + time.Duration(s.rng.Int64N(int64(time.Second)))
		}
		return out
	}
}

func everybody(s *sim) (names []string) {
	for _, n := range s.nodes {
		names = append(names, n.name)
	}
	return names
}

func anyOne(s *sim) []string { return []string{s.nodes[s.rng.IntN(len(s.nodes))].name} }
func theRoot(*sim) []string  { return []string{"n0"} }

// A stall costs a value its own length, and hardly ever a period, for hardly a message.
// What is left over is a child that stands still in its slot alone, again and again: to
// pass that on would cost a message to everybody each time. See results/stalls.md.
func TestStall_costsItsOwnLength(t *testing.T) {
	whose := map[string]func(*sim) []string{"all": everybody, "one": anyOne, "root": theRoot}
	for _, k := range []int{24, 5} {
		for _, period := range []time.Duration{280 * ms, 470 * ms, 1740 * ms} {
			calm := runStalled(k, 0, period, func(*sim) []stall { return nil })
			require.Empty(t, calm.late, "k=%d P=%v", k, period)
			for who, draw := range whose {
				for _, c := range []struct {
					length   time.Duration
					late     float64 // share of the values at a node that may be late
					messages float64
				}{{20 * ms, 0.003, 1.05}, {50 * ms, 0.03, 1.05}, {100 * ms, 0.05, 1.1}} {
					tr := runStalled(k, 0, period, everySecond(c.length, draw))
					what := fmt.Sprintf("k=%d P=%v, %s for %v", k, period, who, c.length)
					require.LessOrEqual(t, float64(len(tr.late))/float64(tr.count), c.late, what)
					require.LessOrEqual(t, float64(tr.sent)/float64(calm.sent), c.messages, what)
				}
			}
		}
	}
}

// Any jitter of single nodes, at any time, leaves every value its way: nothing is lost,
// and nothing is late by more than a period and the stalls themselves.
func TestStall_ofAnybodyAtAnyTimeIsSurvived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom([]int{1, 2, 5, 24}).Draw(t, "k")
		seed := rapid.Uint64Range(1, 1<<20).Draw(t, "seed")
		length := time.Duration(rapid.IntRange(1, 120).Draw(t, "ms")) * ms
		period := time.Duration(rapid.SampledFrom([]int{100, 280, 470}).Draw(t, "period")) * ms
		tr := runStalled(k, seed, period, everySecond(length, anyOne))
		require.True(t, tr.complete(len(tr.sentAt)))
		depth := time.Duration(tr.nodes[0].tree.Depth())
		for _, l := range tr.late {
			require.LessOrEqual(t, l.over, period+depth*(length+2*gossip.MinGuard), "value %s at %s, sent %v", l.value, l.at, l.sent)
		}
	})
}

// Late children move no flush but their own, and the grid stays where it was.
func TestStall_movesNoGrid(t *testing.T) {
	onGrid, off := 0, 0
	runStalled(24, 1, 470*ms, func(s *sim) []stall {
		s.onSend = func(now time.Duration, from, _ string, m *gossip.Message) {
			if from != "n0" || m.Round == 0 {
				return
			}
			if now%(470*ms) == 0 {
				onGrid++
			} else {
				off++
			}
		}
		return everySecond(50*ms, everybody)(s)
	})
	require.Greater(t, onGrid, 700, "most flushes go on the grid, to the end")
	require.Less(t, off, 250)
}

// A child that is silent, dead or slow delays nobody by more than a guard.
func TestStall_silenceDelaysNobody(t *testing.T) {
	for name, quiet := range map[string]int{"one": 1, "half of them": 12, "most of them": 22} {
		s := newSim(25, 24, 1, func(c *gossip.Config) { c.Rounds, c.Period = gossip.Locked, 470*ms })
		sentAt, worst := map[string]time.Duration{}, time.Duration(0)
		for i := range 1000 {
			at := time.Duration(i) * 20 * ms
			node := s.nodes[i%25]
			if at > 10*time.Second && i%25 > 24-quiet {
				continue
			}
			s.at(at, func() {
				sentAt[fmt.Sprint(i)] = s.now
				s.broadcast(node, fmt.Sprint(i))
			})
		}
		s.onLearn = func(_ *simNode, e gossip.Entry) {
			if sentAt[e.Value] > 4*time.Second {
				worst = max(worst, s.now-sentAt[e.Value])
			}
		}
		s.run(30 * time.Second)
		require.LessOrEqual(t, worst, 470*ms+200*ms+2*gossip.MinGuard, name)
	}
}
