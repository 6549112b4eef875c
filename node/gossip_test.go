package node

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// spread has so many values broadcast, each at a random node, over a time.
func (c *cluster) spread(seed uint64, count int, over time.Duration) (values []string) {
	random := rand.New(rand.NewPCG(seed, 7))
	start := c.now
	for i := range count {
		c.run(start + over*time.Duration(i)/time.Duration(count))
		values = append(values, fmt.Sprint(1000+i))
		c.client(broadcastLine(c.names[random.IntN(len(c.names))], i, values[i]))
	}
	return values
}

func TestWhatOneNodeIsToldEveryNodeKnows(t *testing.T) {
	for count := range 18 {
		rounds := gossip.Rounds(count / 6)
		count %= 6
		t.Run(fmt.Sprintf("%d nodes, rounds %d", count+1, rounds), func(t *testing.T) {
			c := newCluster(t, count+1, func(cfg *Config) { cfg.Rounds = rounds })
			values := c.spread(uint64(count), 60, 3*time.Second)
			c.run(c.now + 5*time.Second)
			c.requireValues(values...)
			c.requireQuiet()
			for _, name := range c.names {
				for _, f := range c.rigs[name].counters.figures() {
					require.Zero(t, f.count, "%s of %s: a healthy run", f.name, name)
				}
				require.Zero(t, c.rigs[name].intakeBytes.used.Load())
				require.Zero(t, c.rigs[name].gossipBytes.used.Load())
				require.Zero(t, c.rigs[name].outbox.gossip.used.Load())
			}
		})
	}
}

func TestNothingIsSentBeforeTheFirstRequest(t *testing.T) {
	c := newCluster(t, 5)
	c.run(time.Hour)
	require.Empty(t, c.between)
	require.Len(t, c.said, 5, "init_ok")

	c.client(readLine("n0", 1))
	c.client(say("c1", "n1", `{"type":"topology","topology":{},"msg_id":1}`))
	c.run(2 * time.Hour)
	require.Empty(t, c.between, "these give nothing to tell")

	c.client(broadcastLine("n3", 1, "7"))
	c.run(c.now + time.Second)
	require.NotEmpty(t, c.between)
	require.Equal(t, "n3", c.between[0].from)
	c.requireValues("7")
}

func TestARestartedNodeGreetsASecondAfterItsInit(t *testing.T) {
	c := newCluster(t, 3)
	values := c.spread(1, 10, time.Second)
	c.run(10 * time.Second)
	sent := len(c.between)
	c.boot(0, 500) // the root, blank; nobody is told
	restarted := c.now
	c.run(restarted + time.Second - 1)
	require.Len(t, c.between, sent)
	c.run(restarted + time.Second)
	require.Len(t, c.between, sent+2)
	require.True(t, gossipOf(t, c.between[sent].line).Want, "it asks both children what they hold")
	c.run(restarted + 5*time.Second)
	c.requireValues(values...)
	c.requireQuiet()
}

func TestABlankNodeLearnsEverythingAgainAsSoonAsAPeerSpeaks(t *testing.T) {
	for i := range 5 {
		c := newCluster(t, 5)
		values := c.spread(uint64(i), 50, 2*time.Second)
		c.run(5 * time.Second)
		c.boot(i, 500)
		c.client(broadcastLine(c.names[(i+1)%5], 1, "1"))
		c.run(c.now + 10*time.Second)
		c.requireValues(append(values, "1")...)
		c.requireQuiet()
	}
}

func TestACrashOfGossipIsANewLifeThatLosesNothing(t *testing.T) {
	for i := range 5 {
		c := newCluster(t, 5)
		before := c.spread(uint64(i), 20, time.Second)
		g := c.rigs[c.names[i]].gossiper
		g.restart(c.now) // what the supervisor has it do, in the middle of everything
		c.run(c.now + 500*time.Millisecond)
		for n, value := range []string{"1", "2", "3", "4", "5"} {
			c.client(broadcastLine(c.names[n], 1, value))
			before = append(before, value)
		}
		c.run(c.now + 10*time.Second)
		c.requireValues(before...)
		c.requireQuiet()

		epochs := map[uint64]bool{}
		for _, p := range c.between {
			if p.from == c.names[i] {
				epochs[gossipOf(t, p.line).Incarnation] = true
			}
		}
		require.Len(t, epochs, 2, "each life has an epoch")
	}
}

func TestARestartBeforeInitIsNone(t *testing.T) {
	r := newRig(t)
	r.gossiper.restart(0)
	require.False(t, r.gossiper.service.Begun())
	require.Equal(t, gossip.Never, r.gossiper.next(0))
	require.False(t, r.gossiper.step(0))
}

