package gossip_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// ring joins each node to the least joined others, at random, until each hears a
// majority, as Jepsen's majorities ring does.
func ring(nodes []*simNode, rng *rand.Rand) map[[2]string]bool {
	n := len(nodes)
	joined, degree := map[[2]int]bool{}, make([]int, n)
	for {
		a := -1
		for _, i := range rng.Perm(n) {
			if a < 0 || degree[i] < degree[a] {
				a = i
			}
		}
		if degree[a] >= n/2 {
			break
		}
		b := -1
		for _, i := range rng.Perm(n) {
			if i != a && !joined[[2]int{a, i}] && (b < 0 || degree[i] < degree[b]) {
				b = i
			}
		}
		joined[[2]int{a, b}], joined[[2]int{b, a}] = true, true
		degree[a]++
		degree[b]++
	}
	cut := map[[2]string]bool{}
	for i, a := range nodes {
		for j, b := range nodes {
			cut[[2]string{a.name, b.name}] = i != j && !joined[[2]int{i, j}]
		}
	}
	return cut
}

func TestMajoritiesRingHearsEverything(t *testing.T) {
	t.Parallel()
	// The first four are rings whose trees found each other too late when they
	// were joined by nothing but random swaps.
	rings := []uint64{1075, 1150, 1161, 1260}
	for seed := range seeds(4) {
		rings = append(rings, seed)
	}
	for _, k := range repairFanOuts {
		for _, seed := range rings {
			t.Run(fmt.Sprintf("k=%d seed=%d", k, seed), func(t *testing.T) {
				tr := newRepairTrial(t, k, seed)
				tr.broadcasts(0, 45*time.Second, anybody)
				tr.at(faultAt, func() { tr.cut = ring(tr.nodes, tr.rng) })
				tr.at(faultAt+20*time.Second, func() { clear(tr.cut) })
				for at := faultAt; at < 45*time.Second; at += 100 * ms {
					tr.at(at, tr.requireNoCycle)
				}
				tr.run(time.Minute)
				worst, which := tr.slowest(faultAt, func(v string) bool { return tr.sentAt[v] < faultAt+14*time.Second }, anybody)
				t.Logf("worst %v %s; healthy %.0f, cut %.0f", worst, which, tr.rate(3*time.Second, faultAt), tr.rate(15*time.Second, 30*time.Second))
				require.LessOrEqual(t, worst, 6*time.Second, which)
				worst, which = tr.slowest(faultAt+20*time.Second, func(string) bool { return true }, anybody)
				require.LessOrEqual(t, worst, 4*time.Second, which)
			})
		}
	}
}

// Cuts of all kinds, one after the other, 4 s each on average and as long
// between them.
func TestPartitionsCostLittleAndHoldUpNothingForLong(t *testing.T) {
	for _, k := range repairFanOuts {
		sent := [2]float64{}
		for seed := range uint64(6) {
			for i, cuts := range []bool{false, true} {
				tr := newRepairTrial(t, k, seed)
				tr.broadcasts(0, 20*time.Second, anybody)
				longest, from := time.Duration(0), tr.upTo(4*time.Second)
				for cuts && from < 20*time.Second {
					lasts := min(tr.upTo(8*time.Second), 20*time.Second-from)
					tr.at(from, func() {
						if kind := tr.rng.IntN(4); kind == 3 {
							tr.cut = ring(tr.nodes, tr.rng)
						} else {
							side := map[string]bool{}
							for _, i := range tr.rng.Perm(25)[:[]int{1, 8, 12}[kind]] {
								side[tr.nodes[i].name] = true
							}
							tr.split(side)
						}
					})
					tr.at(from+lasts, func() { clear(tr.cut) })
					longest = max(longest, lasts)
					from += lasts + tr.upTo(8*time.Second)
				}
				tr.run(40 * time.Second)
				sent[i] += float64(tr.sent)
				worst, which := tr.slowest(0, func(string) bool { return true }, anybody)
				require.LessOrEqual(t, worst, longest+4*time.Second, "k=%d seed=%d: %s", k, seed, which)
				tr.requireQuietAtLast()
			}
		}
		t.Logf("k=%d: %.0f messages, %.0f with cuts", k, sent[0], sent[1])
		require.LessOrEqual(t, sent[1], 2*sent[0])
	}
}

// upTo draws a time below d.
func (tr *repairTrial) upTo(d time.Duration) time.Duration {
	return time.Duration(tr.rng.Int64N(int64(d)))
}

// requireQuietAtLast lets a cluster in which everybody is alive come to rest,
// with its tree as it was.
func (tr *repairTrial) requireQuietAtLast() {
	sent := tr.sent
	tr.run(tr.now + 10*time.Minute)
	require.Equal(tr.t, sent, tr.sent, "nothing is said when there is nothing to say")
	for _, n := range tr.nodes {
		require.Equal(tr.t, gossip.Never, n.core.Next())
		require.True(tr.t, n.core.HasOwnParent(), n.name)
		require.Zero(tr.t, n.core.Stats().Unreachable)
	}
}

func TestNodeThatWasKilledCatchesUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dead  []string
		blank bool
	}{
		"root, blank": {[]string{"n0"}, true}, "root, with its log": {[]string{"n0"}, false},
		"inner, blank": {[]string{"n3"}, true}, "inner, with its log": {[]string{"n3"}, false},
		"leaf, blank": {[]string{"n17"}, true}, "leaf, with its log": {[]string{"n17"}, false},
		"three, blank": {[]string{"n0", "n1", "n8"}, true},
	} {
		for _, k := range repairFanOuts {
			for _, down := range []time.Duration{500 * ms, 2 * time.Second, 20 * time.Second} {
				t.Run(fmt.Sprintf("%s k=%d down %v", name, k, down), func(t *testing.T) {
					tr := newRepairTrial(t, k, 1)
					back := faultAt + down
					tr.broadcasts(0, 50*time.Second, anybody)
					tr.at(faultAt, func() { tr.kill(c.dead...) })
					held := map[string]int{} // that the restarted begin with
					tr.at(back, func() {
						for _, name := range c.dead {
							n := tr.index[name]
							if c.blank {
								n.dead = false
								tr.boot(n)
								clear(tr.learnt[name])
							}
							tr.restartCore(n, tr.now+time.Second)
							held[name] = n.log.Len()
						}
					})
					tr.run(time.Minute)
					for _, name := range c.dead {
						n := tr.index[name]
						lacked := n.log.Len() - held[name]
						require.LessOrEqual(t, float64(n.core.Stats().EntriesIn), 1.3*float64(lacked)+gossip.LittleMore)
					}
					worst, which := tr.slowest(back, func(v string) bool {
						// What only the dead held is gone with their memory.
						return !c.blank || tr.sentAt[v] < faultAt-2*time.Second || tr.sentAt[v] >= back || tr.outlived(v, c.dead)
					}, anybody)
					require.LessOrEqual(t, worst, 4*time.Second, which)
					tr.requireQuietAtLast()
				})
			}
		}
	}
}

