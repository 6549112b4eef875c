package virtual

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/node"
	"treecast/run"
)

func TestWhatAStepCostsBeyondItself(t *testing.T) {
	c := Cost{Step: time.Hour, Message: 5, KiB: 1000}
	require.Zero(t, c.beyond(0, 0))
	require.Zero(t, c.beyond(1, 0))
	require.EqualValues(t, 10, c.beyond(3, 0))
	require.EqualValues(t, 500, c.beyond(1, 512))
	require.EqualValues(t, 3005, c.beyond(2, 3072))
}

func TestTheRootOfAStarIsTheBusiest(t *testing.T) {
	out := carryOut(t, config(t, 25), Observers{})
	require.Len(t, out.Nodes, 25)
	root := out.Nodes[0].Busy
	require.Greater(t, root, 5*ms)
	require.Less(t, root, sec)
	for _, n := range out.Nodes[1:] {
		require.Positive(t, n.Busy)
		require.Greater(t, root, 2*n.Busy, n.Node)
	}
}

func TestAServiceDoesOneThingAtATime(t *testing.T) {
	cfg := config(t, 1)
	cfg.Session.Concurrency, cfg.Session.RatePerSec, cfg.Session.TimeLimit = 8, 1000, sec
	cfg.Costs = DefaultCosts()
	cfg.Costs.Services["store"] = Cost{Step: 20 * ms} // 50 a second at most
	out := carryOut(t, cfg, Observers{})
	var last time.Duration
	done, together := 0, 0
	for _, op := range out.History {
		if op.Type == run.OK && op.Time < out.LoadEnded {
			if done++; op.Time-last < 19*ms {
				together++
			}
			last = op.Time
		}
	}
	require.InDelta(t, 50, done, 3)
	require.Zero(t, together)
}

// reply is the part of a health reply that the tests look at.
type reply struct {
	UnhealthyMS int64 `json:"unhealthy_ms"`
	Worst       string
	Queues      []struct {
		Name  string
		Depth int
	}
	Permits  struct{ Revoked int }
	Counters map[string]uint64
	Gossip   map[string]uint64
}

// overloaded is a run in which much is asked of nodes with short queues; the
// replies are what one of them says of its health.
func overloaded(t *testing.T, slow func(*Costs)) (Outcome, []reply) {
	cfg := config(t, 3)
	cfg.Session.RatePerSec, cfg.Session.TimeLimit, cfg.Session.Concurrency = 400, 8*sec, 60
	cfg.Node.NumChildren = 2
	cfg.Node.Queues = map[string]node.QueueSizes{"intake": {Preferred: 8, Capacity: 16}, "gossip": {Preferred: 1, Capacity: 64}}
	cfg.Costs = DefaultCosts()
	slow(&cfg.Costs)
	cfg.PollHealth = true
	var replies []reply
	out := carryOut(t, cfg, Observers{Health: func(_ time.Duration, node string, body json.RawMessage) {
		if node == "n0" {
			var r reply
			require.NoError(t, json.Unmarshal(body, &r))
			replies = append(replies, r)
		}
	}})
	return out, replies
}

func TestASlowRecordFillsItsQueueAndClientsAreRefused(t *testing.T) {
	out, replies := overloaded(t, func(c *Costs) { c.Services["store"] = Cost{Step: 40 * ms} })
	refused := 0
	for _, op := range out.History {
		if op.Error != nil && op.Error.Name == "temporarily-unavailable" {
			refused++
		}
	}
	require.Greater(t, refused, 100)
	var worst reply
	for _, r := range replies {
		if r.UnhealthyMS > worst.UnhealthyMS {
			worst = r
		}
	}
	require.Greater(t, worst.UnhealthyMS, int64(1000))
	require.Equal(t, "intake", worst.Worst)
	require.Positive(t, worst.Permits.Revoked, "gossip is held back")
	require.Positive(t, replies[0].Queues[0].Depth)
	quiet := replies[len(replies)-3]
	require.Zero(t, quiet.UnhealthyMS, "it recovers when nobody asks any more")
	require.Positive(t, quiet.Counters["refused_by_gate"]+quiet.Counters["refused_full"])
	require.Contains(t, string(out.Nodes[0].Log), "msg=overloaded queue=intake")
	require.Contains(t, string(out.Nodes[0].Log), `msg="no longer overloaded"`)
	requireSpread(t, out.History)
}

func TestAHealthyRunIsHealthyThroughout(t *testing.T) {
	_, replies := overloaded(t, func(*Costs) {})
	require.Len(t, replies, 13)
	for _, r := range replies {
		require.Zero(t, r.UnhealthyMS)
		require.Zero(t, r.Permits.Revoked)
		for name, count := range r.Counters {
			require.Zero(t, count, name)
		}
	}
}
