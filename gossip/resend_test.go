package gossip_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// silentPeer is a core that has sent one value, at the time period, to a peer
// that does not answer.
func silentPeer(t *testing.T, change func(*gossip.Config)) *gossip.Core {
	c := gossip.NewTestCore(t, change)
	learn(c, 0, 1)
	only(t, c, period)
	return c
}

func TestUnackedBatchIsSentAgainWithWhatIsNewUnderANewNumber(t *testing.T) {
	c := silentPeer(t, nil)
	learn(c, period, 1)
	require.Equal(t, uint64(2), only(t, c, 2*period).Batch)
	expires := period + period + gossip.DefaultFirstRTT + 2*gossip.MinMargin
	learn(c, expires-1, 1)
	gossip.RequireNoMessage(t, c, expires-1)
	require.Equal(t, &gossip.Message{
		Incarnation: ourEpoch, Batch: 3, Probe: true, Resent: true,
		Runs: []gossip.Run{{mine, 1, []string{"1", "2", "3"}}},
	}, only(t, c, expires))
	require.Equal(t, 1, c.Stats().ProbedLinks)
	require.Equal(t, uint64(1), c.Stats().Resends)
}

func TestLeafHasTheAckDelayToAck(t *testing.T) {
	c := silentPeer(t, func(cfg *gossip.Config) { cfg.Neighbours[0].Leaf = true })
	require.Equal(t, period+gossip.DefaultAckDelay+gossip.DefaultFirstRTT+2*gossip.MinMargin, c.Next())
}

func TestSuspectedPeerGetsOneMessageAtATimeAtGrowingIntervals(t *testing.T) {
	c := silentPeer(t, nil)
	var times []time.Duration
	for now := period; len(times) < 6; now += 10 * ms {
		learn(c, now, 1)
		for _, m := range gossip.Spoken(c, now) {
			if m.Probe {
				times = append(times, now)
			} else {
				require.Empty(t, times, "only probes once suspected")
			}
		}
	}
	var pauses []time.Duration
	for i := 1; i < len(times); i++ {
		pauses = append(pauses, times[i]-times[i-1])
	}
	require.Equal(t, []time.Duration{600 * ms, 900 * ms, 1350 * ms, gossip.MaxInterval, gossip.MaxInterval}, pauses)
}

func TestAckEndsTheSuspicionAndEverythingFlowsAtOnce(t *testing.T) {
	c := silentPeer(t, nil)
	var last *gossip.Message
	for now := time.Duration(0); now < 20*time.Second; now += 10 * ms {
		if out := gossip.Spoken(c, now); len(out) > 0 {
			last = out[len(out)-1]
		}
	}
	big := strings.Repeat("v", gossip.MaxLineBytes*2/3)
	for n := uint64(2); n <= 4; n++ {
		c.Log().Append(gossip.Entry{mine, n, big})
	}
	c.Learn(20 * time.Second)
	receive(c, 20*time.Second, "n1", ackOf(last.Batch))
	require.Zero(t, c.Stats().ProbedLinks)
	out := gossip.Spoken(c, 20*time.Second)
	require.Len(t, out, 3)
	for i, m := range out {
		require.Equal(t, []gossip.Run{{mine, uint64(i + 2), []string{big}}}, m.Runs)
	}
	receive(c, 20*time.Second, "n1", ackOf(out[0].Batch, out[1].Batch, out[2].Batch))
	gossip.RequireNoMessage(t, c, time.Hour)
	require.Zero(t, c.Stats().UnackedLinks)
}

func TestAckOfALaterBatchDoesNotAckALostOne(t *testing.T) {
	c := silentPeer(t, nil)
	learn(c, period, 1)
	second := only(t, c, 2*period)
	receive(c, 2*period, "n1", ackOf(second.Batch))
	require.Equal(t, []gossip.Run{{mine, 1, []string{"1"}}}, only(t, c, 3*time.Second).Runs)
}

func TestAckForAFormerLifeOfOursCountsNothing(t *testing.T) {
	c := silentPeer(t, nil)
	ack := ackOf(1)
	ack.For = ourEpoch - 1
	receive(c, period, "n1", ack)
	require.Equal(t, 1, c.Stats().UnackedLinks)
}

func TestWhatThePeerToldMeanwhileIsNotSentAgain(t *testing.T) {
	c := silentPeer(t, nil)
	learn(c, period, 1)
	only(t, c, 2*period)
	receive(c, 2*period, "n1", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Runs: []gossip.Run{{mine, 1, []string{"1"}}}})
	require.Equal(t, []gossip.Run{{mine, 2, []string{"2"}}}, only(t, c, 3*time.Second).Runs)
}

func TestUnackedBytesStayWithinTheWindow(t *testing.T) {
	const window = 4 * gossip.MaxLineBytes
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.WindowBytes = window })
	value := strings.Repeat("v", 1000)
	for n := range 1000 {
		c.Log().Append(gossip.Entry{mine, uint64(n + 1), value})
	}
	c.Learn(0)
	now, got := period, 0
	for got < 1000 {
		bytes, asks := 0, 0
		out := gossip.Spoken(c, now)
		var batches []uint64
		for _, m := range out {
			bytes += gossip.Accounted(m)
			got += m.Entries()
			batches = append(batches, m.Batch)
			if m.Probe {
				asks++
			}
		}
		require.LessOrEqual(t, bytes, window+gossip.MaxLineBytes)
		if got < 1000 {
			require.GreaterOrEqual(t, bytes, window)
			require.True(t, out[len(out)-1].Probe, "a full window asks for an ack at once")
			require.Less(t, asks, len(out), "but not every message does")
		}
		now += 100 * ms
		receive(c, now, "n1", ackOf(batches...))
	}
	require.Less(t, now, 2*time.Second, "a backlog flows at the speed of the way")
	gossip.RequireNoMessage(t, c, time.Hour)
}
