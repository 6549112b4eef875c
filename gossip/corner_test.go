package gossip_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// A core that begins with a log and has something in flight when it
// greets never asks for the peer's digest: owed stays true for ever.
func TestGreetedPeerIsAskedForItsVectorThoughSomethingIsInFlight(t *testing.T) {
	log := gossip.NewLog()
	gossip.FillLog(log, mine, 3)
	c := gossip.NewTestCoreOn(t, log, func(cfg *gossip.Config) { cfg.GreetAt = time.Second })
	learn(c, 0, 1)
	first := only(t, c, period)
	hello := only(t, c, time.Second)
	require.NotNil(t, hello.Digest)
	receive(c, 1100*ms, "n1", ackOf(first.Batch, hello.Batch))
	asked := hello.Want
	for now := 1100 * ms; now < time.Minute; now += 100 * ms {
		for _, m := range gossip.Spoken(c, now) {
			asked = asked || m.Want
		}
	}
	require.True(t, asked, "entries 1 to 3 are owed, and nobody speaks")
}

// Two nodes, no loss at all; n0 takes broadcasts between
// its restart and its greeting.
func TestEntriesFromBeforeARestartArriveThoughTheNodeIsBusy(t *testing.T) {
	for phase := range 40 {
		s := newSim(2, 1, 1, func(cfg *gossip.Config) { cfg.Phase = time.Duration(1+10*phase) * ms })
		s.latency = func() time.Duration { return 250 * ms }
		n := s.load(0, 5*time.Second, 10)
		cut := false
		s.drop = func(string, string) bool { return cut }
		s.at(3*time.Second, func() { cut = true })
		s.at(5*time.Second, func() { cut = false; s.restartCore(s.nodes[0], s.now+time.Second) })
		for t := 5 * time.Second; t < 8*time.Second; t += 100 * ms {
			n++
			s.at(t, func() { s.broadcast(s.nodes[0], "x") })
		}
		s.run(time.Minute)
		require.True(t, s.complete(n), "phase %d", phase)
	}
}

// A message of a peer's former incarnation that its present incarnation has
// overtaken is taken for a new incarnation. From then on the present incarnation counts as
// over: nothing of it is acked, no ack of it counts.
func TestOvertakenMessageOfAFormerLifeDoesNotDeafenTheLink(t *testing.T) {
	s := newSim(2, 1, 1, nil)
	n0, n1 := s.nodes[0], s.nodes[1]
	slow := true // n1's first message takes 3 s, all others 100 ms
	s.latency = func() time.Duration {
		if slow {
			slow = false
			return 3 * time.Second
		}
		return 100 * ms
	}
	s.broadcast(n1, "lost with the first life, but for the late message")
	s.at(time.Second, func() {
		s.boot(n1)
		s.restartCore(n1, s.now+time.Second)
	})
	s.at(5*time.Second, func() { s.broadcast(n0, "a"); s.broadcast(n1, "b") })
	s.run(time.Minute)
	require.True(t, s.complete(3), "n0 %d, n1 %d", n0.log.Len(), n1.log.Len())
	sent := s.sent
	s.run(10 * time.Minute)
	require.Equal(t, sent, s.sent, "re-sends without end")
}

// dispatch forgets an ack that is not due yet when the link wakes up
// for another reason and has nothing to say about it.
func TestAckIsNotForgottenWhenTheGreetingFallsAway(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Neighbours[0].Role = gossip.Parent
		cfg.GreetAt = time.Second
	})
	receive(c, 500*ms, "n1", batchOf(1, 1, "a")) // ack due at 2.5 s
	var acks []gossip.Span
	for now := 500 * ms; now < 10*time.Second; now += 100 * ms {
		for _, m := range gossip.Spoken(c, now) {
			acks = append(acks, m.Acks...)
		}
	}
	require.Equal(t, []gossip.Span{{1, 1}}, acks)
}

