package session

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// The files list, for runs of the real Maelstrom, the number of workers and
// then in order: i7, worker 7 was given an operation; d7, it was done; n, the
// nemesis was given a step.
func TestTurnsAreGivenAsInRecordedRuns(t *testing.T) {
	files, err := filepath.Glob("testdata/turns-*.txt")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		words := strings.Fields(string(text))
		var workers int
		_, err = fmt.Sscan(words[0], &workers)
		require.NoError(t, err)
		p := newPool(workers)
		for i, word := range words[1:] {
			var w int
			if word != "n" {
				_, err = fmt.Sscan(word[1:], &w)
				require.NoError(t, err)
			}
			switch word[0] {
			case 'i':
				require.Equal(t, w, p.inTurn(), "%s: word %d", file, i)
				p.busy(w)
				p.dispatched()
			case 'd':
				p.done(0, w)
			case 'n':
				p.dispatched()
			}
		}
	}
}

func TestThePoolKnowsWhoIsFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 200).Draw(t, "workers")
		p := newPool(size)
		free := map[int]bool{}
		for w := range size {
			free[w] = true
		}
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		t.Repeat(map[string]func(*rapid.T){
			"give": func(t *rapid.T) {
				if p.idle == 0 {
					return
				}
				w := p.inTurn()
				if rapid.Bool().Draw(t, "any") {
					w = p.any(rng)
				}
				require.True(t, p.isFree(w))
				require.True(t, free[w])
				delete(free, w)
				p.busy(w)
				p.dispatched()
			},
			"finish": func(t *rapid.T) {
				w := rapid.IntRange(0, size-1).Draw(t, "worker")
				if free[w] {
					return
				}
				p.done(0, w)
				free[w] = true
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(free), p.idle)
				require.Equal(t, size-len(free), p.outstanding())
			},
		})
	})
}

func TestEachWorkerSpreadFavoursNobody(t *testing.T) {
	p, rng := newPool(70), rand.New(rand.NewPCG(1, 1))
	p.busy(3)
	got := make([]int, 70)
	for range 69 * 200 {
		got[p.any(rng)]++
	}
	for w, count := range got {
		if w == 3 {
			require.Zero(t, count)
		} else {
			require.InDelta(t, 200, count, 75)
		}
	}
}

func TestOperationsComeAtTheRateAskedFor(t *testing.T) {
	cfg := config(5)
	cfg.RatePerSec, cfg.TimeLimit = 100, 60*sec
	r := newCluster(t, cfg, naive).run()
	var last time.Duration
	count, reads, longest := 0, 0, time.Duration(0)
	for _, op := range r.History {
		if op.Type != run.Invoke || op.Final {
			continue
		}
		longest = max(longest, op.Time-last)
		last = op.Time
		count++
		if op.F == "read" {
			reads++
		}
	}
	require.InDelta(t, 5880, count, 150, "each is 0.21 ms late")
	require.InDelta(t, 3000, reads, 150)
	require.LessOrEqual(t, longest, 20*ms+lateness, "waits are uniform up to twice the mean")
	require.Greater(t, longest, 19*ms)
	require.LessOrEqual(t, r.LoadEnded, r.LoadStarted+cfg.TimeLimit)
	require.Greater(t, r.LoadEnded, r.LoadStarted+cfg.TimeLimit-20*ms)
}

// invokedBy is how many operations a driver gets done that is late at each.
func invokedBy(t *testing.T, rate float64, late time.Duration) int {
	cfg := config(5)
	cfg.RatePerSec, cfg.TimeLimit, cfg.Quiet, cfg.Concurrency = rate, 12*sec, 0, 20
	c := newCluster(t, cfg, naive)
	c.obey(c.s.Begin(0))
	for !c.over {
		at, ok := c.s.Next()
		require.True(t, ok)
		c.now = max(c.now, at+late)
		c.obey(c.s.Advance(c.now))
	}
	return c.s.Status().Invoked - cfg.Concurrency
}

func TestLoad_doesNotMakeUpForLateness(t *testing.T) {
	require.InDelta(t, 740, invokedBy(t, 100, 6*ms), 50, "a gap of 16.2 ms each")
	// 0.19 ms late each; real Maelstrom came to 5442.
	require.InDelta(t, 5490, invokedBy(t, 500, 0), 120)
	require.InDelta(t, 5490, invokedBy(t, 500, 600*time.Microsecond), 120, "what timers are late is a part of it")
}

func TestABusyClusterIsNotFloodedAfterwards(t *testing.T) {
	cfg := config(1)
	cfg.RatePerSec, cfg.TimeLimit = 100, 12*sec
	r := newCluster(t, cfg, func(name string) program { return only(naive(name), "init", "topology") }).run()
	// One worker, whose every operation times out: one operation every 5 s.
	var invoked []time.Duration
	for _, op := range r.History {
		if op.Type == run.Invoke && !op.Final {
			invoked = append(invoked, op.Time)
		}
	}
	require.Equal(t, []time.Duration{0, 5 * sec, 10 * sec}, invoked)
	require.Equal(t, 15*sec, r.LoadEnded, "the load ends when the worker is free again")
}

func TestTheLoadLastsAlthoughAllWorkersAreBusyNow(t *testing.T) {
	cfg := config(1)
	cfg.RatePerSec, cfg.TimeLimit = 100, 12*sec
	cfg.Nemesis = nemesis.Config{Faults: nemesis.Faults(), Interval: time.Hour} // no second step in time
	r := newCluster(t, cfg, func(name string) program { return only(naive(name), "init", "topology") }).run()
	require.Equal(t, 15*sec, r.LoadEnded)
}

func TestWithoutARateNothingIsAskedForTheWholeTime(t *testing.T) {
	cfg := config(2)
	cfg.RatePerSec = 0
	r := newCluster(t, cfg, naive).run()
	require.Equal(t, cfg.TimeLimit, r.LoadEnded-r.LoadStarted)
	for _, op := range r.History {
		require.True(t, op.Final)
	}
	require.Len(t, r.History, 4)
}

func TestMoreWorkersThanNodesShareThem(t *testing.T) {
	cfg := config(2)
	cfg.Concurrency = 5
	c := newCluster(t, cfg, naive)
	r := c.run()
	final := map[int]bool{}
	for _, op := range r.History {
		require.Less(t, op.Process, 5)
		if op.Final && op.Type == run.OK {
			final[op.Process] = true
		}
	}
	require.Len(t, final, 5)
}
