package gossip_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

func TestSwapsGrowRareWhileTheyBringNothing(t *testing.T) {
	c := treeCore(t, 25, 24, "n9")
	learn(c, 0, 1)
	// n1 to n8 are dead with the root; all others answer, with what they hold.
	dead := map[string]bool{"n0": true, "n1": true, "n2": true, "n3": true, "n4": true, "n5": true, "n6": true, "n7": true, "n8": true}
	var swaps []time.Duration
	batch := uint64(0)
	for now := time.Duration(0); now < 2*time.Minute; now += 10 * ms {
		for c.Next() <= now {
			for _, o := range c.Advance(now, 9) {
				if o.Message.Relation.Swaps() {
					swaps = append(swaps, now)
				}
				if b := o.Message.Batch; b != 0 && !dead[o.To] {
					batch++
					c.Receive(now, o.To, &gossip.Message{
						Incarnation: peerEpoch, For: ourEpoch, Acks: []gossip.Span{{b, b}},
						Digest: &gossip.DigestPart{Exchange: batch, Parts: 1, Lines: []gossip.DigestLine{{mine, gossip.Spans{{1, 1}}}}},
					})
				}
			}
		}
	}
	require.Greater(t, len(swaps), 10)
	require.Less(t, len(swaps), 40)
	require.Less(t, swaps[0], 5*time.Second)
	require.GreaterOrEqual(t, swaps[len(swaps)-1]-swaps[len(swaps)-2], gossip.MinSync)
}

// A node that is cut off from its parent looks for somebody who hears both
// sides, and most of those it asks do not answer. Soon after a suspicion it asks
// the next one as soon as an answer could have come. Who has answered is given
// its time.
func TestSoonAfterASuspicionSilentPartnersAreNotWaitedFor(t *testing.T) {
	const seeds, tick = 50, 10 * ms
	var search time.Duration // from the first swap to the first that is answered
	rushed := 0              // gaps after partners that did not answer
	for seed := range uint64(seeds) {
		c := treeCore(t, 25, 24, "n9", func(cfg *gossip.Config) { cfg.Seed = seed })
		learn(c, 0, 1)
		answers := func(name string) bool { return name == "n16" }
		suspicions, suspected := uint64(0), gossip.Never // how many, and when the newest was
		first, begun := gossip.Never, gossip.Never       // the first swap, and the newest
		answered, found := false, false
		for now := time.Duration(0); now < 20*time.Second; now += tick {
			toldBy(c, now, now, answers)
			if at, partner := c.Swap(); now > 0 && at == now {
				switch gap := now - begun; {
				case begun == gossip.Never:
					first = now
				case answered:
					require.GreaterOrEqual(t, gap, time.Second, "seed %d, at %v", seed, now)
				case now < suspected+6*time.Second:
					rushed++
					require.LessOrEqual(t, gap, 350*ms+tick, "seed %d, at %v", seed, now)
				}
				begun, answered = now, partner != "" && answers(partner)
				if answered && !found {
					found = true
					search += now - first
				}
			}
			if n := c.Stats().Suspicions; n > suspicions {
				suspicions, suspected = n, now
			}
		}
		require.True(t, found, "seed %d", seed)
	}
	require.Greater(t, rushed, 5*seeds)
	require.Less(t, search/seeds, 2*time.Second)
}

// The partner of a root that is none in the tree gets what it lacks at once, if
// it is not in the root's own tree; any other only what should have been
// everywhere for long.
func TestRootWithoutItsHomeSwapsAllThatItHolds(t *testing.T) {
	for name, is := range map[string]struct{ alone, ours, all bool }{
		"another tree's": {alone: true, all: true},
		"our tree's":     {alone: true, ours: true},
		"not a root":     {},
	} {
		c := treeCore(t, 25, 24, "n9", func(cfg *gossip.Config) { cfg.Rounds = gossip.Locked })
		learn(c, 0, 1)
		// The root is dead, and so are n1 to n8, or n1 takes its place.
		answers := func(name string) bool {
			i, _ := c.Settings().Tree.Index(name)
			return i > 9 || i == 1 && !is.alone
		}
		var asked *gossip.Message
		now := time.Duration(0)
		for ; asked == nil; now += 10 * ms {
			require.Less(t, now, time.Minute)
			learn(c, now, 1)
			for to, said := range toldBy(c, now, now, answers) {
				if answers(to) && said[0].Relation.Swaps() && now > 10*time.Second {
					asked = said[0]
				}
			}
		}
		_, partner := c.Swap()
		require.Equal(t, is.alone, c.IsLonely())
		require.Equal(t, map[bool]gossip.Relation{true: gossip.SyncingAll, false: gossip.Syncing}[is.alone], asked.Relation)
		answer := &gossip.Message{Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Root: peerEpoch, Digest: &gossip.DigestPart{Exchange: 1, Parts: 1}}
		if is.ours {
			answer.Root = asked.Root
		}
		c.Receive(now, partner, answer)
		sent := 0
		for _, m := range toldBy(c, now, now+ms, answers)[partner] {
			sent += m.Entries()
		}
		if is.all {
			require.Equal(t, c.Known(), sent, name)
		} else {
			require.Less(t, sent, c.Known()-50, name)
			require.Greater(t, sent, 100, name)
		}
	}
}

