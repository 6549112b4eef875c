package node_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// What one node is told every node knows.
func TestGossip_reachesEveryNode(t *testing.T) {
	for count := range 18 {
		rounds := gossip.Rounds(count / 6)
		count %= 6
		t.Run(fmt.Sprintf("%d nodes, rounds %d", count+1, rounds), func(t *testing.T) {
			c := node.NewCluster(t, count+1, func(cfg *node.Config) { cfg.Rounds = rounds })
			values := c.Spread(uint64(count), 60, 3*time.Second)
			c.Run(c.Now + 5*time.Second)
			c.RequireValues(values...)
			c.RequireQuiet()
			for _, name := range c.Names {
				for counter, count := range c.Rigs[name].Counters() {
					require.Zero(t, count, "%s of %s: a healthy run", counter, name)
				}
				require.Zero(t, c.Rigs[name].BytesInUse())
			}
		})
	}
}

// Nothing is sent before the first request.
func TestGossip_isSilentBeforeTheFirstRequest(t *testing.T) {
	c := node.NewCluster(t, 5)
	c.Run(time.Hour)
	require.Empty(t, c.Between)
	require.Len(t, c.Said, 5, "init_ok")

	c.Client(node.ReadLine("n0", 1))
	c.Client(node.Say("c1", "n1", `{"type":"topology","topology":{},"msg_id":1}`))
	c.Run(2 * time.Hour)
	require.Empty(t, c.Between, "these give nothing to tell")

	c.Client(node.BroadcastLine("n3", 1, "7"))
	c.Run(c.Now + time.Second)
	require.NotEmpty(t, c.Between)
	require.Equal(t, "n3", c.Between[0].From)
	c.RequireValues("7")
}

// A restarted node greets a second after its init.
func TestGossip_restartGreetsAfterASecond(t *testing.T) {
	c := node.NewCluster(t, 3)
	values := c.Spread(1, 10, time.Second)
	c.Run(10 * time.Second)
	sent := len(c.Between)
	c.Boot(0, 500) // the root, blank; nobody is told
	restarted := c.Now
	c.Run(restarted + time.Second - 1)
	require.Len(t, c.Between, sent)
	c.Run(restarted + time.Second)
	require.Len(t, c.Between, sent+2)
	require.True(t, node.GossipOf(t, c.Between[sent].Line).Want, "it asks both children what they hold")
	c.Run(restarted + 5*time.Second)
	c.RequireValues(values...)
	c.RequireQuiet()
}

// A blank node learns everything again as soon as a peer speaks.
func TestGossip_blankNodeLearnsEverythingAgain(t *testing.T) {
	for i := range 5 {
		c := node.NewCluster(t, 5)
		values := c.Spread(uint64(i), 50, 2*time.Second)
		c.Run(5 * time.Second)
		c.Boot(i, 500)
		c.Client(node.BroadcastLine(c.Names[(i+1)%5], 1, "1"))
		c.Run(c.Now + 10*time.Second)
		c.RequireValues(append(values, "1")...)
		c.RequireQuiet()
	}
}

// A crash of gossip is a new incarnation that loses nothing.
func TestGossip_crashIsANewIncarnation(t *testing.T) {
	for i := range 5 {
		c := node.NewCluster(t, 5)
		before := c.Spread(uint64(i), 20, time.Second)
		c.Rigs[c.Names[i]].RestartGossip(c.Now) // what the supervisor has it do, in the middle of everything
		c.Run(c.Now + 500*time.Millisecond)
		for n, value := range []string{"1", "2", "3", "4", "5"} {
			c.Client(node.BroadcastLine(c.Names[n], 1, value))
			before = append(before, value)
		}
		c.Run(c.Now + 10*time.Second)
		c.RequireValues(before...)
		c.RequireQuiet()

		epochs := map[uint64]bool{}
		for _, p := range c.Between {
			if p.From == c.Names[i] {
				epochs[node.GossipOf(t, p.Line).Incarnation] = true
			}
		}
		require.Len(t, epochs, 2, "each life has an epoch")
	}
}

// A restart before init is none.
func TestGossip_crashBeforeInitDoesNothing(t *testing.T) {
	r := node.NewRig(t)
	r.RestartGossip(0)
	require.Equal(t, gossip.Never, r.GossipNext(0))
	require.False(t, r.StepGossip(0))
}

