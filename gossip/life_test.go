package gossip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLife_formerOnesDoNotComeBack(t *testing.T) {
	c := newTestCore(t, nil)
	l := c.byPeer["n1"]
	for epoch := uint64(1); epoch <= 5; epoch++ {
		current, _ := c.meet(0, l, &Message{Epoch: epoch})
		require.True(t, current)
		for former := uint64(1); former < epoch; former++ {
			current, fresh := c.meet(0, l, &Message{Epoch: former, For: ourEpoch, Echo: Echo{Batch: 1}})
			require.False(t, current || fresh)
		}
		require.Equal(t, epoch, l.epoch)
	}
	require.Equal(t, Never, c.Next(), "what is late costs nothing")
}

// probed has a life with a smaller epoch than the one that counts probe c, and
// returns what c asks it.
func probed(t *testing.T, c *Core, epoch uint64) *Message {
	receive(c, 0, "n1", &Message{Epoch: epoch, Batch: 4, Probe: true})
	m := only(t, c, 0)
	require.Equal(t, [3]uint64{ourEpoch, epoch, 4}, [3]uint64{m.Epoch, m.For, m.Echo.Batch})
	require.True(t, m.Probe)
	require.NotZero(t, m.Batch)
	return m
}

func TestLife_countsWhenItAnswersThoughItsEpochIsSmaller(t *testing.T) {
	c := newTestCore(t, nil)
	l := c.byPeer["n1"]
	receive(c, 0, "n1", &Message{Epoch: maxEpoch, Vector: &VectorPart{Parts: 1, Held: []Held{{mine, Spans{{1, maxCounter}}}}}})
	asked := probed(t, c, peerEpoch)
	require.Equal(t, uint64(maxEpoch), l.epoch)

	receive(c, 0, "n1", &Message{Epoch: peerEpoch, For: ourEpoch, Acks: []Span{{asked.Batch, asked.Batch}}, Echo: Echo{Batch: asked.Batch}})
	require.Equal(t, uint64(peerEpoch), l.epoch)
	require.Zero(t, l.told.Count(), "what the other life has told counts no more")
	require.Equal(t, uint64(1), c.Stats().PeerRestarts)

	// The other one cannot come back by what it has said before, or says again.
	receive(c, 0, "n1", &Message{Epoch: maxEpoch, For: ourEpoch, Echo: Echo{Batch: asked.Batch}})
	require.Equal(t, uint64(peerEpoch), l.epoch)
	// A later one of all is new without more ado only if it is larger than all.
	receive(c, 0, "n1", &Message{Epoch: maxEpoch - 1})
	require.Equal(t, uint64(peerEpoch), l.epoch)
}

func TestLife_isNotProvenByWhatItCanHaveSaidBefore(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"for another life of ours":  func(m *Message) { m.For-- },
		"for an unknown life":       func(m *Message) { m.For = 0 },
		"an echo of an older batch": func(m *Message) { m.Echo.Batch-- },
		"of a batch that never was": func(m *Message) { m.Echo.Batch++ },
		"another life again":        func(m *Message) { m.Epoch-- },
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestCore(t, nil)
			receive(c, 0, "n1", &Message{Epoch: 1000})
			learn(c, 0, 1)
			require.NotEmpty(t, spoken(c, period)) // so that there are batches before
			m := probed(t, c, peerEpoch)
			answer := &Message{Epoch: peerEpoch, For: ourEpoch, Echo: Echo{Batch: m.Batch}}
			change(answer)
			receive(c, 0, "n1", answer)
			require.Equal(t, uint64(1000), c.byPeer["n1"].epoch)
		})
	}
}

// A probe of a life that is over is answered once, and by nothing that makes the
// peer's present life do more than answer.
func TestLife_lateProbeOfAFormerOneChangesNothing(t *testing.T) {
	s := newSim(2, 1, 1, nil)
	n0, n1 := s.nodes[0], s.nodes[1]
	former := n1.core.cfg.Epoch
	s.restartCore(n1, s.now)
	s.broadcast(n0, "a")
	s.run(10 * period)
	require.True(t, s.complete(1))
	present := n0.core.byPeer["n1"].epoch
	require.NotEqual(t, former, present)
	sent := s.sent
	s.deliver(n0, "n1", &Message{Epoch: former, For: n0.core.cfg.Epoch, Batch: 1, Probe: true})
	s.run(20 * period)
	require.Equal(t, present, n0.core.byPeer["n1"].epoch)
	require.LessOrEqual(t, s.sent-sent, 4)
	require.Equal(t, Never, n0.core.Next())
}