// The first entry of a delta goes into a message however full that is
// already with a digest or acks.
func TestVectorAndValueTogetherStayWithinTheLimit(t *testing.T) {
	log := gossip.NewLog()
	for i := range 300 { // a digest that nearly fills a message
		log.Append(gossip.Entry{gossip.NewOriginID(fmt.Sprint("n", i), "log"), 1, "1"})
	}
	c := gossip.NewTestCoreOn(t, log, func(cfg *gossip.Config) { cfg.GreetAt = period })
	log.Append(gossip.Entry{mine, 1, strings.Repeat("v", 40_000)})
	c.Learn(0)
	for _, m := range gossip.Spoken(c, period) {
		require.LessOrEqual(t, gossip.Accounted(m), gossip.MaxLineBytes, "%s", show(m))
	}
}

func TestAcksAndValueTogetherStayWithinTheLimit(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	for n := range uint64(100) {
		receive(c, 0, "n1", batchOf(1+2*n, 1, "v"))
	}
	c.Log().Append(gossip.Entry{mine, 1, strings.Repeat("v", 47_000)})
	c.Learn(0)
	for _, m := range gossip.Spoken(c, period) {
		require.LessOrEqual(t, gossip.Accounted(m), gossip.MaxLineBytes)
	}
}

// A source whose names take more than a message makes the number of
// acks negative, and addAcks panics. Any peer can send such a source.
func TestLongNamesDoNoHarm(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	long := gossip.NewOriginID(strings.Repeat("x", 10_000), "log")
	receive(c, 0, "n1", &gossip.Message{Incarnation: peerEpoch, Batch: 1, Runs: []gossip.Run{{long, 1, []string{"1"}}}})
	receive(c, 0, "n1", &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: 2, Want: true, Probe: true})
	require.NotPanics(t, func() { gossip.Spoken(c, 0) })
}

// Echo.Held is believed: a negative one makes the round trip as long
// as one likes (no re-send for years), and near the largest duration the
// re-send time overflows into the past: Advance never stops talking.
func TestEchoFromTheFutureDoesNoHarm(t *testing.T) {
	for _, held := range []time.Duration{-time.Hour, math.MinInt64 + 200*ms} {
		c := gossip.NewTestCore(t, nil)
		learn(c, 0, 1)
		m := only(t, c, period)
		receive(c, period+100*ms, "n1", &gossip.Message{
			Incarnation: peerEpoch, For: ourEpoch, Acks: []gossip.Span{{m.Batch, m.Batch}}, Echo: gossip.Echo{Batch: m.Batch, Held: held},
		})
		learn(c, period+100*ms, 1)
		messages := 0
		for now := 2 * period; now < 10*time.Second; now += 10 * ms {
			for range 100 {
				if c.Next() > now {
					break
				}
				messages += len(c.Advance(now, 1))
			}
		}
		require.Greater(t, messages, 1, "held %v: a lost batch is never sent again", held)
		require.Less(t, messages, 20, "held %v: the core does not stop talking", held)
	}
}

// A suspected link sends the whole digest, all its messages, with
// every probe: "one probe at a time" does not hold for digests.
func TestSuspectedPeerIsNotFloodedWithAVector(t *testing.T) {
	log := gossip.NewLog()
	for i := range 3000 { // 10 parts
		log.Append(gossip.Entry{gossip.NewOriginID(fmt.Sprint("n", i), "log"), 1, "1"})
	}
	c := gossip.NewTestCoreOn(t, log, func(cfg *gossip.Config) { cfg.GreetAt = 0 })
	first := len(gossip.Spoken(c, 0))
	require.Greater(t, first, 5)
	late := 0
	for now := 5 * time.Second; now < 65*time.Second; now += 10 * ms {
		late += len(gossip.Spoken(c, now))
	}
	require.LessOrEqual(t, late, 45, "messages in a minute to a peer that does not answer")
}

// Values below zero are neither refused nor replaced; a negative
// window stalls every link for ever without a word.
func TestNegativeSettingsAreErrors(t *testing.T) {
	for name, spoil := range map[string]func(*gossip.Config){
		"window":    func(c *gossip.Config) { c.WindowBytes = -1 },
		"ack delay": func(c *gossip.Config) { c.AckDelay = -time.Second },
		"first rtt": func(c *gossip.Config) { c.FirstRTT = -time.Second },
		"rounds":    func(c *gossip.Config) { c.Rounds = 77 },
		"role":      func(c *gossip.Config) { c.Neighbours = []gossip.Neighbour{{Name: "n1", Role: 77}} },
	} {
		cfg := gossip.ValidConfig()
		spoil(&cfg)
		_, err := gossip.New(0, cfg, gossip.NewLog())
		require.Error(t, err, name)
	}
}

