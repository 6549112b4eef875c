package experiment

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/run"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
)

// repairFanOuts are a star and a tree of depth 2.
var repairFanOuts = []int{24, 5}

// repairRun is a run with a plan of faults, and what it left behind.
type repairRun struct {
	*run.Results
	messages *run.Messages
}

// repairPlan is a cluster of 25 with a period of 400 ms.
func repairPlan(k int, faults string) Plan {
	p := inVirtualTime()
	p.Node = virtual.NodeConfig{Rounds: gossip.Locked, NumChildren: k, SyncPeriod: 400 * time.Millisecond}
	p.NemesisPlan = faults
	return p
}

// repaired makes a run, whose verdicts must be good; that of Maelstrom does not
// know that what was on one node alone may be lost with it.
func repaired(t *testing.T, p Plan) *repairRun {
	t.Helper()
	results, dir := carryOut(t, p, Options{})
	if !p.Node.NoJournal {
		require.Equal(t, run.Valid, results.Valid)
	}
	require.Equal(t, run.Valid, results.Strict.Valid, results.Strict.Findings)
	file, err := os.Open(filepath.Join(dir, run.MessagesFile))
	require.NoError(t, err)
	defer file.Close()
	messages, err := run.ReadMessages(file)
	require.NoError(t, err)
	require.EqualValues(t, 1, messages.SampleRate, "every message is in the record")
	return &repairRun{results, messages}
}

// fault is when the only fault of its kind began and ended.
func (r *repairRun) fault(t *testing.T, kind string) (from, to time.Duration) {
	t.Helper()
	for _, f := range r.Faults {
		if f.Kind == kind {
			return f.From.Duration(), f.To.Duration()
		}
	}
	require.Fail(t, "the run has no fault of its kind", kind)
	return 0, 0
}

// nodesBut are all nodes without some.
func nodesBut(without ...string) []string {
	return slices.DeleteFunc(session.NodeNames(25), func(n string) bool { return slices.Contains(without, n) })
}

// spread is how long, at the worst, values took to be on all nodes of a group:
// those whose first broadcast went to one of the group between from and until.
// It is counted from the broadcast, or from since if that is later; what a node
// was handed before lost does not count. It requires that there were such values
// and that none is missing anywhere.
func (r *repairRun) spread(t *testing.T, group []string, from, until, since time.Duration) (worst time.Duration) {
	t.Helper()
	sent := map[int32]time.Duration{}
	seen := map[int32]bool{}
	arrived := map[int32]map[string]time.Duration{}
	for i := range r.messages.Transits {
		m := &r.messages.Transits[i]
		to := r.messages.Names[m.To]
		for _, s := range m.Spans {
			for v := s.First; v <= s.Last; v++ {
				if r.messages.IsClient(m.From) && !seen[v] {
					if seen[v] = true; slices.Contains(group, to) && m.Sent >= from && m.Sent < until {
						sent[v], arrived[v] = m.Sent, map[string]time.Duration{}
					}
				}
				if at, ok := arrived[v][to]; arrived[v] != nil && m.Fate == run.Received && (!ok || m.Ended < at) {
					arrived[v][to] = m.Ended
				}
			}
		}
	}
	require.Greater(t, len(sent), 20, "values that tell something")
	for v, at := range sent {
		for _, node := range group {
			got, ok := arrived[v][node]
			require.True(t, ok, "%s never got %s", node, r.messages.Values[v])
			worst = max(worst, got-max(at, since))
		}
	}
	return worst
}

// sentBetween is how many messages nodes sent each other in a stretch of time.
func (r *repairRun) sentBetween(from, to time.Duration) float64 {
	count := 0
	for i := range r.messages.Transits {
		if m := &r.messages.Transits[i]; !r.messages.IsClient(m.From) && m.Sent >= from && m.Sent < to {
			count++
		}
	}
	return float64(count)
}

func TestNodesThatStayDownHoldNobodyUpForLong(t *testing.T) {
	for _, k := range repairFanOuts {
		healthy := repaired(t, repairPlan(k, ""))
		for _, c := range []struct {
			nodes string
			dead  []string
			bound time.Duration
		}{
			{"n0", []string{"n0"}, 4 * time.Second},
			{"n1", []string{"n1"}, 4 * time.Second}, // inner, with k = 5
			{"n2,n7,n19", []string{"n2", "n7", "n19"}, 4 * time.Second},
			{"n0-n1", []string{"n0", "n1"}, 6 * time.Second},
		} {
			t.Run(fmt.Sprintf("k=%d %s", k, c.nodes), func(t *testing.T) {
				r := repaired(t, repairPlan(k, "5s kill "+c.nodes))
				died, back := r.fault(t, "kill")
				require.Greater(t, back-died, 14*time.Second, "they are down until the load ends")
				worst := r.spread(t, nodesBut(c.dead...), 0, back-c.bound, died)
				rate, before := r.sentBetween(died+5*time.Second, died+14*time.Second), healthy.sentBetween(died+5*time.Second, died+14*time.Second)
				t.Logf("worst %v, %.2f times the healthy rate", worst, rate/before)
				require.LessOrEqual(t, worst, c.bound)
				require.LessOrEqual(t, rate, 1.3*before)
			})
		}
	}
}

