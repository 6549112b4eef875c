package gossip_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

func TestLife_formerOnesDoNotComeBack(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	for epoch := uint64(1); epoch <= 5; epoch++ {
		receive(c, 0, "n1", &gossip.Message{Incarnation: epoch})
		require.Equal(t, epoch, c.EpochOf("n1"))
		for former := uint64(1); former < epoch; former++ {
			receive(c, 0, "n1", &gossip.Message{Incarnation: former, For: ourEpoch, Echo: gossip.Echo{Batch: 1}})
			require.Equal(t, epoch, c.EpochOf("n1"))
		}
	}
	require.Equal(t, gossip.Never, c.Next(), "what is late costs nothing")
}

// probed has a life with a smaller incarnation than the one that counts probe c, and
// returns what c asks it.
func probed(t *testing.T, c *gossip.Core, epoch uint64) *gossip.Message {
	receive(c, 0, "n1", &gossip.Message{Incarnation: epoch, Batch: 4, Probe: true})
	m := only(t, c, 0)
	require.Equal(t, [3]uint64{ourEpoch, epoch, 4}, [3]uint64{m.Incarnation, m.For, m.Echo.Batch})
	require.True(t, m.Probe)
	require.NotZero(t, m.Batch)
	return m
}

func TestLife_countsWhenItAnswersThoughItsEpochIsSmaller(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	receive(c, 0, "n1", &gossip.Message{Incarnation: gossip.MaxIncarnation, Digest: &gossip.DigestPart{Parts: 1, Lines: []gossip.DigestLine{{mine, gossip.Spans{{1, gossip.MaxCounter}}}}}})
	asked := probed(t, c, peerEpoch)
	require.Equal(t, uint64(gossip.MaxIncarnation), c.EpochOf("n1"))

	receive(c, 0, "n1", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Acks: []gossip.Span{{asked.Batch, asked.Batch}}, Echo: gossip.Echo{Batch: asked.Batch}})
	require.Equal(t, uint64(peerEpoch), c.EpochOf("n1"))
	require.Zero(t, c.ToldBy("n1"), "what the other life has told counts no more")
	require.Equal(t, uint64(1), c.Stats().PeerRestarts)

	// The other one cannot come back by what it has said before, or says again.
	receive(c, 0, "n1", &gossip.Message{Incarnation: gossip.MaxIncarnation, For: ourEpoch, Echo: gossip.Echo{Batch: asked.Batch}})
	require.Equal(t, uint64(peerEpoch), c.EpochOf("n1"))
	// A later one of all is new without more ado only if it is larger than all.
	receive(c, 0, "n1", &gossip.Message{Incarnation: gossip.MaxIncarnation - 1})
	require.Equal(t, uint64(peerEpoch), c.EpochOf("n1"))
}

func TestLife_isNotProvenByWhatItCanHaveSaidBefore(t *testing.T) {
	for name, change := range map[string]func(*gossip.Message){
		"for another life of ours":  func(m *gossip.Message) { m.For-- },
		"for an unknown life":       func(m *gossip.Message) { m.For = 0 },
		"an echo of an older batch": func(m *gossip.Message) { m.Echo.Batch-- },
		"of a batch that never was": func(m *gossip.Message) { m.Echo.Batch++ },
		"another life again":        func(m *gossip.Message) { m.Incarnation-- },
	} {
		t.Run(name, func(t *testing.T) {
			c := gossip.NewTestCore(t, nil)
			receive(c, 0, "n1", &gossip.Message{Incarnation: 1000})
			learn(c, 0, 1)
			require.NotEmpty(t, gossip.Spoken(c, period)) // so that there are batches before
			m := probed(t, c, peerEpoch)
			answer := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Echo: gossip.Echo{Batch: m.Batch}}
			change(answer)
			receive(c, 0, "n1", answer)
			require.Equal(t, uint64(1000), c.EpochOf("n1"))
		})
	}
}

// A probe of a life that is over is answered once, and by nothing that makes the
// peer's present incarnation do more than answer.
func TestLife_lateProbeOfAFormerOneChangesNothing(t *testing.T) {
	s := newSim(2, 1, 1, nil)
	n0, n1 := s.nodes[0], s.nodes[1]
	former := n1.core.View().Incarnation()
	s.restartCore(n1, s.now)
	s.broadcast(n0, "a")
	s.run(10 * period)
	require.True(t, s.complete(1))
	present := n0.core.EpochOf("n1")
	require.NotEqual(t, former, present)
	sent := s.sent
	s.deliver(n0, "n1", &gossip.Message{Incarnation: former, For: n0.core.View().Incarnation(), Batch: 1, Probe: true})
	s.run(20 * period)
	require.Equal(t, present, n0.core.EpochOf("n1"))
	require.LessOrEqual(t, s.sent-sent, 4)
	require.Equal(t, gossip.Never, n0.core.Next())
}