// The wish for an ack at once belongs to the link, not to the batch:
// acks that go before the probed batch is stored wipe it out.
func TestProbedBatchIsAckedAsSoonAsItIsStored(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Neighbours[0].Role = gossip.Parent }) // a leaf
	probe := batchOf(1, 1, "a")
	probe.Probe = true
	d, ok := c.Receive(0, "n1", probe)
	require.True(t, ok)
	empty := batchOf(2, 0)
	empty.Probe = true
	receive(c, 10*ms, "n1", empty)
	require.Equal(t, []gossip.Span{{2, 2}}, only(t, c, 10*ms).Acks)
	gossip.Store(c, 20*ms, d)
	require.Equal(t, []gossip.Span{{1, 2}}, only(t, c, 20*ms).Acks, "and the former once more")
}

// A ticket of a former core's delivery counts in a new core that has
// met the same life of the peer: the new core acks a batch, and with it a
// digest, that only its predecessor has seen.
func TestTicketOfAFormerCoreCountsNothing(t *testing.T) {
	log := gossip.NewLog()
	old := gossip.NewTestCoreOn(t, log, func(cfg *gossip.Config) { cfg.Incarnation = 99 })
	m := &gossip.Message{Incarnation: peerEpoch, Batch: 1, Probe: true, Runs: []gossip.Run{{theirs, 1, []string{"a"}}},
		Digest: &gossip.DigestPart{Exchange: 1, Parts: 1, Lines: []gossip.DigestLine{{theirs, gossip.Spans{{1, 1}}}}}}
	d, ok := old.Receive(0, "n1", m)
	require.True(t, ok)

	c := gossip.NewTestCoreOn(t, log, nil)
	receive(c, 0, "n1", &gossip.Message{Incarnation: peerEpoch, Batch: 2, Probe: true})
	only(t, c, 0)
	gossip.Store(c, 0, d)
	for _, m := range gossip.Spoken(c, 10*time.Second) {
		require.Equal(t, []gossip.Span{{2, 2}}, m.Acks)
	}
}

// Resent is "suspect", not "sent before": it is missing on what is
// sent again after the first ack, and set on entries that were never sent.
func TestResentSaysWhetherEntriesWereSentBefore(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	for n := range uint64(3) {
		c.Log().Append(gossip.Entry{mine, n + 1, strings.Repeat("v", gossip.MaxLineBytes*2/3)})
	}
	c.Learn(0)
	require.Len(t, gossip.Spoken(c, period), 3)
	probe := only(t, c, 5*time.Second)
	require.True(t, probe.Resent)
	receive(c, 5*time.Second, "n1", ackOf(probe.Batch))
	again := gossip.Spoken(c, 5*time.Second)
	require.Len(t, again, 2)
	for _, m := range again {
		require.True(t, m.Resent)
	}
}

func TestFirstEntriesToASuspectedPeerAreNotResent(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.GreetAt = 0 })
	only(t, c, 0)
	only(t, c, time.Second) // the greeting again
	learn(c, time.Second, 1)
	for now := time.Second; ; now += 10 * ms {
		if out := gossip.Spoken(c, now); len(out) > 0 {
			require.NotEmpty(t, out[0].Runs)
			require.False(t, out[0].Resent)
			return
		}
	}
}

// An ack is planned from when the batch was stored, though the
// sender waits from when it was sent: with a record (journal) that takes
// 200 ms of a period of 400 ms, a loss-free network re-sends a tenth.
func TestNothingIsSentAgainBecauseTheRecordTakesAMoment(t *testing.T) {
	for seed := range uint64(3) {
		s := newSim(7, 2, seed, nil)
		s.record = func(_ *simNode, _ gossip.Delivery, store func()) { s.at(s.now+200*ms, store) }
		n := s.load(0, 20*time.Second, 20)
		s.run(time.Minute)
		require.True(t, s.complete(n))
		resends := uint64(0)
		for _, node := range s.nodes {
			resends += node.core.Stats().Resends
		}
		require.Zero(t, resends, "of %d messages", s.sent)
	}
}