func TestHalvesGoOnAloneAndFindEachOther(t *testing.T) {
	left, right := session.NodeNames(25)[:12], session.NodeNames(25)[12:]
	for _, k := range repairFanOuts {
		t.Run(fmt.Sprintf("k=%d", k), func(t *testing.T) {
			r := repaired(t, repairPlan(k, "5s partition n0-n11|n12-n24; 15s heal"))
			cut, healed := r.fault(t, "partition")
			for _, side := range [][]string{left, right} {
				worst := r.spread(t, side, cut, healed-5*time.Second, cut)
				t.Logf("inside a half %v", worst)
				require.LessOrEqual(t, worst, 5*time.Second)
			}
			worst := r.spread(t, nodesBut(), cut, healed, healed)
			t.Logf("after the heal %v", worst)
			require.LessOrEqual(t, worst, 4*time.Second)
		})
	}
}

func TestARestartedNodeIsHandedWhatItLacks(t *testing.T) {
	for _, k := range repairFanOuts {
		for _, blank := range []bool{true, false} {
			t.Run(fmt.Sprintf("k=%d blank=%v", k, blank), func(t *testing.T) {
				p := repairPlan(k, "8s kill n1; 13s start n1")
				// What only n1 had is gone with it where it comes back blank.
				p.Node.NoJournal, p.Exact = blank, true
				r := repaired(t, p)
				died, back := r.fault(t, "kill")
				lacked, handed := r.catchUp(t, "n1", died, back, blank)
				t.Logf("%d values lacked, %d handed", lacked, handed)
				require.LessOrEqual(t, float64(handed), 1.3*float64(lacked)+littleNews)
			})
		}
	}
}

// littleNews is how many values are broadcast within the 4 s that a node has to
// catch up, generously.
const littleNews = 250

// catchUp requires that a node which was down from died to back had all that it
// lacked 4 s later, and returns how many values that was and how many peers
// handed it meanwhile.
func (r *repairRun) catchUp(t *testing.T, node string, died, back time.Duration, blank bool) (lacked, handed int) {
	t.Helper()
	seen, want := map[int32]bool{}, map[int32]bool{}
	got := map[int32]bool{}
	for i := range r.messages.Transits {
		m := &r.messages.Transits[i]
		for _, s := range m.Spans {
			for v := s.First; v <= s.Last; v++ {
				fromClient, toNode := r.messages.IsClient(m.From), r.messages.Names[m.To] == node
				if fromClient && !seen[v] {
					// One that was broadcast to the node itself is not what others owe it.
					seen[v] = true
					want[v] = !toNode && m.Sent < back
				}
				if toNode && m.Fate == run.Received {
					switch {
					case m.Ended < died && !blank:
						want[v] = false // its journal has it
					case m.Ended >= died && m.Ended <= back+4*time.Second:
						got[v] = true
						if !fromClient && m.Sent >= back { // not what the network kept for it
							handed++
						}
					}
				}
			}
		}
	}
	for v, wanted := range want {
		if wanted {
			lacked++
			require.True(t, got[v], "%s still lacks %s", node, r.messages.Values[v])
		}
	}
	require.Greater(t, lacked, 50, "values that tell something")
	return lacked, handed
}

func TestPartitionsThatComeAndGoCostLittle(t *testing.T) {
	for _, k := range repairFanOuts {
		healthy := repaired(t, repairPlan(k, ""))
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("k=%d seed=%d", k, seed), func(t *testing.T) {
				p := repairPlan(k, "")
				p.Nemesis, p.NemesisInterval, p.Seed = "partition", run.Millis(4*time.Second), seed
				r := repaired(t, p)
				longest := time.Duration(0)
				for _, f := range r.Faults {
					longest = max(longest, f.To.Duration()-f.From.Duration())
				}
				// Of a value everywhere, the slowest.
				require.Equal(t, r.Delivery.ValueCount, r.Delivery.FullCount)
				worst := r.spread(t, nodesBut(), 0, math.MaxInt64, 0)
				ratio := float64(*r.Net.Servers.MsgsPerOp / *healthy.Net.Servers.MsgsPerOp)
				t.Logf("%.2f times the messages; worst %v, longest cut %v", ratio, worst, longest)
				require.LessOrEqual(t, ratio, 2.0)
				require.LessOrEqual(t, worst, longest+4*time.Second)
			})
		}
	}
}

func TestLossOfAThirdIsMadeGood(t *testing.T) {
	for _, k := range repairFanOuts {
		t.Run(fmt.Sprintf("k=%d", k), func(t *testing.T) {
			healthy, r := repaired(t, repairPlan(k, "")), repaired(t, repairPlan(k, "0s loss 0.3"))
			ratio := r.sentBetween(0, math.MaxInt64) / healthy.sentBetween(0, math.MaxInt64)
			t.Logf("%.2f times the messages", ratio)
			require.LessOrEqual(t, ratio, 2.5)
		})
	}
}
