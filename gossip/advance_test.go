package gossip_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// mine is the source of what the tested core's node broadcasts, theirs that
// of its peer.
var (
	mine   = gossip.NewOriginID("n0", "mine")
	theirs = gossip.NewOriginID("n1", "theirs")
)

const (
	period    = 400 * ms
	peerEpoch = 7
	ourEpoch  = 100 // newTestCore's
)

// learn broadcasts n values at the core's node.
func learn(c *gossip.Core, now time.Duration, n int) {
	gossip.FillLog(c.Log(), mine, n)
	c.Learn(now)
}

// batchOf is a message of the peer's with a batch of its values.
func batchOf(batch, first uint64, values ...string) *gossip.Message {
	m := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: batch}
	if len(values) > 0 {
		m.Runs = []gossip.Run{{Origin: theirs, First: first, Values: values}}
	}
	return m
}

// ackOf is a bare ack of the peer's.
func ackOf(batches ...uint64) *gossip.Message {
	m := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch}
	for _, b := range batches {
		m.Acks = append(m.Acks, gossip.Span{b, b})
	}
	return m
}

// receive hands a message over whose entries are stored at once.
func receive(c *gossip.Core, now time.Duration, from string, m *gossip.Message) {
	if d, ok := c.Receive(now, from, m); ok {
		gossip.Store(c, now, d)
	}
}

// only returns the one message that the core says at a time.
func only(t *testing.T, c *gossip.Core, now time.Duration) *gossip.Message {
	t.Helper()
	out := gossip.Spoken(c, now)
	require.Len(t, out, 1)
	return out[0]
}

func TestNewsWaitsForTheRoundAndGoesInOneMessage(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Phase = 100 * ms })
	require.Equal(t, gossip.Never, c.Next(), "a core with nothing to say does not wake up")
	learn(c, 0, 1)
	require.Equal(t, 100*ms, c.Next())
	learn(c, 50*ms, 2)
	gossip.RequireNoMessage(t, c, 99*ms)
	require.Equal(t, &gossip.Message{
		Incarnation: ourEpoch, Batch: 1,
		Runs: []gossip.Run{{mine, 1, []string{"1", "2", "3"}}},
	}, only(t, c, 100*ms))

	learn(c, 100*ms, 1)
	require.Equal(t, 500*ms, c.Next(), "the next round of the grid")
	m := only(t, c, 500*ms)
	require.Equal(t, uint64(2), m.Batch)
	require.Equal(t, []gossip.Run{{mine, 4, []string{"4"}}}, m.Runs, "what is in flight is not repeated")
}

func TestEveryNeighbourGetsTheNewsExceptWhoToldIt(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Neighbours = []gossip.Neighbour{{Name: "n1"}, {Name: "n2"}, {Name: "n3", Role: gossip.Parent}}
	})
	receive(c, 10*ms, "n1", batchOf(1, 1, "a", "b"))
	learn(c, 10*ms, 1)
	told := map[string][]gossip.Entry{}
	for _, o := range c.Advance(period, 10) {
		told[o.To] = entriesOf(o.Message.Runs)
	}
	a, b, own := gossip.Entry{theirs, 1, "a"}, gossip.Entry{theirs, 2, "b"}, gossip.Entry{mine, 1, "1"}
	require.Equal(t, map[string][]gossip.Entry{"n1": {own}, "n2": {a, b, own}, "n3": {a, b, own}}, told)
}

func TestBatchIsAckedWhenItIsStoredAndNotBefore(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	d, ok := c.Receive(10*ms, "n1", batchOf(1, 1, "a"))
	require.True(t, ok)
	require.Equal(t, []gossip.Entry{{theirs, 1, "a"}}, d.Entries)
	gossip.RequireNoMessage(t, c, 5*time.Second)

	gossip.Store(c, 5*time.Second, d)
	m := only(t, c, 5*time.Second) // its round is over
	require.Equal(t, []gossip.Span{{1, 1}}, m.Acks)
	require.Equal(t, gossip.Echo{Batch: 1, Held: 4990 * ms}, m.Echo)
	require.Zero(t, m.Batch, "an ack wants no ack")
	require.Equal(t, uint64(peerEpoch), m.For)
	gossip.RequireNoMessage(t, c, time.Hour)
	require.Equal(t, uint64(1), c.Stats().BareAcks)
}

func TestDroppedDeliveryComesAgainAndIsDeliveredAgain(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	first, ok := c.Receive(0, "n1", batchOf(1, 1, "a"))
	require.True(t, ok)
	gossip.RequireNoMessage(t, c, time.Minute)
	second, ok := c.Receive(time.Minute, "n1", batchOf(2, 1, "a"))
	require.True(t, ok)
	require.Equal(t, first.Entries, second.Entries)
	gossip.Store(c, time.Minute, second)
	require.Equal(t, []gossip.Span{{2, 2}}, only(t, c, time.Minute+period).Acks)
}

