package node

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// injected gives a node faults.
func injected(t *testing.T, texts ...string) func(*Config) {
	return func(c *Config) {
		for _, text := range texts {
			f, err := ParseFault(text)
			require.NoError(t, err)
			c.Faults = append(c.Faults, f)
		}
	}
}

func TestHowMuchLongerAServiceIsBusy(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"store:slow=1000x":         999 * time.Millisecond,
		"store:slow=100/s":         9 * time.Millisecond,
		"store:slow=5ms":           4 * time.Millisecond,
		"store:slow=1us":           0, // it takes longer than that as it is
		"store:slow=1000x@11s":     0,
		"store:slow=1000x@1s+9s":   0,
		"n1/store:slow=1000x":      0,
		"n0/store:slow=2x@10s+1ns": time.Millisecond,
		"store:stuck=30s@5s":       25 * time.Second,
		"gossip:slow=1000x":        0,
		"store:panic@2":            0,
	} {
		r := startedRig(t, ids(2), injected(t, text))
		require.Equal(t, want, r.Slowed(10*time.Second, "store", time.Millisecond), text)
	}
	worst := startedRig(t, ids(1), injected(t, "store:slow=5ms", "store:slow=1000x"))
	require.Equal(t, 999*time.Millisecond, worst.Slowed(0, "store", time.Millisecond))
}

func TestNothingIsInjectedByDefault(t *testing.T) {
	r := startedRig(t, ids(1))
	require.Empty(t, r.faults)
	require.Zero(t, r.Slowed(0, "store", time.Hour))
}

func TestASlowServiceHandlesNoMoreThanItsRate(t *testing.T) {
	for _, service := range []string{"intake", "store", "output"} {
		synctest.Test(t, func(t *testing.T) {
			r := runNode(t, injected(t, service+":slow=100/s@1s"))
			s := r.speech()
			r.write(initLine(0, "n0", "n0"))
			s.next(t)
			pass(2 * time.Second)
			begin := time.Now()
			r.pour(manyBroadcasts(60))
			for range 60 {
				require.Equal(t, "broadcast_ok", s.next(t).Body.Type)
			}
			require.InDelta(t, 0.6, time.Since(begin).Seconds(), 0.03, service)
			require.Empty(t, r.finish(s))
		})
	}
}

func TestAStuckServiceKeepsItsItemAndGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t, injected(t, "store:stuck=30s@5s"))
		said := r.collect()
		r.write(initLine(0, "n0", "n0"))
		pass(6 * time.Second)
		for i := range 3 {
			r.write(broadcastLine("n0", i, fmt.Sprint(i)))
		}
		pass(5 * time.Second)
		require.Equal(t, 1, r.state.log.Len(), "the first is done, and in hand")
		h := r.health(t, said)
		require.Equal(t, 3, h.Queues[0].Depth)
		require.Equal(t, "intake", h.Worst, "few items, but old ones")
		require.Equal(t, []string{"error"}, ask(r, said, broadcastLine("n0", 9, "9")))

		pass(25 * time.Second)
		require.Equal(t, 3, r.state.log.Len())
		require.Zero(t, r.health(t, said).UnhealthyMS)
		require.Equal(t, []string{"broadcast_ok"}, ask(r, said, broadcastLine("n0", 10, "10")))
		require.NoError(t, r.stdin.Close())
		require.NoError(t, soon(t, r.ended))
	})
}

// ask returns the types of what a running node answers to a line at once.
func ask(r *running, said *sink, line string) (types []string) {
	said.take()
	r.write(line)
	synctest.Wait()
	for _, reply := range said.take() {
		types = append(types, reply.Body.Type)
	}
	return types
}

func TestAServiceThatPanicsAtRandomLosesOnlyWhatItSaysItLost(t *testing.T) {
	for _, service := range ServiceNames() {
		synctest.Test(t, func(t *testing.T) {
			r := runNode(t, injected(t, service+":panic-every=500ms@1s+30s"), keptBy(memory()))
			said := r.collect()
			r.write(initLine(0, "n0", "n0", "n1"))
			pass(time.Second)
			for i := range 600 {
				r.write(broadcastLine("n0", i, fmt.Sprint(i)), say("n1", "n0", `{"type":"gossip","e":5,"f":0}`))
				pass(50 * time.Millisecond)
			}
			crashes := r.supervisor.Crashes()
			require.InDelta(t, 60, crashes, 12, service)
			known := map[string]bool{}
			answers := map[int]int{}
			definite := map[int]bool{}
			var ok []int
			for _, reply := range said.take() {
				if reply.Dest != "c1" {
					continue
				}
				answers[reply.to()]++
				switch reply.Body.Type {
				case "broadcast_ok":
					ok = append(ok, reply.to())
				case "error":
					definite[reply.to()] = reply.Body.Code == 14
					require.Contains(t, []int{13, 14}, reply.Body.Code)
				}
			}
			r.write(readLine("n0", 1000))
			pass(time.Second)
			for _, reply := range said.take() {
				for _, v := range reply.messages() {
					known[v] = true
				}
			}
			for _, i := range ok {
				require.True(t, known[fmt.Sprint(i)], "%s: %d was acknowledged", service, i)
			}
			for i := range 600 {
				require.LessOrEqual(t, answers[i], 1, "%s: answers to %d", service, i)
				require.False(t, definite[i] && known[fmt.Sprint(i)], "%s: %d is known, and was said not to be", service, i)
			}
			if service != "gossip" {
				require.Less(t, len(ok), 600)
			}
			require.GreaterOrEqual(t, len(answers), 599, "whoever can be told is told; an init is not asked twice")
			require.NoError(t, r.stdin.Close())
			require.NoError(t, soon(t, r.ended))
		})
	}
}
