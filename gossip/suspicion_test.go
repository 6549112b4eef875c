package gossip_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// treeCore is the core of a node of a tree of n nodes, with its links there.
func treeCore(t *testing.T, n, k int, self string, change ...func(*gossip.Config)) *gossip.Core {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint("n", i))
	}
	tree := mustTree(ids, k)
	return gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Tree, cfg.Self, cfg.Neighbours = tree, self, neighboursIn(tree, self)
		cfg.FirstRTT = 200 * ms
		for _, c := range change {
			c(cfg)
		}
	})
}

// toldBy is what a core says to whom up to a time, each message acked by those
// that answer.
func toldBy(c *gossip.Core, from, to time.Duration, answers func(string) bool) map[string][]*gossip.Message {
	said := map[string][]*gossip.Message{}
	for now := from; now <= to; now += 10 * ms {
		for c.Next() <= now {
			for _, o := range c.Advance(now, 9) {
				said[o.To] = append(said[o.To], o.Message)
				if b := o.Message.Batch; b != 0 && answers(o.To) {
					c.Receive(now, o.To, &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: []gossip.Span{{b, b}}})
				}
			}
		}
	}
	return said
}

func nobody(string) bool { return false }

func TestPatienceGrowsWithLoss(t *testing.T) {
	c := treeCore(t, 3, 2, "n1")
	for loss, want := range map[float64]int{0: 1, 0.01: 1, 0.05: 1, 0.09: 1, 0.2: 2, 0.3: 3, 0.5: 6, 0.9: gossip.MaxTries, 1: gossip.MaxTries} {
		c.SetLoss(loss)
		require.Equal(t, want, c.Patience(), "loss %v", loss)
	}
}

func TestLossIsLearntFromLinksThatWork(t *testing.T) {
	c := treeCore(t, 3, 2, "n1")
	for range 200 {
		c.Notice(1) // every other batch is lost
	}
	require.InDelta(t, 0.5, c.Loss(), 0.05)
	for range 100 {
		c.Notice(0)
	}
	require.InDelta(t, 0, c.Loss(), 0.01)
	c.Notice(1000)
	require.Less(t, c.Loss(), 0.2, "one cut, however long, is no loss")
}

func TestSuspectGetsBareProbesAtMostAnIntervalApart(t *testing.T) {
	c := treeCore(t, 2, 1, "n1") // nobody can replace n0
	learn(c, 0, 100)
	said := toldBy(c, 0, time.Minute, nobody)["n0"]
	require.Equal(t, uint64(1), c.Stats().Suspicions)
	require.Equal(t, 1, c.Stats().Unreachable)
	require.InDelta(t, time.Minute/gossip.MaxInterval, len(said), 4)
	for _, m := range said[3:] {
		require.True(t, m.Probe)
		require.Empty(t, m.Runs)
		require.Nil(t, m.Digest)
	}
}

// A node that is named as one that does not answer is asked, once in a while.
func TestNodeThatSomebodyMissesIsProbed(t *testing.T) {
	c := treeCore(t, 7, 2, "n0")
	attach := func(batch uint64, at time.Duration) {
		c.Receive(at, "n4", &gossip.Message{
			Incarnation: peerEpoch, For: ourEpoch, Batch: batch, Probe: true, Relation: gossip.Attached, Suspects: []string{"n1", "nobody", "n0"},
		})
	}
	attach(1, 0)
	require.Equal(t, gossip.Child, c.RoleOf("n4"))
	said := toldBy(c, 0, 100*ms, func(to string) bool { return to != "n1" })
	require.Len(t, said["n1"], 1)
	require.True(t, said["n1"][0].Probe)
	said = toldBy(c, 110*ms, 3*time.Second, func(to string) bool { return to != "n1" })
	require.True(t, c.IsSuspected("n1"))
	require.NotEmpty(t, said["n3"], "n1's other child is offered another parent")
	require.Equal(t, gossip.Adopted, said["n3"][0].Relation)
	require.Equal(t, []string{"n1"}, said["n3"][0].Suspects)
	for _, m := range said["n5"] {
		require.NotEqual(t, gossip.Adopted, m.Relation, "a child of n2, which nobody misses")
	}
}

func TestWhoAnswersIsNotReplaced(t *testing.T) {
	c := treeCore(t, 7, 2, "n0")
	c.Receive(0, "n4", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Probe: true, Relation: gossip.Attached, Suspects: []string{"n1"}})
	said := toldBy(c, 0, 5*time.Second, func(string) bool { return true })
	require.Len(t, said["n1"], 1)
	require.Empty(t, said["n3"])
	require.Zero(t, c.Stats().Unreachable)
}
