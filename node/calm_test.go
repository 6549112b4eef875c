package node

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
	"treecast/gossip/codec"
)

// shows is all of a node that a driver can see without calling it: what it has
// said, and when which step is due.
type shows struct {
	stdout, logs string
	due, later   []time.Duration
	admits, calm bool
}

func (r *Rig) shows(now time.Duration) (s shows) {
	s.stdout, s.logs = r.Stdout.String(), r.Logs.String()
	s.admits, s.calm = r.Admits(), r.Calm()
	for _, service := range r.Services() {
		s.due = append(s.due, service.Next(now))
		s.later = append(s.later, service.Next(now+time.Hour))
	}
	return s
}

// A driver may put the ticks of a calm node off until before its next call: of two
// nodes to which the same happens, one that is told of every tick when it is due
// shows the same at any time as one whose ticks are put off, and a tick of a calm
// node shows in nothing at all.
func TestCalm_ticksCanBePutOff(t *testing.T) {
	calmTicks, otherTicks, ill := 0, 0, 0
	check := func(rt *rapid.T) {
		kept := rapid.Bool().Draw(rt, "journal")
		start := func() *Rig {
			return StartedRig(rt, IDs(3), func(c *Config) {
				c.NumChildren = 2
				c.Queues = map[string]QueueSizes{"intake": {2, 6}, "gossip": {2, 6}, "output": {4, 12}}
				c.ClientThreshold, c.OwnThreshold = 300*time.Millisecond, 500*time.Millisecond
				c.LogTime = func() time.Time { return time.Unix(0, 0) }
				if kept {
					KeptBy(Memory())(c)
				}
			})
		}
		prompt, lazy := start(), start()
		now, owed := time.Duration(0), []time.Duration(nil) // ticks of the lazy one
		tick := func(r *Rig, at time.Duration) {
			calm, before := r.Calm(), r.shows(at)
			r.Tick(at)
			if !calm {
				otherTicks++
				if r.gates.unhealthy {
					ill++
				}
				return
			}
			calmTicks++
			require.Equal(rt, before, r.shows(at), "a tick of a calm node")
		}
		// Whatever is not a tick makes up for those that were put off.
		both := func(what func(r *Rig)) {
			for _, at := range owed {
				tick(lazy, at)
			}
			owed = nil
			what(prompt)
			what(lazy)
		}
		admit := func(line string) {
			both(func(r *Rig) { r.Admit(now, Item(t, line)); r.Dry(now) })
		}
		id := 0
		rt.Repeat(map[string]func(*rapid.T){
			"broadcast": func(*rapid.T) { id++; admit(BroadcastLine("n0", id, fmt.Sprint(id))) },
			"read":      func(*rapid.T) { id++; admit(ReadLine("n0", id)) },
			"health":    func(*rapid.T) { id++; admit(Say("c1", "n0", fmt.Sprintf(`{"type":"health","msg_id":%d}`, id))) },
			"gossip": func(rt *rapid.T) {
				m := peerMessage.Draw(rt, "message")
				if rapid.Bool().Draw(rt, "plausible") {
					m.Incarnation, m.For, m.Digest = 7, prompt.cfg.Incarnation, nil
				}
				admit(Say("n1", "n0", string(codec.Append(nil, m))))
			},
			"step": func(rt *rapid.T) {
				service := rapid.IntRange(0, len(prompt.Services())-1).Draw(rt, "service")
				both(func(r *Rig) {
					_, err := r.Services()[service].Step(now)
					require.NoError(rt, err)
				})
			},
			"settle": func(*rapid.T) { both(func(r *Rig) { StepAll(t, r, now) }) },
			"pass": func(rt *rapid.T) {
				now += rapid.SampledFrom([]time.Duration{1, 30 * time.Millisecond, 100 * time.Millisecond, 350 * time.Millisecond, 3 * time.Second}).Draw(rt, "time")
				for at := prompt.NextTick(); at <= now; at = prompt.NextTick() {
					if lazy.Calm() {
						owed = append(owed, at)
					} else {
						require.Empty(rt, owed, "it was calm and nothing happened")
						tick(lazy, at)
					}
					tick(prompt, at)
				}
			},
			"": func(rt *rapid.T) { require.Equal(rt, prompt.shows(now), lazy.shows(now)) },
		})
	}
	// As often as it takes until there was enough of everything.
	for again := 0; again < 100 && (calmTicks <= 100 || otherTicks <= 100 || ill <= 10); again++ {
		rapid.Check(t, check)
	}
	require.Greater(t, calmTicks, 100)
	require.Greater(t, otherTicks, 100)
	require.Greater(t, ill, 10)
}

// peerMessage draws a gossip message as a peer might send it, sensible or not.
var peerMessage = rapid.Custom(func(t *rapid.T) *gossip.Message {
	number := rapid.OneOf(rapid.Uint64Range(0, 9), rapid.Uint64Range(0, math.MaxInt64))
	m := &gossip.Message{
		Incarnation: number.Draw(t, "epoch"), For: number.Draw(t, "for"), Batch: number.Draw(t, "batch"),
		Probe: rapid.Bool().Draw(t, "probe"), Want: rapid.Bool().Draw(t, "want"),
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "runs") {
		origin := gossip.NewOriginID(rapid.StringMatching(`n[0-9]{1,2}`).Draw(t, "origin"), "k")
		m.Runs = append(m.Runs, gossip.Run{Origin: origin, First: number.Draw(t, "first") >> 2, Values: []string{fmt.Sprint(i), "null"}})
	}
	if rapid.Bool().Draw(t, "acks") {
		m.Acks = []gossip.Span{{First: number.Draw(t, "from"), Last: number.Draw(t, "to")}}
	}
	return m
})
