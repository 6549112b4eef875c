package virtual

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/node"
	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
)

// digest sums up every message, with its times and all of its body.
type digest struct{ hash.Hash }

func (d digest) Sent(m run.Message)      { d.note("sent", m, m.Sent) }
func (d digest) Delivered(m run.Message) { d.note("delivered", m, m.Delivered) }
func (d digest) Dropped(m run.Message, at time.Duration) {
	d.note("dropped", m, at)
}

func (d digest) note(what string, m run.Message, at time.Duration) {
	fmt.Fprintf(d, "%s %d %s %s %d %s\n", what, m.ID, m.Src, m.Dest, at, m.Body)
}

// trace is all that a run leaves behind, digested: history, messages, logs.
func trace(t *testing.T, cfg Config) (history, messages, logs string) {
	d := digest{sha256.New()}
	out := carryOut(t, cfg, Observers{Network: d})
	var text, log bytes.Buffer
	require.NoError(t, run.History(out.History).WriteEDN(&text))
	for _, n := range out.Nodes {
		fmt.Fprintf(&log, "%s %d\n%s", n.Node, n.Busy, n.Log)
	}
	return fmt.Sprintf("%x", sha256.Sum256(text.Bytes())), fmt.Sprintf("%x", d.Sum(nil)), log.String()
}

func TestTheSameSeedIsTheSameRunOnAnyNumberOfProcessors(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"locked rounds in a star": func(*Config) {},
		"locked rounds in a tree, random latencies, partitions": func(c *Config) {
			c.Node.NumChildren = 3
			c.Session.Latency.Dist = network.Exponential
			c.Session.Nemesis = nemesis.Config{Faults: nemesis.Faults(), Interval: sec}
		},
		"free rounds":  func(c *Config) { c.Node.Rounds = gossip.Free },
		"eager rounds": func(c *Config) { c.Node.Rounds, c.Session.Latency.Mean = gossip.Eager, 0 },
		"queues that are full": func(c *Config) {
			c.Node.Queues = map[string]node.QueueSizes{"intake": {Preferred: 1, Capacity: 2}}
			c.Costs = DefaultCosts()
			c.Costs.Services["store"] = Cost{Step: 60 * ms}
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
			once := func(processors int, seed uint64) (string, string, string) {
				runtime.GOMAXPROCS(processors)
				cfg := config(t, 9)
				cfg.Session.Seed = seed
				change(&cfg)
				return trace(t, cfg)
			}
			history, messages, logs := once(1, 5)
			for _, processors := range []int{1, 2, 4} {
				again, spoken, written := once(processors, 5)
				require.Equal(t, history, again)
				require.Equal(t, messages, spoken)
				require.Equal(t, logs, written)
			}
			other, spoken, _ := once(2, 6)
			require.NotEqual(t, history, other)
			require.NotEqual(t, messages, spoken)
		})
	}
}

// The fan-out that nodes choose by themselves is no other than the one it names.
func TestAFanOutThatIsChosenIsAFanOut(t *testing.T) {
	chosen, given := config(t, 30), config(t, 30)
	given.Node.NumChildren = 29
	history, messages, _ := trace(t, chosen)
	again, spoken, _ := trace(t, given)
	require.Equal(t, history, again)
	require.Equal(t, messages, spoken)
}

// What happens at the same time is ordered by the seed: without latencies and
// costs nearly everything does.
func TestTiesAreBrokenByTheSeed(t *testing.T) {
	firsts := map[string]bool{}
	for seed := range uint64(20) {
		cfg := config(t, 5)
		cfg.Session.Seed, cfg.Session.TimeLimit, cfg.Session.RatePerSec = seed, sec, 0
		cfg.Costs = Costs{Pipe: time.Microsecond}
		first := ""
		carryOut(t, cfg, Observers{Network: &watching{
			sent: func(run.Message) {},
			delivered: func(m run.Message) {
				if m.Type == "init_ok" && first == "" {
					first = m.Src
				}
			},
		}})
		firsts[first] = true
	}
	require.Greater(t, len(firsts), 2)
}