func TestADeltaThatFindsNoRoomComesAgain(t *testing.T) {
	c := newCluster(t, 2, tiny)
	busy := c.rigs["n1"]
	for i := range 4 { // the intake is full, and the store does not get on
		busy.admit(c.now, readLine("n1", i))
	}
	c.rigs["n0"].admit(c.now, broadcastLine("n0", 1, "7"))
	c.send(c.rigs["n0"].settle(c.now))
	for c.now < 3*time.Second { // all but n1's record
		c.now += 10 * time.Millisecond
		for len(c.way) > 0 && c.way[0].at <= c.now {
			c.rigs[c.way[0].to].admit(c.now, c.way[0].line)
			c.way = c.way[1:]
		}
		c.send(c.rigs["n0"].settle(c.now))
		for busy.gossiper.step(c.now) {
		}
		c.send(busy.write(c.now))
	}
	require.Greater(t, busy.counters.droppedDeliveries.Load(), uint64(1), "tried, and tried again")
	require.Zero(t, busy.state.log.Len())
	for _, p := range c.between {
		require.False(t, p.from == "n1" && len(gossipOf(t, p.line).Acks) > 0, "what is not stored is not acked")
	}
	c.settle() // the store gets on
	c.run(c.now + 5*time.Second)
	c.requireValues("7")
	require.Zero(t, busy.intakeBytes.used.Load())
	c.requireQuiet()
}

func TestADeltaThatHasNoRoomInBytesComesAgain(t *testing.T) {
	c := newCluster(t, 2)
	r := c.rigs["n1"]
	r.intakeBytes.take(int(r.intakeBytes.limit))
	c.client(broadcastLine("n0", 1, "7"))
	c.run(time.Second)
	require.NotZero(t, r.counters.droppedDeliveries.Load())
	r.intakeBytes.put(int(r.intakeBytes.limit))
	c.run(10 * time.Second)
	c.requireValues("7")
	require.Zero(t, r.intakeBytes.used.Load())
}

func TestMailThatFindsNoRoomComesAgain(t *testing.T) {
	c := newCluster(t, 2)
	c.rigs["n1"].gossipBytes.take(int(c.rigs["n1"].gossipBytes.limit))
	c.client(broadcastLine("n0", 1, "7"))
	c.run(time.Second)
	require.NotZero(t, c.rigs["n1"].counters.droppedPeerMsgs.Load())
	c.rigs["n1"].gossipBytes.put(int(c.rigs["n1"].gossipBytes.limit))
	c.run(10 * time.Second)
	c.requireValues("7")
	c.requireQuiet()
}

func TestGossipWaitsForRoomInTheOutput(t *testing.T) {
	c := newCluster(t, 2, tiny)
	r := c.rigs["n0"]
	for range r.outputQueue.Preferred() {
		r.outbox.offer(0, outgoing{kind: replyBody, to: replyTo{client: "c1"}, body: []byte(`{}`)})
	}
	r.admit(0, broadcastLine("n0", 1, "7"))
	r.work(0)
	now := 150 * time.Millisecond // past the end of the period
	r.work(now)
	require.Zero(t, r.outbox.gossip.used.Load())
	require.Equal(t, now+roomPoll, r.gossiper.next(now))

	c.now = now + roomPoll
	c.send(r.write(c.now))
	c.settle()
	c.run(c.now + 5*time.Second)
	c.requireValues("7")
	require.Zero(t, r.counters.droppedGossip.Load())
}

func TestACutIsRepairedOnceItIsOver(t *testing.T) {
	c := newCluster(t, 5)
	c.drop = func(from, to string) bool { return c.now < 5*time.Second && (from == "n1") != (to == "n1") }
	values := c.spread(9, 40, 4*time.Second)
	c.run(20 * time.Second)
	c.requireValues(values...)
	c.requireQuiet()
}

func TestEveryLineOfAClusterFitsAndFlowsAlongTheTree(t *testing.T) {
	c := newCluster(t, 5)
	var values []string
	for i := range 40 { // 200 KB at once
		values = append(values, `"`+strings.Repeat(string(rune('a'+i%26)), 5000)+fmt.Sprint(i)+`"`)
		c.rigs["n4"].admit(0, broadcastLine("n4", i, values[i]))
	}
	c.settle()
	c.run(10 * time.Second)
	c.requireValues(values...)
	neighbours := map[string]bool{"n0n1": true, "n0n2": true, "n1n3": true, "n1n4": true}
	for _, p := range c.between {
		require.LessOrEqual(t, len(p.line), gossip.MaxLineBytes)
		require.True(t, neighbours[min(p.from, p.to)+max(p.from, p.to)], "%s to %s", p.from, p.to)
	}
}

