package gossip_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

func TestCandidatesAreAskedInOrderAndEverMoreAtATime(t *testing.T) {
	c := treeCore(t, 25, 5, "n24") // its parent is n4, the parent of that n0
	learn(c, 0, 1)
	first := map[string]time.Duration{}
	for now := time.Duration(0); now < 4*time.Second; now += 10 * ms {
		for c.Next() <= now {
			for _, o := range c.Advance(now, 9) {
				if _, ok := first[o.To]; !ok {
					first[o.To] = now
				}
			}
		}
	}
	waves := [][]string{{"n4"}, {"n0"}, {"n1", "n2"}, {"n3", "n5", "n6", "n7"}, {"n8", "n15"}, {"n16", "n23"}}
	for i, wave := range waves {
		for _, name := range wave {
			require.Contains(t, first, name)
			require.Equal(t, first[wave[0]], first[name])
		}
		if i > 0 {
			require.Greater(t, first[wave[0]], first[waves[i-1][0]])
		}
	}
	require.Empty(t, c.View().Parent(), "with nobody alive it is a root")
	require.True(t, c.IsLonely())
}

func TestFirstThatAnswersBecomesTheParentOnceVectorsAreSwapped(t *testing.T) {
	c := treeCore(t, 25, 5, "n24")
	learn(c, 0, 1)
	answers := func(to string) bool { return to == "n2" || to == "n3" }
	said := toldBy(c, 0, 3*time.Second, answers)
	require.Equal(t, "n4", c.View().Parent(), "nothing is known yet of what n2 holds")
	var attach *gossip.Message
	for _, m := range said["n2"] {
		if m.Relation == gossip.Attached && attach == nil {
			attach = m
		}
	}
	require.NotNil(t, attach)
	require.Equal(t, []string{"n4", "n0"}, attach.Suspects, "its ancestors that do not answer")
	require.NotNil(t, attach.Digest)
	require.True(t, attach.Want)
	c.Receive(3*time.Second, "n2", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Digest: &gossip.DigestPart{Exchange: 1, Parts: 1}})
	require.Equal(t, "n2", c.View().Parent())
	said = toldBy(c, 3*time.Second, 4*time.Second, answers)
	require.NotEmpty(t, said["n2"][0].Runs)
	require.Equal(t, gossip.Attached, said["n2"][0].Relation)
}

// Whoever says so, a node never takes a parent that is not before it.
func TestNobodyBehindANodeBecomesItsParent(t *testing.T) {
	c := treeCore(t, 25, 5, "n2")
	learn(c, 0, 1)
	toldBy(c, 0, 3*time.Second, nobody)
	require.True(t, c.IsLonely())
	c.Receive(3*time.Second, "n7", &gossip.Message{
		Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Probe: true, Relation: gossip.Adopted, Suspects: []string{"n0"},
		Digest: &gossip.DigestPart{Exchange: 1, Parts: 1},
	})
	said := toldBy(c, 3*time.Second, 4*time.Second, func(to string) bool { return to == "n7" })
	require.Empty(t, c.View().Parent())
	require.Equal(t, gossip.Pruned, said["n7"][0].Relation)
	c.Receive(4*time.Second, "n1", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Probe: true, Relation: gossip.Attached})
	require.NotEqual(t, gossip.Child, c.RoleOf("n1"), "nor is anybody before it its child")
}

// What a child was to be acked with the next flush is acked by itself when it is no child
// any more.
func TestAcks_ofAChildThatLeavesGoByThemselves(t *testing.T) {
	c := treeCore(t, 4, 1, "n0", func(cfg *gossip.Config) { cfg.Rounds = gossip.Locked })
	receive(c, 0, "n2", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Probe: true, Relation: gossip.Attached})
	gossip.Spoken(c, 0)
	m := batchOf(2, 1, "a")
	m.Relation = gossip.Attached
	receive(c, 10*ms, "n2", m)
	left := batchOf(3, 0)
	left.Relation = gossip.Pruned
	receive(c, 20*ms, "n2", left)
	var acks []gossip.Span
	for _, o := range c.Advance(20*ms, 10) {
		if o.To == "n2" {
			acks = append(acks, o.Message.Acks...)
		}
	}
	require.Contains(t, acks, gossip.Span{1, 2})
}
