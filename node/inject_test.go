package node_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"
)

// How much longer a service is busy.
func TestInject_howMuchLonger(t *testing.T) {
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
		r := node.StartedRig(t, node.IDs(2), node.Injected(t, text))
		require.Equal(t, want, r.Slowed(10*time.Second, "store", time.Millisecond), text)
	}
	worst := node.StartedRig(t, node.IDs(1), node.Injected(t, "store:slow=5ms", "store:slow=1000x"))
	require.Equal(t, 999*time.Millisecond, worst.Slowed(0, "store", time.Millisecond))
}

// Nothing is injected by default.
func TestInject_nothingByDefault(t *testing.T) {
	r := node.StartedRig(t, node.IDs(1))
	require.Nil(t, r.Faults("store"))
	require.Zero(t, r.Slowed(0, "store", time.Hour))
}

// A slow service handles no more than its rate.
func TestInject_slowServiceKeepsItsRate(t *testing.T) {
	for _, service := range []string{"intake", "store", "output"} {
		synctest.Test(t, func(t *testing.T) {
			r := node.RunNode(t, node.Injected(t, service+":slow=100/s@1s"))
			s := r.Speech()
			r.Send(node.InitLine(0, "n0", "n0"))
			s.Next(t)
			node.Pass(2 * time.Second)
			begin := time.Now()
			r.Pour(node.ManyBroadcasts(60))
			for range 60 {
				require.Equal(t, "broadcast_ok", s.Next(t).Body.Type)
			}
			require.InDelta(t, 0.6, time.Since(begin).Seconds(), 0.03, service)
			require.Empty(t, r.Finish(s))
		})
	}
}

// A stuck service keeps its item and goes on where it was.
func TestInject_stuckServiceGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t, node.Injected(t, "store:stuck=30s@5s"))
		said := r.Collect()
		r.Send(node.InitLine(0, "n0", "n0"))
		node.Pass(6 * time.Second)
		for i := range 3 {
			r.Send(node.BroadcastLine("n0", i, fmt.Sprint(i)))
		}
		node.Pass(5 * time.Second)
		require.Equal(t, 1, r.Entries(), "the first is done, and in hand")
		h := r.AskHealth(t, said)
		require.Equal(t, 3, h.Queues[0].Depth)
		require.Equal(t, "intake", h.Worst, "few items, but old ones")
		require.Equal(t, []string{"error"}, r.Ask(said, node.BroadcastLine("n0", 9, "9")))

		node.Pass(25 * time.Second)
		require.Equal(t, 3, r.Entries())
		require.Zero(t, r.AskHealth(t, said).UnhealthyMS)
		require.Equal(t, []string{"broadcast_ok"}, r.Ask(said, node.BroadcastLine("n0", 10, "10")))
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, node.Soon(t, r.Ended))
	})
}

// A service that panics at random loses only what it says it lost.
func TestInject_randomPanicsLoseOnlyWhatIsReported(t *testing.T) {
	for _, service := range node.ServiceNames() {
		synctest.Test(t, func(t *testing.T) {
			r := node.RunNode(t, node.Injected(t, service+":panic-every=500ms@1s+30s"), node.KeptBy(node.Memory()))
			said := r.Collect()
			r.Send(node.InitLine(0, "n0", "n0", "n1"))
			node.Pass(time.Second)
			for i := range 600 {
				r.Send(node.BroadcastLine("n0", i, fmt.Sprint(i)), node.Say("n1", "n0", `{"type":"gossip","e":5,"f":0}`))
				node.Pass(50 * time.Millisecond)
			}
			crashes := r.Crashes()
			require.InDelta(t, 60, crashes, 12, service)
			known := map[string]bool{}
			answers := map[int]int{}
			definite := map[int]bool{}
			var ok []int
			for _, reply := range said.Take() {
				if reply.Dest != "c1" {
					continue
				}
				answers[reply.To()]++
				switch reply.Body.Type {
				case "broadcast_ok":
					ok = append(ok, reply.To())
				case "error":
					definite[reply.To()] = reply.Body.Code == 14
					require.Contains(t, []int{13, 14}, reply.Body.Code)
				}
			}
			r.Send(node.ReadLine("n0", 1000))
			node.Pass(time.Second)
			for _, reply := range said.Take() {
				for _, v := range reply.Messages() {
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
			require.NoError(t, r.Stdin.Close())
			require.NoError(t, node.Soon(t, r.Ended))
		})
	}
}