func TestWhatIsKnownIsNotDeliveredButAcked(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	receive(c, 0, "n1", batchOf(1, 1, "a"))
	d, ok := c.Receive(10*ms, "n1", batchOf(2, 1, "a", "b"))
	require.True(t, ok)
	require.Equal(t, []gossip.Entry{{theirs, 2, "b"}}, d.Entries)
	gossip.Store(c, 10*ms, d)
	_, ok = c.Receive(20*ms, "n1", batchOf(2, 1, "a", "b"))
	require.False(t, ok)
	_, ok = c.Receive(20*ms, "n1", batchOf(5, 2, "b"))
	require.False(t, ok)
	require.Equal(t, []gossip.Span{{1, 2}, {5, 5}}, only(t, c, period).Acks)
	require.Equal(t, uint64(4), c.Stats().EntriesKnown)
}

func TestAcksRideOnWhatIsSaidAnyway(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	receive(c, 0, "n1", batchOf(1, 1, "a"))
	learn(c, 0, 1)
	m := only(t, c, period)
	require.Equal(t, []gossip.Span{{1, 1}}, m.Acks)
	require.NotEmpty(t, m.Runs)
	require.Zero(t, c.Stats().BareAcks)
	receive(c, period, "n1", ackOf(m.Batch))
	gossip.RequireNoMessage(t, c, time.Minute)
}

func TestLeafAcksItsParentAfterTheAckDelay(t *testing.T) {
	leaf := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Neighbours[0].Role = gossip.Parent })
	receive(leaf, 0, "n1", batchOf(1, 1, "a"))
	receive(leaf, 1500*ms, "n1", batchOf(2, 2, "b"))
	gossip.RequireNoMessage(t, leaf, gossip.DefaultAckDelay-1)
	require.Equal(t, []gossip.Span{{1, 2}}, only(t, leaf, gossip.DefaultAckDelay).Acks, "the oldest batch decides")
	gossip.RequireNoMessage(t, leaf, time.Minute)
}

func TestProbeIsAckedAtOnce(t *testing.T) {
	leaf := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Neighbours[0].Role = gossip.Parent })
	receive(leaf, 0, "n1", batchOf(1, 1, "a"))
	probe := batchOf(2, 0)
	probe.Probe = true
	receive(leaf, 10*ms, "n1", probe)
	require.Equal(t, []gossip.Span{{1, 2}}, only(t, leaf, 10*ms).Acks)
	receive(leaf, 20*ms, "n1", batchOf(3, 2, "b"))
	gossip.RequireNoMessage(t, leaf, time.Second) // the next one is in no hurry
}

func TestManyScatteredAcksGoInSeveralMessages(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	for n := uint64(0); n < gossip.MaxAckSpans+10; n++ {
		receive(c, 0, "n1", batchOf(1+2*n, 1+n, "v"))
	}
	out := gossip.Spoken(c, period)
	require.Len(t, out, 2)
	require.Len(t, out[0].Acks, gossip.MaxAckSpans)
	require.Equal(t, uint64(1+2*gossip.MaxAckSpans), out[1].Acks[gossip.RepeatedSpans].First, "behind those that are repeated")
	require.Len(t, out[1].Acks, gossip.RepeatedSpans+10)
	gossip.RequireNoMessage(t, c, time.Minute)
}

func TestEchoMeasuresTheWay(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	learn(c, 0, 1)
	m := only(t, c, period)
	ack := ackOf(m.Batch)
	ack.Echo = gossip.Echo{Batch: m.Batch, Held: 300 * ms}
	receive(c, period+500*ms, "n1", ack)
	require.Equal(t, 200*ms, c.RoundTrip("n1"))

	other := ackOf()
	other.For, other.Echo = 99, gossip.Echo{Batch: m.Batch}
	receive(c, 2*time.Second, "n1", other)
	require.Equal(t, 200*ms, c.RoundTrip("n1"), "an echo to a former life of ours measures nothing")
}

func TestNothingBeyondRoomIsSaidAndNothingIsForgotten(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Neighbours = []gossip.Neighbour{{Name: "n1"}, {Name: "n2"}, {Name: "n3"}}
	})
	for i := range 3 {
		c.Log().Append(gossip.Entry{mine, uint64(i + 1), strings.Repeat("v", gossip.MaxLineBytes/2)})
	}
	c.Learn(0)
	require.Empty(t, c.Advance(period, 0))
	got := map[string]int{}
	for c.Next() <= period {
		require.Empty(t, c.Advance(period, 0))
		out := c.Advance(period, 1)
		require.LessOrEqual(t, len(out), 1)
		for _, o := range out {
			got[o.To] += o.Message.Entries()
		}
	}
	require.Equal(t, map[string]int{"n1": 3, "n2": 3, "n3": 3}, got)
}

func TestGuestGetsAcksAndNothingElse(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	learn(c, 0, 1)
	receive(c, 0, "n9", &gossip.Message{Incarnation: 9, Batch: 1, Runs: []gossip.Run{{theirs, 1, []string{"a"}}}})
	guest := map[string]*gossip.Message{}
	for _, o := range c.Advance(period, 10) {
		guest[o.To] = o.Message
	}
	require.Len(t, guest, 2)
	require.Equal(t, 2, guest["n1"].Entries())
	require.Equal(t, []gossip.Span{{1, 1}}, guest["n9"].Acks)
	require.Zero(t, guest["n9"].Entries())
	require.Zero(t, guest["n9"].Batch)
}