// A delta that finds no room comes again.
func TestGossip_fullIntakeIsTriedAgain(t *testing.T) {
	c := node.NewCluster(t, 2, node.Tiny)
	busy := c.Rigs["n1"]
	for i := range 4 { // the intake is full, and the store does not get on
		busy.AdmitLines(c.Now, node.ReadLine("n1", i))
	}
	c.Rigs["n0"].AdmitLines(c.Now, node.BroadcastLine("n0", 1, "7"))
	c.Send(c.Rigs["n0"].Settle(c.Now))
	for c.Now < 3*time.Second { // all but n1's record
		c.Now += 10 * time.Millisecond
		for len(c.Way) > 0 && c.Way[0].At <= c.Now {
			c.Rigs[c.Way[0].To].AdmitLines(c.Now, c.Way[0].Line)
			c.Way = c.Way[1:]
		}
		c.Send(c.Rigs["n0"].Settle(c.Now))
		for busy.StepGossip(c.Now) {
		}
		c.Send(busy.Write(c.Now))
	}
	require.Greater(t, busy.Counter("dropped_stores"), uint64(1), "tried, and tried again")
	require.Zero(t, busy.Entries())
	for _, p := range c.Between {
		require.False(t, p.From == "n1" && len(node.GossipOf(t, p.Line).Acks) > 0, "what is not stored is not acked")
	}
	c.Settle() // the store gets on
	c.Run(c.Now + 5*time.Second)
	c.RequireValues("7")
	require.Zero(t, busy.BytesInUse())
	c.RequireQuiet()
}

// A delta that has no room in bytes comes again.
func TestGossip_fullByteBudgetIsTriedAgain(t *testing.T) {
	c := node.NewCluster(t, 2)
	r := c.Rigs["n1"]
	giveBack := r.UseUpBytes("intake")
	c.Client(node.BroadcastLine("n0", 1, "7"))
	c.Run(time.Second)
	require.NotZero(t, r.Counter("dropped_stores"))
	giveBack()
	c.Run(10 * time.Second)
	c.RequireValues("7")
	require.Zero(t, r.BytesInUse())
}

// Peers' messages that finds no room comes again.
func TestGossip_fullQueueIsTriedAgain(t *testing.T) {
	c := node.NewCluster(t, 2)
	giveBack := c.Rigs["n1"].UseUpBytes("gossip")
	c.Client(node.BroadcastLine("n0", 1, "7"))
	c.Run(time.Second)
	require.NotZero(t, c.Rigs["n1"].Counter("dropped_mail"))
	giveBack()
	c.Run(10 * time.Second)
	c.RequireValues("7")
	c.RequireQuiet()
}

// Gossip waits for room in the output.
func TestGossip_waitsForRoomInTheOutput(t *testing.T) {
	c := node.NewCluster(t, 2, node.Tiny)
	r := c.Rigs["n0"]
	for range r.Queue("output").Preferred {
		r.Reply(0, "c1", []byte(`{}`))
	}
	r.AdmitLines(0, node.BroadcastLine("n0", 1, "7"))
	r.Work(0)
	now := 150 * time.Millisecond // past the end of the period
	r.Work(now)
	require.Zero(t, r.GossipFigures(now).Gossip.MessagesOut)
	require.Equal(t, now+node.RoomPoll, r.GossipNext(now))

	c.Now = now + node.RoomPoll
	c.Send(r.Write(c.Now))
	c.Settle()
	c.Run(c.Now + 5*time.Second)
	c.RequireValues("7")
	require.Zero(t, r.Counter("dropped_gossip"))
}

// A cut is repaired once it is over.
func TestGossip_repairsACut(t *testing.T) {
	c := node.NewCluster(t, 5)
	c.Drop = func(from, to string) bool { return c.Now < 5*time.Second && (from == "n1") != (to == "n1") }
	values := c.Spread(9, 40, 4*time.Second)
	c.Run(20 * time.Second)
	c.RequireValues(values...)
	c.RequireQuiet()
}

// Every line of a cluster fits and flows along the tree.
func TestGossip_linesFollowTheTree(t *testing.T) {
	c := node.NewCluster(t, 5)
	var values []string
	for i := range 40 { // 200 KB at once
		values = append(values, `"`+strings.Repeat(string(rune('a'+i%26)), 5000)+fmt.Sprint(i)+`"`)
		c.Rigs["n4"].AdmitLines(0, node.BroadcastLine("n4", i, values[i]))
	}
	c.Settle()
	c.Run(10 * time.Second)
	c.RequireValues(values...)
	neighbours := map[string]bool{"n0n1": true, "n0n2": true, "n1n3": true, "n1n4": true}
	for _, p := range c.Between {
		require.LessOrEqual(t, len(p.Line), gossip.MaxLineBytes)
		require.True(t, neighbours[min(p.From, p.To)+max(p.From, p.To)], "%s to %s", p.From, p.To)
	}
}

