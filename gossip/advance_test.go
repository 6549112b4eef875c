package gossip

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mine is the source of what the tested core's node broadcasts, theirs that
// of its peer.
var (
	mine   = NewSourceID("n0", "mine")
	theirs = NewSourceID("n1", "theirs")
)

const (
	period    = 400 * ms
	peerEpoch = 7
	ourEpoch  = 100 // newTestCore's
)

// learn broadcasts n values at the core's node.
func learn(c *Core, now time.Duration, n int) {
	fillLog(c.log, mine, n)
	c.Learn(now)
}

// batchOf is a message of the peer's with a batch of its values.
func batchOf(batch, first uint64, values ...string) *Message {
	m := &Message{Epoch: peerEpoch, For: ourEpoch, Batch: batch}
	if len(values) > 0 {
		m.Runs = []Run{{Source: theirs, First: first, Values: values}}
	}
	return m
}

// ackOf is a bare ack of the peer's.
func ackOf(batches ...uint64) *Message {
	m := &Message{Epoch: peerEpoch, For: ourEpoch}
	for _, b := range batches {
		m.Acks = append(m.Acks, Span{b, b})
	}
	return m
}

// receive hands a message over whose entries are stored at once.
func receive(c *Core, now time.Duration, from string, m *Message) {
	if d, ok := c.Receive(now, from, m); ok {
		store(c, now, d)
	}
}

// only returns the one message that the core says at a time.
func only(t *testing.T, c *Core, now time.Duration) *Message {
	t.Helper()
	out := spoken(c, now)
	require.Len(t, out, 1)
	return out[0]
}

func TestNewsWaitsForTheRoundAndGoesInOneMessage(t *testing.T) {
	c := newTestCore(t, func(cfg *Config) { cfg.Phase = 100 * ms })
	require.Equal(t, Never, c.Next(), "a core with nothing to say does not wake up")
	learn(c, 0, 1)
	require.Equal(t, 100*ms, c.Next())
	learn(c, 50*ms, 2)
	requireNoMessage(t, c, 99*ms)
	require.Equal(t, &Message{
		Epoch: ourEpoch, Batch: 1,
		Runs: []Run{{mine, 1, []string{"1", "2", "3"}}},
	}, only(t, c, 100*ms))

	learn(c, 100*ms, 1)
	require.Equal(t, 500*ms, c.Next(), "the next round of the grid")
	m := only(t, c, 500*ms)
	require.Equal(t, uint64(2), m.Batch)
	require.Equal(t, []Run{{mine, 4, []string{"4"}}}, m.Runs, "what is in flight is not repeated")
}

func TestEveryNeighbourGetsTheNewsExceptWhoToldIt(t *testing.T) {
	c := newTestCore(t, func(cfg *Config) {
		cfg.Neighbours = []Neighbour{{Name: "n1"}, {Name: "n2"}, {Name: "n3", Role: Parent}}
	})
	receive(c, 10*ms, "n1", batchOf(1, 1, "a", "b"))
	learn(c, 10*ms, 1)
	told := map[string][]Entry{}
	for _, o := range c.Advance(period, 10) {
		told[o.To] = entriesOf(o.Message.Runs)
	}
	a, b, own := Entry{theirs, 1, "a"}, Entry{theirs, 2, "b"}, Entry{mine, 1, "1"}
	require.Equal(t, map[string][]Entry{"n1": {own}, "n2": {a, b, own}, "n3": {a, b, own}}, told)
}

func TestBatchIsAckedWhenItIsStoredAndNotBefore(t *testing.T) {
	c := newTestCore(t, nil)
	d, ok := c.Receive(10*ms, "n1", batchOf(1, 1, "a"))
	require.True(t, ok)
	require.Equal(t, []Entry{{theirs, 1, "a"}}, d.Entries)
	requireNoMessage(t, c, 5*time.Second)

	store(c, 5*time.Second, d)
	m := only(t, c, 5*time.Second) // its round is over
	require.Equal(t, []Span{{1, 1}}, m.Acks)
	require.Equal(t, Echo{Batch: 1, Held: 4990 * ms}, m.Echo)
	require.Zero(t, m.Batch, "an ack wants no ack")
	require.Equal(t, uint64(peerEpoch), m.For)
	requireNoMessage(t, c, time.Hour)
	require.Equal(t, uint64(1), c.Stats().BareAcks)
}

func TestDroppedDeliveryComesAgainAndIsDeliveredAgain(t *testing.T) {
	c := newTestCore(t, nil)
	first, ok := c.Receive(0, "n1", batchOf(1, 1, "a"))
	require.True(t, ok)
	requireNoMessage(t, c, time.Minute)
	second, ok := c.Receive(time.Minute, "n1", batchOf(2, 1, "a"))
	require.True(t, ok)
	require.Equal(t, first.Entries, second.Entries)
	store(c, time.Minute, second)
	require.Equal(t, []Span{{2, 2}}, only(t, c, time.Minute+period).Acks)
}