func TestWithoutAPermitNewsWaitsAndMerges(t *testing.T) {
	c := newCluster(t, 2)
	r := c.rigs["n0"]
	require.True(t, r.gossiper.service.Permits().Acquire(0, "somebody else"))
	c.client(broadcastLine("n0", 1, "1"))
	c.run(time.Second)
	c.client(broadcastLine("n0", 2, "2"))
	c.run(2 * time.Second)
	require.Empty(t, c.between)
	r.gossiper.service.Permits().Release(c.now, "somebody else")
	c.run(3 * time.Second)
	require.Equal(t, 2, gossipOf(t, c.between[0].line).Entries())
	c.run(10 * time.Second)
	c.requireValues("1", "2")
	h, _ := r.askHealth(c.now)
	require.NotZero(t, h.Permits.Refused)
}

func TestAnUnhealthyNodeLosesItsPermits(t *testing.T) {
	c := newCluster(t, 3, tiny)
	r := c.rigs["n0"]
	r.admit(0, readLine("n0", 1), readLine("n0", 2), readLine("n0", 3))
	for now := 100 * time.Millisecond; now <= 3*time.Second; now += 100 * time.Millisecond {
		r.Poll(now)
		r.gossiper.step(now)
	}
	require.Equal(t, 2, r.gossiper.service.Permits().Figures(3*time.Second).Revoked)
	require.Zero(t, r.gossiper.service.Permits().Figures(3*time.Second).Available)
}

func TestGossiper_tellsOfEveryMessageThatItDoesNotUse(t *testing.T) {
	r := startedRig(t, ids(2))
	for _, fields := range []string{
		`"e":0`, `"e":5000000000000000000`, `"e":1,"f":5000000000000000000`, `"e":1,"a":[[3,1]]`, `"e":1,"j":9`, `"e":1,"x":[1,36000000000]`,
		`"e":1,"runs":[{"o":"n1","l":"x","c":0,"v":[1]}]`, `"e":1,"runs":[{"o":"n1","l":"x","c":1}]`,
		`"e":1,"vec":{"x":1,"i":0,"n":0}`, `"e":1,"vec":{"x":1,"n":1,"h":[{"o":"n1","l":"x","s":[[0,1]]}]}`,
	} {
		before := r.figures(time.Second).Gossip.Malformed
		r.logs.Reset()
		r.admit(time.Second, say("n1", "n0", `{"type":"gossip",`+fields+`}`))
		r.settle(time.Second)
		require.Equal(t, before+1, r.figures(time.Second).Gossip.Malformed, fields)
		require.Contains(t, r.logs.String(), "a peer's message makes no sense", fields)
		require.Contains(t, r.logs.String(), "from=n1", fields)
	}
	r.logs.Reset()
	for i := range 1000 {
		r.admit(2*time.Second, say("n1", "n0", `{"type":"gossip","e":0}`))
		r.settle(2*time.Second + time.Duration(i))
	}
	require.Less(t, strings.Count(r.logs.String(), "\n"), 40, "but not line by line")
}

// Whatever a peer sends is used, or counted and told: nothing is dropped in silence.
func TestGossiper_usesOrCountsAndTellsOfWhateverAPeerSends(t *testing.T) {
	const body = `{"type":"gossip","e":7,"f":0,"b":1,"re":true,"runs":[{"o":"n1","l":"k2x","c":5,"v":[17,"a"]},{"o":"n0","l":"own","c":1,"v":[1]}],` +
		`"p":true,"w":true,"a":[[3,5],[7,7]],"x":[7,1500,200],"q":7,"r":9,"t":470000,"d":210000,"g":2,"j":4,"z":["n1"],` +
		`"vec":{"x":1,"i":0,"n":1,"h":[{"o":"n1","l":"k2x","s":[[1,9]]}]}}`
	// refuses sends a body and reports whether it is not used.
	refuses := func(t rapid.TB, text string) bool {
		r := startedRig(t, ids(2))
		line := say("n1", "n0", text)
		if !json.Valid([]byte(line)) {
			return true // the reader counts and tells
		}
		counts := func() (used, unused uint64) {
			f := r.figures(time.Second)
			unused = f.Gossip.Malformed
			for _, c := range r.counters.figures() {
				unused += c.count
			}
			return f.Gossip.MessagesIn, unused
		}
		used, unused := counts()
		r.logs.Reset()
		r.admit(time.Second, line)
		r.settle(time.Second)
		usedNow, unusedNow := counts()
		require.Equal(t, used+unused+1, usedNow+unusedNow, line)
		if unusedNow > unused {
			require.Contains(t, r.logs.String(), "level=WARN", line)
		}
		return unusedNow > unused
	}
	require.False(t, refuses(t, body))
	require.True(t, refuses(t, strings.Replace(body, `"e":7`, `"e":0`, 1)))
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(body)
		for range rapid.IntRange(0, 3).Draw(rt, "breaks") {
			at := rapid.IntRange(len(`{"type":"gossip",`), len(text)-1).Draw(rt, "at")
			text[at] = rapid.SampledFrom([]byte(`"\{}[],:-.0919eE nt`)).Draw(rt, "byte")
		}
		refuses(rt, string(text))
	})
}