// Without a permit news waits and merges.
func TestGossip_withoutPermitNewsMerges(t *testing.T) {
	c := node.NewCluster(t, 2)
	r := c.Rigs["n0"]
	require.True(t, r.Permits().Acquire(0, "somebody else"))
	c.Client(node.BroadcastLine("n0", 1, "1"))
	c.Run(time.Second)
	c.Client(node.BroadcastLine("n0", 2, "2"))
	c.Run(2 * time.Second)
	require.Empty(t, c.Between)
	r.Permits().Release(c.Now, "somebody else")
	c.Run(3 * time.Second)
	require.Equal(t, 2, node.GossipOf(t, c.Between[0].Line).Entries())
	c.Run(10 * time.Second)
	c.RequireValues("1", "2")
	require.NotZero(t, r.Permits().Figures(c.Now).Refused)
}

// An unhealthy node loses its permits.
func TestGossip_unhealthyNodeLosesPermits(t *testing.T) {
	c := node.NewCluster(t, 3, node.Tiny)
	r := c.Rigs["n0"]
	r.AdmitLines(0, node.ReadLine("n0", 1), node.ReadLine("n0", 2), node.ReadLine("n0", 3))
	for now := 100 * time.Millisecond; now <= 3*time.Second; now += 100 * time.Millisecond {
		r.Poll(now)
		r.StepGossip(now)
	}
	require.Equal(t, 2, r.Permits().Figures(3*time.Second).Revoked)
	require.Zero(t, r.Permits().Figures(3*time.Second).Available)
}

func TestGossiper_tellsOfEveryMessageThatItDoesNotUse(t *testing.T) {
	r := node.StartedRig(t, node.IDs(2))
	for _, fields := range []string{
		`"e":0`, `"e":5000000000000000000`, `"e":1,"f":5000000000000000000`, `"e":1,"a":[[3,1]]`, `"e":1,"j":9`, `"e":1,"x":[1,36000000000]`,
		`"e":1,"runs":[{"o":"n1","l":"x","c":0,"v":[1]}]`, `"e":1,"runs":[{"o":"n1","l":"x","c":1}]`,
		`"e":1,"vec":{"x":1,"i":0,"n":0}`, `"e":1,"vec":{"x":1,"n":1,"h":[{"o":"n1","l":"x","s":[[0,1]]}]}`,
	} {
		before := r.GossipFigures(time.Second).Gossip.Malformed
		r.Logs.Reset()
		r.AdmitLines(time.Second, node.Say("n1", "n0", `{"type":"gossip",`+fields+`}`))
		r.Settle(time.Second)
		require.Equal(t, before+1, r.GossipFigures(time.Second).Gossip.Malformed, fields)
		require.Contains(t, r.Logs.String(), "a peer's message makes no sense", fields)
		require.Contains(t, r.Logs.String(), "from=n1", fields)
	}
	r.Logs.Reset()
	for i := range 1000 {
		r.AdmitLines(2*time.Second, node.Say("n1", "n0", `{"type":"gossip","e":0}`))
		r.Settle(2*time.Second + time.Duration(i))
	}
	require.Less(t, strings.Count(r.Logs.String(), "\n"), 40, "but not line by line")
}

// Whatever a peer sends is used, or counted and told: nothing is dropped in silence.
func TestGossiper_usesOrCountsAndTellsOfWhateverAPeerSends(t *testing.T) {
	const body = `{"type":"gossip","e":7,"f":0,"b":1,"re":true,"runs":[{"o":"n1","l":"k2x","c":5,"v":[17,"a"]},{"o":"n0","l":"own","c":1,"v":[1]}],` +
		`"p":true,"w":true,"a":[[3,5],[7,7]],"x":[7,1500,200],"q":7,"r":9,"t":470000,"d":210000,"g":2,"j":4,"z":["n1"],` +
		`"vec":{"x":1,"i":0,"n":1,"h":[{"o":"n1","l":"k2x","s":[[1,9]]}]}}`
	// refuses sends a body and reports whether it is not used.
	refuses := func(t rapid.TB, text string) bool {
		r := node.StartedRig(t, node.IDs(2))
		line := node.Say("n1", "n0", text)
		if !json.Valid([]byte(line)) {
			return true // the reader counts and tells
		}
		counts := func() (used, unused uint64) {
			f := r.GossipFigures(time.Second)
			unused = f.Gossip.Malformed
			for _, count := range r.Counters() {
				unused += count
			}
			return f.Gossip.MessagesIn, unused
		}
		used, unused := counts()
		r.Logs.Reset()
		r.AdmitLines(time.Second, line)
		r.Settle(time.Second)
		usedNow, unusedNow := counts()
		require.Equal(t, used+unused+1, usedNow+unusedNow, line)
		if unusedNow > unused {
			require.Contains(t, r.Logs.String(), "level=WARN", line)
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
