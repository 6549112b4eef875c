package virtual

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/journal"
	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/workload"
)

// broadcastsOnly is the broadcast workload without reads.
func broadcastsOnly(w workload.Workload) *workload.Workload {
	generator := w.Generator
	w.Recovers = false
	w.Generator = func(o workload.Options) workload.Generator { return writer{generator(o)} }
	return &w
}

type writer struct{ workload.Generator }

func (w writer) Next(now time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	for {
		if worker, op := w.Generator.Next(now, workers, rng); op.F == "broadcast" {
			return worker, op
		}
	}
}

// grown is a node's journal with so many values that n0 has had of its clients.
func grown(t *testing.T, name string, nodes, values int) *journal.Memory {
	m := journal.NewMemory(rand.New(rand.NewPCG(1, 1)))
	m.Run = "grown" // the one life is of the same run as the next
	life, err := m.Open(journal.Start{Node: name, Nodes: nodes, Log: "long", Incarnation: 1})
	require.NoError(t, err)
	var batch journal.Batch
	for i := range values {
		batch.Add(journal.Origin{Node: "n0", Log: life.Log}, uint64(i+1), fmt.Sprint(1_000_000+i))
	}
	require.NoError(t, m.Append(&batch))
	return m
}

// A neighbour that has missed 100 000 values, because they are from before it or
// because it was cut off, or the end of them, has them within the bound over a link without latency,
// in lines of ordinary length, and clients of both nodes hardly notice, even
// where nodes are twenty times slower than they are taken for: what is unacked is
// what clients may have to wait behind. Real nodes and a million values are in
// results/catchup.md.
func TestALongHistoryIsMadeUpForSoonWhileClientsAreAnswered(t *testing.T) {
	const (
		values  = 100_000
		within  = 5 * sec
		maxLine = 48 << 10
		maxP99  = 20 * ms
	)
	// The node that is started is the one with the long history.
	for name, plan := range map[string]struct {
		steps, from string
		held        int // of the values, that the neighbour has in a journal of its own
	}{
		"from before it":     {"0s kill n0; 500ms start n0", "start", 0},
		"while it was apart": {"0s partition n0|n1; 0s kill n0; 500ms start n0; 2s heal", "stop-partition", 0},
		"the end of it":      {"0s kill n0,n1; 500ms start n0,n1", "start", values - 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, 2)
			cfg.Session.Latency = network.Latency{}
			cfg.Session.Workload = broadcastsOnly(*cfg.Session.Workload)
			// As many clients that some may wait for the node while it is dead.
			cfg.Session.RatePerSec, cfg.Session.Concurrency = 1000, 1000
			cfg.Session.TimeLimit, cfg.Session.Quiet = 5*sec, 0
			var err error
			cfg.Session.Nemesis.Plan, err = nemesis.ParsePlan(plan.steps)
			require.NoError(t, err)

			cfg.Costs = slowed(DefaultCosts(), 20)

			var b *bed
			from, flows, caughtUp := never, never, never // when it may begin, does, and is over
			longest, handed := 0, 0                      // bytes of n0's lines to n1
			var log *gossip.Log                          // n1's
			b, err = prepare(cfg, Observers{
				Network: &watching{
					sent: func(run.Message) {},
					delivered: func(m run.Message) {
						if m.Src == "n0" && m.Dest == "n1" {
							envelope := fmt.Sprintf(`{"id":%d,"src":"n0","dest":"n1","body":}`+"\n", m.ID)
							longest = max(longest, m.Bytes+len(envelope))
							if longest > maxLine/2 {
								flows = min(flows, m.Sent)
							}
							if caughtUp == never {
								handed += m.Bytes
							}
						}
						if n := b.hosts[1].node; log == nil && n != nil {
							log = n.View().Log()
						}
						if caughtUp == never && log != nil && log.Len() >= values && recovered(log, values) == values {
							caughtUp = m.Delivered
						}
					},
				},
				Op: func(op run.Op) {
					switch {
					case op.Process != run.NemesisProcess || caughtUp != never:
					case op.F == "kill":
						b.hosts[0].kept = grown(t, "n0", 2, values)
						if plan.held > 0 {
							b.hosts[1].kept = grown(t, "n1", 2, plan.held)
						}
					case op.F == plan.from:
						from = op.Time // in the end of its completion
						log = nil      // of a former life
					}
				},
			})
			require.NoError(t, err)
			out, err := b.run(t.Context())
			require.NoError(t, err)
			require.Equal(t, values, recovered(log, values))
			require.Less(t, caughtUp-from, within)
			require.LessOrEqual(t, longest, maxLine)
			require.Less(t, flows, caughtUp, "in few and long ones")
			require.Greater(t, handed, 7*(values-plan.held))
			require.Less(t, handed, 10*(values-plan.held), "once, and nothing that it has")

			var waits []time.Duration
			asked := map[int]time.Duration{}
			for _, op := range out.History {
				switch {
				case op.Process == run.NemesisProcess:
				case op.Type == run.Invoke:
					asked[op.Process] = op.Time
				case asked[op.Process] >= flows && asked[op.Process] <= caughtUp:
					require.Equal(t, run.OK, op.Type, "every broadcast is taken")
					waits = append(waits, op.Time-asked[op.Process])
				}
			}
			slices.Sort(waits)
			require.Greater(t, len(waits), 20)
			require.Less(t, waits[len(waits)*99/100], maxP99)
			t.Logf("after %v, in %d bytes; %d clients waited %v at most", caughtUp-from, handed, len(waits), waits[len(waits)-1])
		})
	}
}

// slowed are the costs of a machine so many times slower.
func slowed(c Costs, times time.Duration) Costs {
	for name, cost := range c.Services {
		c.Services[name] = Cost{Step: times * cost.Step, Message: times * cost.Message, KiB: times * cost.KiB}
	}
	return c
}

// recovered is how many of a journal's values a log holds.
func recovered(log *gossip.Log, values uint64) (n int) {
	source := gossip.NewOriginID("n0", "long")
	for i := range log.Len() {
		if e := log.At(i); e.Origin == source && e.Counter <= values {
			n++
		}
	}
	return n
}