// outlived reports whether a node other than some has a value.
func (tr *repairTrial) outlived(value string, but []string) bool {
	for name, values := range tr.learnt {
		if _, ok := values[value]; ok && !contains(but, name) {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func TestPausedNodesComeBack(t *testing.T) {
	t.Parallel()
	for _, k := range repairFanOuts {
		for _, names := range [][]string{{"n0"}, {"n2"}, {"n19"}, {"n0", "n1", "n5", "n20"}} {
			for _, lasts := range []time.Duration{time.Second, 5 * time.Second, 12 * time.Second} {
				t.Run(fmt.Sprintf("k=%d %v %v", k, names, lasts), func(t *testing.T) {
					tr := newRepairTrial(t, k, 1)
					tr.broadcasts(0, faultAt+lasts+15*time.Second, anybody)
					paused := func(is bool) func() {
						return func() {
							for _, name := range names {
								if n := tr.index[name]; is {
									n.paused = true
								} else {
									tr.resume(n)
								}
							}
						}
					}
					tr.at(faultAt, paused(true))
					tr.at(faultAt+lasts, paused(false))
					tr.run(faultAt + lasts + 25*time.Second)
					others := func(n *simNode) bool { return !contains(names, n.name) }
					worst, which := tr.slowest(faultAt, func(v string) bool {
						return tr.sentAt[v] < faultAt+lasts && !contains(names, tr.by[v])
					}, others)
					require.LessOrEqual(t, worst, 6*time.Second, which)
					worst, which = tr.slowest(faultAt+lasts, func(string) bool { return true }, anybody)
					require.LessOrEqual(t, worst, 4*time.Second, which)
					tr.requireQuietAtLast()
				})
			}
		}
	}
}

// repairs is what repair has done in a cluster.
func (s *sim) repairs() (sum gossip.Stats) {
	for _, n := range s.nodes {
		figures := n.core.Stats()
		sum.Suspicions += figures.Suspicions
		sum.Attaches += figures.Attaches
		sum.Adoptions += figures.Adoptions
		sum.Syncs += figures.Syncs
	}
	return sum
}

func TestHealthyClusterRepairsNothing(t *testing.T) {
	t.Parallel()
	for _, rounds := range []gossip.Rounds{gossip.Free, gossip.Locked, gossip.Eager} {
		for _, k := range []int{1, 2, 5, 24} {
			for _, period := range []time.Duration{200 * ms, 400 * ms, 1600 * ms} {
				tr := newRepairTrial(t, k, 1, func(c *gossip.Config) { c.Rounds, c.Period = rounds, period })
				look := tr.onSend
				tr.onSend = func(now time.Duration, from, to string, m *gossip.Message) {
					look(now, from, to, m)
					if m.Relation != gossip.Unrelated || len(m.Suspects) > 0 || m.Term != 0 {
						require.Fail(t, "a message of repair", "%s to %s: %s", from, to, show(m))
					}
				}
				tr.broadcasts(0, 20*time.Second, anybody)
				tr.run(50 * time.Second)
				require.Equal(t, gossip.Stats{}, tr.repairs())
				tr.requireQuietAtLast()
			}
		}
	}
}

// Where nothing is said a death goes unnoticed, and costs nothing; the first
// broadcast after it gets round all the same.
func TestDeathInSilenceIsFoundAtTheNextBroadcast(t *testing.T) {
	for _, k := range repairFanOuts {
		for _, dead := range []string{"n0", "n1", "n3"} {
			for _, from := range []string{"n2", "n9", "n24"} {
				t.Run(fmt.Sprintf("k=%d %s dead, %s speaks", k, dead, from), func(t *testing.T) {
					tr := newRepairTrial(t, k, 1)
					tr.broadcasts(0, time.Second, anybody)
					tr.at(faultAt, func() { tr.kill(dead) })
					tr.run(15 * time.Minute)
					require.Zero(t, tr.rate(faultAt, tr.now))
					tr.broadcasts(tr.now, tr.now+ms, func(n *simNode) bool { return n.name == from })
					tr.run(tr.now + 10*time.Second)
					worst, which := tr.slowest(faultAt, func(v string) bool { return tr.sentAt[v] > faultAt }, anybody)
					t.Log(worst, which)
					require.LessOrEqual(t, worst, 4*time.Second, which)
				})
			}
		}
	}
}

func TestLossAloneCostsLittle(t *testing.T) {
	for _, k := range repairFanOuts {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("k=%d seed=%d", k, seed), func(t *testing.T) {
				sent := [2]float64{}
				for i, loss := range []float64{0, 0.3} {
					tr := newRepairTrial(t, k, seed)
					tr.drop = func(string, string) bool { return tr.now < 40*time.Second && tr.rng.Float64() < loss }
					tr.broadcasts(0, 40*time.Second, anybody)
					tr.run(time.Minute)
					worst, which := tr.slowest(0, func(string) bool { return true }, anybody)
					sent[i] = tr.rate(0, time.Minute)
					t.Logf("loss %v: worst %v, %.0f a second, %+v", loss, worst, sent[i], tr.repairs())
					require.Less(t, worst, 15*time.Second, which)
					tr.requireQuietAtLast()
				}
				require.LessOrEqual(t, sent[1], 2.5*sent[0])
			})
		}
	}
}

// False suspicions are rare, and harmless.
func TestRandomLatencyIsHardlyEverTakenForDeath(t *testing.T) {
	for _, k := range repairFanOuts {
		for seed := range uint64(3) {
			tr := newRepairTrial(t, k, seed)
			tr.latency = func() time.Duration { return time.Duration(tr.rng.ExpFloat64() * float64(100*ms)) }
			tr.broadcasts(0, 2*time.Minute, anybody)
			tr.run(150 * time.Second)
			worst, which := tr.slowest(0, func(string) bool { return true }, anybody)
			t.Logf("k=%d: %+v, worst %v", k, tr.repairs(), worst)
			require.LessOrEqual(t, worst, 4*time.Second, which)
			require.LessOrEqual(t, tr.repairs().Suspicions, uint64(25))
			tr.requireQuietAtLast()
		}
	}
}

// A process that gets no time for a second now and then is late with
// everything.
func TestStarvedNodesSuspectHardlyAnybody(t *testing.T) {
	for _, k := range repairFanOuts {
		tr := newRepairTrial(t, k, 1)
		tr.broadcasts(0, time.Minute, anybody)
		for _, i := range []int{0, 1, 7, 20} {
			n := tr.nodes[i]
			for at := 3 * time.Second; at < time.Minute; at += time.Duration(tr.rng.Int64N(int64(2 * time.Second))) {
				tr.at(at, func() {
					if !n.paused {
						n.paused = true
						tr.at(tr.now+time.Duration(tr.rng.Int64N(int64(400*ms))), func() { tr.resume(n) })
					}
				})
			}
		}
		tr.run(90 * time.Second)
		worst, which := tr.slowest(0, func(string) bool { return true }, anybody)
		t.Logf("k=%d: %+v, worst %v, %.0f a second", k, tr.repairs(), worst, tr.rate(5*time.Second, time.Minute))
		require.LessOrEqual(t, worst, 4*time.Second, which)
		tr.requireQuietAtLast()
	}
}
