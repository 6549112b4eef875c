package gossip_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// countedPermits grants as many permits as it has and checks their use.
type countedPermits struct {
	left int
	held map[string]bool
	bad  []string // what the core did wrong
	asks int
}

func newPermits(n int) *countedPermits {
	return &countedPermits{left: n, held: map[string]bool{}}
}

func (p *countedPermits) Acquire(_ time.Duration, holder string) bool {
	p.asks++
	if p.held[holder] {
		p.bad = append(p.bad, holder+" acquires twice")
	}
	if p.left == 0 {
		return false
	}
	p.left--
	p.held[holder] = true
	return true
}

func (p *countedPermits) Progress(_ time.Duration, holder string) {
	if !p.held[holder] {
		p.bad = append(p.bad, holder+" makes progress without a permit")
	}
}

func (p *countedPermits) Release(_ time.Duration, holder string) {
	if !p.held[holder] {
		p.bad = append(p.bad, holder+" releases what it does not hold")
	}
	delete(p.held, holder)
	p.left++
}

func TestPermitIsHeldFromTheFirstUnackedBatchToTheLastAck(t *testing.T) {
	p := newPermits(1)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Permits = p })
	learn(c, 0, 1)
	require.Empty(t, p.held)
	first := only(t, c, period)
	require.True(t, p.held["n1"])
	learn(c, period, 1)
	second := only(t, c, 2*period)
	require.Equal(t, 1, p.asks, "one permit serves all batches of a link")
	receive(c, 2*period, "n1", ackOf(first.Batch))
	require.True(t, p.held["n1"])
	receive(c, 2*period, "n1", ackOf(second.Batch))
	require.Empty(t, p.held)
	require.Empty(t, p.bad)
}

func TestRefusedDeltaWaitsForTheNextRoundAndMerges(t *testing.T) {
	p := newPermits(0)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Permits = p })
	for now := time.Duration(0); now < 3*period; now += period {
		learn(c, now, 1)
		gossip.RequireNoMessage(t, c, now+period)
	}
	require.Equal(t, 3, p.asks, "asked once a round")
	require.Equal(t, uint64(3), c.Stats().PermitsRefused)
	p.left = 1
	gossip.RequireNoMessage(t, c, 4*period-1)
	require.Equal(t, []gossip.Run{{mine, 1, []string{"1", "2", "3"}}}, only(t, c, 4*period).Runs)
}

func TestTwoLinksTakeTurnsWithOnePermit(t *testing.T) {
	p := newPermits(1)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Permits = p
		cfg.Neighbours = []gossip.Neighbour{{Name: "n1"}, {Name: "n2"}}
	})
	learn(c, 0, 1)
	out := c.Advance(period, 9)
	require.Len(t, out, 1)
	require.Equal(t, "n1", out[0].To)
	receive(c, period, "n1", ackOf(out[0].Message.Batch))
	out = c.Advance(2*period, 9)
	require.Len(t, out, 1)
	require.Equal(t, "n2", out[0].To)
	require.Empty(t, p.bad)
}

func TestAcksProbesAndVectorsNeedNoPermit(t *testing.T) {
	p := newPermits(0)
	log := gossip.NewLog()
	gossip.FillLog(log, mine, 1)
	c := gossip.NewTestCoreOn(t, log, func(cfg *gossip.Config) { cfg.Permits, cfg.GreetAt = p, 0 })
	hello := only(t, c, 0)
	require.NotNil(t, hello.Digest)
	receive(c, 0, "n1", batchOf(1, 1, "a"))
	require.Equal(t, []gossip.Span{{1, 1}}, only(t, c, period).Acks)
	probe := only(t, c, time.Second)
	require.True(t, probe.Probe)
	require.Zero(t, probe.Entries())
}

func TestLostBatchAndRestartedPeerGiveThePermitBack(t *testing.T) {
	p := newPermits(1)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Permits = p })
	learn(c, 0, 1)
	only(t, c, period)
	p.left-- // taken by somebody else
	resent := only(t, c, 5*time.Second)
	require.Zero(t, resent.Entries(), "the re-send had to ask for a permit anew")
	require.Empty(t, p.held)
	p.left = 1

	receive(c, 5*time.Second, "n1", ackOf(resent.Batch)) // that of first may yet come late
	require.NotZero(t, only(t, c, 5*time.Second).Entries())
	require.True(t, p.held["n1"])
	receive(c, 5*time.Second, "n1", &gossip.Message{Incarnation: peerEpoch + 1})
	require.Empty(t, p.held)
	require.Empty(t, p.bad)
}

func TestDeltaThatTurnsOutEmptyKeepsNoPermit(t *testing.T) {
	p := newPermits(1)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Permits = p })
	m := batchOf(0, 1, "a")
	receive(c, 0, "n1", m)
	gossip.RequireNoMessage(t, c, time.Minute)
	require.Empty(t, p.held)
	require.Empty(t, p.bad)
}
