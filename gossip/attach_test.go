package gossip

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
	require.Nil(t, c.parent, "with nobody alive it is a root")
	require.True(t, c.lonely())
}

func TestFirstThatAnswersBecomesTheParentOnceVectorsAreSwapped(t *testing.T) {
	c := treeCore(t, 25, 5, "n24")
	learn(c, 0, 1)
	answers := func(to string) bool { return to == "n2" || to == "n3" }
	said := toldBy(c, 0, 3*time.Second, answers)
	require.Equal(t, "n4", c.parent.peer, "nothing is known yet of what n2 holds")
	var attach *Message
	for _, m := range said["n2"] {
		if m.Tie == Attached && attach == nil {
			attach = m
		}
	}
	require.NotNil(t, attach)
	require.Equal(t, []string{"n4", "n0"}, attach.Suspects, "its ancestors that do not answer")
	require.NotNil(t, attach.Vector)
	require.True(t, attach.Want)
	c.Receive(3*time.Second, "n2", &Message{Epoch: peerEpoch, For: ourEpoch, Batch: 1, Vector: &VectorPart{Exchange: 1, Parts: 1}})
	require.Equal(t, "n2", c.parent.peer)
	said = toldBy(c, 3*time.Second, 4*time.Second, answers)
	require.NotEmpty(t, said["n2"][0].Runs)
	require.Equal(t, Attached, said["n2"][0].Tie)
}

// Whoever says so, a node never takes a parent that is not before it.
func TestNobodyBehindANodeBecomesItsParent(t *testing.T) {
	c := treeCore(t, 25, 5, "n2")
	learn(c, 0, 1)
	toldBy(c, 0, 3*time.Second, nobody)
	require.True(t, c.lonely())
	c.Receive(3*time.Second, "n7", &Message{
		Epoch: peerEpoch, For: ourEpoch, Batch: 1, Probe: true, Tie: Adopted, Suspects: []string{"n0"},
		Vector: &VectorPart{Exchange: 1, Parts: 1},
	})
	said := toldBy(c, 3*time.Second, 4*time.Second, func(to string) bool { return to == "n7" })
	require.Nil(t, c.parent)
	require.Equal(t, Parted, said["n7"][0].Tie)
	c.Receive(4*time.Second, "n1", &Message{Epoch: peerEpoch, For: ourEpoch, Batch: 1, Probe: true, Tie: Attached})
	require.NotEqual(t, Child, c.byPeer["n1"].role, "nor is anybody before it its child")
}