func TestWhoIsAskedToJoinTreesGivesAllThatItHolds(t *testing.T) {
	for name, is := range map[string]struct {
		tie  gossip.Relation
		root uint64
		all  bool
	}{
		"another tree's":        {gossip.SyncingAll, peerEpoch, true},
		"of an unknown tree":    {gossip.SyncingAll, 0, true},
		"of our tree":           {gossip.SyncingAll, ourEpoch, false},
		"no root, another tree": {gossip.Syncing, peerEpoch, false},
	} {
		c := treeCore(t, 25, 5, "n0", func(cfg *gossip.Config) { cfg.Rounds = gossip.Locked })
		now := 10 * time.Second
		for at := time.Duration(0); at < now; at += 10 * ms {
			learn(c, at, 1)
			toldBy(c, at, at, func(string) bool { return true })
		}
		c.Receive(now, "n9", &gossip.Message{
			Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Relation: is.tie, Root: is.root, Digest: &gossip.DigestPart{Exchange: 1, Parts: 1},
		})
		sent := 0
		for _, m := range toldBy(c, now, now+10*ms, nobody)["n9"] {
			sent += m.Entries()
		}
		require.Equal(t, is.all, sent == c.Known(), "%s: %d of %d", name, sent, c.Known())
		require.Greater(t, sent, 100, name)
	}
}

func TestAPartnerThatHasBecomeAChildIsOwedEverything(t *testing.T) {
	c := treeCore(t, 25, 5, "n0", func(cfg *gossip.Config) { cfg.Rounds = gossip.Locked })
	now := 10 * time.Second
	for at := time.Duration(0); at < now; at += 10 * ms {
		learn(c, at, 1)
		toldBy(c, at, at, func(string) bool { return true })
	}
	c.SetPartner("n9")
	c.Receive(now, "n9", &gossip.Message{
		Incarnation: peerEpoch, For: ourEpoch, Batch: 1, Relation: gossip.Attached, Root: ourEpoch, Digest: &gossip.DigestPart{Exchange: 1, Parts: 1},
	})
	sent := 0
	for _, m := range toldBy(c, now, now+10*ms, nobody)["n9"] {
		sent += m.Entries()
	}
	require.Equal(t, c.Known(), sent)
}

// There is always something that is on its way to it.
func TestRootWithoutItsHomeSwapsNoMoreOftenThanItHasRounds(t *testing.T) {
	for _, period := range []time.Duration{400 * ms, 5 * time.Second} {
		c := treeCore(t, 25, 24, "n9", func(cfg *gossip.Config) { cfg.Rounds, cfg.Period = gossip.Locked, period })
		learn(c, 0, 1)
		answers := func(name string) bool {
			i, _ := c.Settings().Tree.Index(name)
			return i > 9
		}
		const from, to = 20 * time.Second, 80 * time.Second
		swaps, batch := 0, uint64(0)
		for now := time.Duration(0); now < to; now += 10 * ms {
			begun, _ := c.Swap()
			toldBy(c, now, now, answers)
			if at, partner := c.Swap(); at > begun && partner != "" && answers(partner) {
				batch++
				c.Receive(now, partner, batchOf(batch, batch, "7"))
				if now >= from {
					swaps++
				}
			}
		}
		require.True(t, c.IsLonely())
		often := max(gossip.UsefulSync, period)
		require.LessOrEqual(t, swaps, int((to-from)/often)+1, "period %v", period)
		require.Greater(t, swaps, int((to-from)/often)/2, "period %v", period)
	}
}

func TestHeldSinceIsNeverTooMuch(t *testing.T) {
	c := treeCore(t, 3, 2, "n0")
	grew := []time.Duration{}
	for at := time.Duration(0); at < 20*time.Second; at += 70 * ms {
		learn(c, at, 1)
		grew = append(grew, at)
		for age := time.Duration(0); age < 3*time.Second; age += 130 * ms {
			held := 0
			for _, g := range grew {
				if g <= at-age {
					held++
				}
			}
			require.LessOrEqual(t, c.HeldSince(at-age), held, "at %v, %v ago", at, age)
		}
	}
	require.Equal(t, len(grew), c.HeldSince(30*time.Second), "what has not grown is old")
	require.Greater(t, c.HeldSince(20*time.Second-c.Overdue()), 0)
}