// An ack of a batch that has been taken back is thrown away, although
// it says that the peer holds those entries: with a record that takes 2 s
// everything is sent many times over.
func TestLateAckSparesTheResend(t *testing.T) {
	s := newSim(2, 1, 1, nil)
	s.record = func(_ *simNode, _ gossip.Delivery, store func()) { s.at(s.now+2*time.Second, store) }
	n := s.load(0, 20*time.Second, 20)
	s.run(2 * time.Minute)
	require.True(t, s.complete(n))
	entries := uint64(0)
	for _, node := range s.nodes {
		entries += node.core.Stats().EntriesOut
	}
	require.LessOrEqual(t, entries, uint64(3*n), "for %d entries", n)
}

// A link that has only what its peer told it still asks for a
// permit; refused, it wakes up every round for ever.
func TestLinkWithNothingToSayAsksForNoPermit(t *testing.T) {
	p := newPermits(0)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Permits = p })
	receive(c, 0, "n1", batchOf(1, 1, "a"))
	gossip.Spoken(c, 10*time.Second)
	require.Zero(t, p.asks)
	require.Equal(t, gossip.Never, c.Next())
}

// A guest that restarts is owed everything, and its digest makes
// segments of the log that nobody will ever send.
func TestGuestIsOwedNothing(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	learn(c, 0, 10)
	receive(c, 0, "n9", &gossip.Message{Incarnation: 8})
	receive(c, 0, "n9", &gossip.Message{Incarnation: 9, Digest: &gossip.DigestPart{Exchange: 1, Parts: 1}})
	require.False(t, c.HasAgain("n9"))
}

// Each of two nodes takes the other's former incarnation for the present one, so that
// neither acks, and a proof that wants For to be right never comes.
func TestTwoNodesThatMistakeEachOthersLivesFindOut(t *testing.T) {
	s := newSim(2, 1, 1, nil)
	var former []uint64
	for _, n := range s.nodes {
		former = append(former, n.core.View().Incarnation())
		s.boot(n)
		s.restartCore(n, time.Second)
	}
	n0, n1 := s.nodes[0], s.nodes[1]
	late := func(from *simNode, epoch uint64) *gossip.Message {
		return &gossip.Message{Incarnation: epoch, Batch: 3, Runs: []gossip.Run{{gossip.NewOriginID(from.name, "former"), 1, []string{"late"}}}}
	}
	s.at(2*time.Second, func() { s.broadcast(n0, "a"); s.broadcast(n1, "b") })
	s.at(5*time.Second, func() {
		s.deliver(n0, "n1", late(n1, former[1]))
		s.deliver(n1, "n0", late(n0, former[0]))
	})
	s.at(6*time.Second, func() { s.broadcast(n0, "c"); s.broadcast(n1, "d") })
	s.run(time.Minute)
	require.True(t, s.complete(6), "n0 %d, n1 %d", n0.log.Len(), n1.log.Len())
	sent := s.sent
	s.run(10 * time.Minute)
	require.Equal(t, sent, s.sent)
}

// Under locked rounds a child's delta that is refused a permit at an
// inner node is never tried again: plan leaves downAt to the parent's next
// flush, which may not come.
func TestRefusedFlushIsTriedAgainWithoutAFlushOfTheParent(t *testing.T) {
	p := newPermits(0)
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Permits, cfg.Rounds, cfg.Depth, cfg.Height = p, gossip.Locked, 1, 1
		cfg.Neighbours = []gossip.Neighbour{{Name: "n0", Role: gossip.Parent}, {Name: "n1"}}
	})
	receive(c, 0, "n0", batchOf(1, 1, "a"))
	gossip.Spoken(c, 100*ms) // n1's delta is refused
	require.NotZero(t, p.asks)
	p.left = 2
	got := 0
	for now := 100 * ms; now < time.Minute; now += 10 * ms {
		if c.Next() <= now {
			for _, o := range c.Advance(now, 9) {
				if o.To == "n1" {
					got += o.Message.Entries()
				}
			}
		}
	}
	require.NotZero(t, got, "a permit is free, and nobody speaks")
}

