package virtual

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// struck is a run with faults.
func struck(t testing.TB, nodes int, faults ...nemesis.Fault) Config {
	cfg := config(t, nodes)
	cfg.Session.TimeLimit, cfg.Session.Quiet = 10*sec, 10*sec
	cfg.Session.Nemesis = nemesis.Config{Faults: faults, Interval: 2 * sec}
	cfg.Node.NumChildren = 3
	return cfg
}

func TestKilledNodesWithoutJournalsComeBackBlankAndCatchUp(t *testing.T) {
	cfg := struck(t, 7, nemesis.Kill)
	cfg.Node.NoJournal = true
	// Never more than a few at once, so that nothing is lost that had spread.
	cfg.Session.Nemesis.Targets = []nemesis.Target{nemesis.OneNode}
	inits := map[string]int{}
	var logs strings.Builder
	cfg.LogStderr = &logs
	out := carryOut(t, cfg, Observers{Network: &watching{
		sent: func(m run.Message) {
			if m.Type == "init" {
				inits[m.Dest]++
			}
		},
		delivered: func(run.Message) {},
	}})
	kills, restarts := 0, 0
	for _, op := range out.History {
		if op.F == "kill" && op.Value[0] == '{' {
			kills++
		}
	}
	for _, count := range inits {
		restarts += count - 1
	}
	require.Positive(t, kills)
	require.Equal(t, kills, restarts)
	require.Equal(t, kills, strings.Count(logs.String(), "taken for a restart"))
	// What was lost with the node that alone had it is lost; all nodes agree.
	var finals []string
	for _, op := range out.History {
		if op.Final && op.Type == run.OK {
			finals = append(finals, sorted(t, op.Value))
		}
	}
	require.Len(t, finals, 7)
	for _, f := range finals {
		require.Equal(t, finals[0], f)
	}
	require.Greater(t, strings.Count(finals[0], " "), 300)
}

func TestPausedNodesGoOnWithAllThatTheyKnew(t *testing.T) {
	for seed := range uint64(5) {
		cfg := struck(t, 7, nemesis.Pause)
		cfg.Session.Seed = seed
		out := carryOut(t, cfg, Observers{})
		requireAcknowledged(t, out.History)
	}
}

// requireAcknowledged holds the final reads to all that was acknowledged.
func requireAcknowledged(t *testing.T, history []run.Op) {
	t.Helper()
	finals := 0
	for _, read := range history {
		if !read.Final || read.Type != run.OK {
			continue
		}
		finals++
		shown := " " + sorted(t, read.Value) + " "
		for _, op := range history {
			if op.F == "broadcast" && op.Type == run.OK {
				require.Contains(t, shown, " "+string(op.Value)+" ")
			}
		}
	}
	require.Positive(t, finals)
}

func TestNothingIsLostWhateverHappensToMessages(t *testing.T) {
	for seed := range uint64(3) {
		cfg := struck(t, 7, nemesis.Loss, nemesis.Duplicate, nemesis.Reorder, nemesis.Delay, nemesis.Clock)
		cfg.Session.Seed = seed
		cfg.Session.Nemesis.Rates = nemesis.Messages{Loss: 0.3, Duplicate: 0.3, Reorder: 0.3, Delay: 0.1, DelayMean: 300 * ms}
		out := carryOut(t, cfg, Observers{})
		requireAcknowledged(t, out.History)
	}
}

func TestNoNodeGoesDeafThroughKillsAndPauses(t *testing.T) {
	for seed := range uint64(20) {
		cfg := struck(t, 4, nemesis.Kill, nemesis.Pause)
		cfg.Session.Seed, cfg.Session.TimeLimit = seed, 20*sec
		cfg.Session.Nemesis.Interval = time.Duration(1+seed%4) * 2 * sec
		carryOut(t, cfg, Observers{}) // which says that no node is bad
	}
}

func TestANodesClockGoesAtItsRateAndNeverBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rightClocks()
		now, last := time.Duration(0), time.Duration(0)
		c.start(now)
		for range rapid.IntRange(1, 10).Draw(t, "settings") {
			now += time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "wait"))
			local := c.local(now)
			require.GreaterOrEqual(t, local, last)
			at := c.global(local + 1)
			require.Greater(t, at, now)
			require.GreaterOrEqual(t, c.local(at), local+1, "awake when it is due")
			require.Less(t, c.local(at-1), local+1, "and not before")
			s := nemesis.Setting{
				Rate:    rapid.Float64Range(0.8, 1.2).Draw(t, "rate"),
				Forward: time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "jump")),
				Wall:    time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "off")),
			}
			c.set(now, &s)
			require.Equal(t, local+s.Forward, c.local(now))
			require.Equal(t, now+s.Forward+s.Wall, c.wall(now))
			later := now + time.Second
			require.InDelta(t, float64(c.local(now))+s.Rate*1e9, float64(c.local(later)), 2)
			require.InDelta(t, float64(c.wall(now))+s.Rate*1e9, float64(c.wall(later)), 2)
			last = c.local(now)
		}
		require.Equal(t, never, c.global(never))
		wall := c.wall(now)
		c.start(now)
		require.Zero(t, c.local(now))
		require.Equal(t, wall, c.wall(now), "another process has the same wall clock")
	})
}

func TestALaterLifeHasALargerEpochUnlessItsWallClockWasSetBack(t *testing.T) {
	require.Less(t, epoch(5*ms, 255), epoch(6*ms, 0))
	require.Less(t, epoch(0, 0), epoch(-6*ms, 0)+6<<12+1)
	require.Less(t, epoch(24*time.Hour, 1<<60), uint64(1)<<53)
	require.Zero(t, epoch(ms, 1<<60|7)%16, "room for the lives of the gossip service")
}