func TestWhatIsKnownIsNotDeliveredButAcked(t *testing.T) {
	c := newTestCore(t, nil)
	receive(c, 0, "n1", batchOf(1, 1, "a"))
	d, ok := c.Receive(10*ms, "n1", batchOf(2, 1, "a", "b"))
	require.True(t, ok)
	require.Equal(t, []Entry{{theirs, 2, "b"}}, d.Entries)
	store(c, 10*ms, d)
	_, ok = c.Receive(20*ms, "n1", batchOf(2, 1, "a", "b"))
	require.False(t, ok)
	_, ok = c.Receive(20*ms, "n1", batchOf(5, 2, "b"))
	require.False(t, ok)
	require.Equal(t, []Span{{1, 2}, {5, 5}}, only(t, c, period).Acks)
	require.Equal(t, uint64(4), c.Stats().EntriesKnown)
}

func TestAcksRideOnWhatIsSaidAnyway(t *testing.T) {
	c := newTestCore(t, nil)
	receive(c, 0, "n1", batchOf(1, 1, "a"))
	learn(c, 0, 1)
	m := only(t, c, period)
	require.Equal(t, []Span{{1, 1}}, m.Acks)
	require.NotEmpty(t, m.Runs)
	require.Zero(t, c.Stats().BareAcks)
	receive(c, period, "n1", ackOf(m.Batch))
	requireNoMessage(t, c, time.Minute)
}

func TestLeafAcksItsParentAfterTheAckDelay(t *testing.T) {
	leaf := newTestCore(t, func(cfg *Config) { cfg.Neighbours[0].Role = Parent })
	receive(leaf, 0, "n1", batchOf(1, 1, "a"))
	receive(leaf, 1500*ms, "n1", batchOf(2, 2, "b"))
	requireNoMessage(t, leaf, DefaultAckDelay-1)
	require.Equal(t, []Span{{1, 2}}, only(t, leaf, DefaultAckDelay).Acks, "the oldest batch decides")
	requireNoMessage(t, leaf, time.Minute)
}

func TestProbeIsAckedAtOnce(t *testing.T) {
	leaf := newTestCore(t, func(cfg *Config) { cfg.Neighbours[0].Role = Parent })
	receive(leaf, 0, "n1", batchOf(1, 1, "a"))
	probe := batchOf(2, 0)
	probe.Probe = true
	receive(leaf, 10*ms, "n1", probe)
	require.Equal(t, []Span{{1, 2}}, only(t, leaf, 10*ms).Acks)
	receive(leaf, 20*ms, "n1", batchOf(3, 2, "b"))
	requireNoMessage(t, leaf, time.Second) // the next one is in no hurry
}

func TestManyScatteredAcksGoInSeveralMessages(t *testing.T) {
	c := newTestCore(t, nil)
	for n := uint64(0); n < maxAckSpans+10; n++ {
		receive(c, 0, "n1", batchOf(1+2*n, 1+n, "v"))
	}
	out := spoken(c, period)
	require.Len(t, out, 2)
	require.Len(t, out[0].Acks, maxAckSpans)
	require.Len(t, out[1].Acks, 10)
	requireNoMessage(t, c, time.Minute)
}

func TestEchoMeasuresTheWay(t *testing.T) {
	c := newTestCore(t, nil)
	learn(c, 0, 1)
	m := only(t, c, period)
	ack := ackOf(m.Batch)
	ack.Echo = Echo{Batch: m.Batch, Held: 300 * ms}
	receive(c, period+500*ms, "n1", ack)
	require.Equal(t, 200*ms, c.links[0].rtt.roundTrip())

	other := ackOf()
	other.For, other.Echo = 99, Echo{Batch: m.Batch}
	receive(c, 2*time.Second, "n1", other)
	require.Equal(t, 200*ms, c.links[0].rtt.roundTrip(), "an echo to a former life of ours measures nothing")
}

func TestNothingBeyondRoomIsSaidAndNothingIsForgotten(t *testing.T) {
	c := newTestCore(t, func(cfg *Config) {
		cfg.Neighbours = []Neighbour{{Name: "n1"}, {Name: "n2"}, {Name: "n3"}}
	})
	for i := range 3 {
		c.log.Append(Entry{mine, uint64(i + 1), strings.Repeat("v", MaxLineBytes/2)})
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
	c := newTestCore(t, nil)
	learn(c, 0, 1)
	receive(c, 0, "n9", &Message{Epoch: 9, Batch: 1, Runs: []Run{{theirs, 1, []string{"a"}}}})
	guest := map[string]*Message{}
	for _, o := range c.Advance(period, 10) {
		guest[o.To] = o.Message
	}
	require.Len(t, guest, 2)
	require.Equal(t, 2, guest["n1"].Entries())
	require.Equal(t, []Span{{1, 1}}, guest["n9"].Acks)
	require.Zero(t, guest["n9"].Entries())
	require.Zero(t, guest["n9"].Batch)
}