// Under eager rounds, and under locked ones while there is no slot
// (or the period is below minPeriod), a refused permit plans the next try for
// now: Next never lies in the future, and a caller that does what Next says
// spins.
func TestRefusedPermitIsNotAskedForAgainAtOnce(t *testing.T) {
	for name, change := range map[string]func(*gossip.Config){
		"eager":                 func(cfg *gossip.Config) { cfg.Rounds = gossip.Eager },
		"locked without a slot": func(cfg *gossip.Config) { cfg.Rounds, cfg.Neighbours[0].Role = gossip.Locked, gossip.Parent },
		"locked, short period":  func(cfg *gossip.Config) { cfg.Rounds, cfg.Period = gossip.Locked, 10*ms },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPermits(0)
			c := gossip.NewTestCore(t, func(cfg *gossip.Config) { cfg.Permits = p; change(cfg) })
			learn(c, 0, 1)
			for now := time.Duration(0); now < time.Second; now += ms {
				for n := 0; c.Next() <= now; n++ {
					require.Less(t, n, 10, "at %v", now)
					require.Empty(t, c.Advance(now, 9))
				}
			}
			require.LessOrEqual(t, p.asks, 110)
			p.left = 1
			require.NotEmpty(t, gossip.Spoken(c, 3*time.Second), "but it is asked for again")
		})
	}
}

// Under locked rounds what an inner node learns from anybody but its
// parent moves to its children with the parent's flush, or after what it
// sends upwards itself. Where the parent has shown by its digest that it holds
// the entry, and takes us for a guest (another fan-out), neither comes, and
// the entry stays here.
func TestEntryFromAGuestReachesTheChildrenThoughTheParentHoldsIt(t *testing.T) {
	c := gossip.NewTestCore(t, func(cfg *gossip.Config) {
		cfg.Rounds, cfg.Depth, cfg.Height = gossip.Locked, 1, 1
		cfg.Neighbours = []gossip.Neighbour{{Name: "n0", Role: gossip.Parent}, {Name: "n1"}}
	})
	hello := batchOf(1, 0)
	hello.Probe, hello.Digest = true, &gossip.DigestPart{Exchange: 1, Parts: 1, Lines: []gossip.DigestLine{{theirs, gossip.Spans{{1, 1}}}}}
	receive(c, 0, "n0", hello)
	receive(c, 10*ms, "n9", batchOf(1, 1, "a"))
	got := 0
	for now := 10 * ms; now < time.Minute; now += 10 * ms {
		if c.Next() <= now {
			for _, o := range c.Advance(now, 9) {
				if o.To == "n1" {
					got += o.Message.Entries()
				} else if b := o.Message.Batch; b != 0 {
					receive(c, now, o.To, ackOf(b))
				}
			}
		}
	}
	require.NotZero(t, got)
}

func TestMalformedMessageIsCountedAndLeavesNoTrace(t *testing.T) {
	c := gossip.NewTestCore(t, nil)
	_, ok := c.Receive(0, "n1", &gossip.Message{Incarnation: 7, Batch: 1, Runs: []gossip.Run{{Origin: gossip.OriginOf(1), First: 0, Values: []string{"x"}}}})
	require.False(t, ok)
	require.ErrorContains(t, c.Refused(), "counter")
	require.Equal(t, uint64(1), c.Stats().Malformed)
	require.Zero(t, c.Stats().MessagesIn)
	require.Equal(t, gossip.Never, c.Next())
	_, ok = c.Receive(0, "n9", &gossip.Message{})
	require.False(t, ok)
	require.Equal(t, 1, c.LinkCount(), "a stranger's nonsense makes no link")
	require.Error(t, c.Refused())
	receive(c, 0, "n1", &gossip.Message{Incarnation: 7})
	require.NoError(t, c.Refused())
}
