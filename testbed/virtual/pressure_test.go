package virtual

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/node"
	"treecast/node/inject"
	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/workload/all"
)

// withHealth makes a run and returns all that its nodes said of their health,
// and when, by node.
func withHealth(t *testing.T, cfg Config) (Outcome, map[string][]reply) {
	cfg.PollHealth = true
	said := map[string][]reply{}
	out := carryOut(t, cfg, Observers{Health: func(_ time.Duration, node string, body json.RawMessage) {
		var r reply
		require.NoError(t, json.Unmarshal(body, &r))
		said[node] = append(said[node], r)
	}})
	return out, said
}

func TestTheStandardRunIsHealthyAndBackPressureChangesNothingInIt(t *testing.T) {
	standard := func() Config {
		cfg := config(t, 25)
		cfg.Session.TimeLimit, cfg.Session.Quiet = 20*sec, 10*sec
		return cfg
	}
	on, said := withHealth(t, standard())
	require.Len(t, said, 25)
	for name, replies := range said {
		require.GreaterOrEqual(t, len(replies), 25, name)
		for _, r := range replies {
			require.Zero(t, r.UnhealthyMS, name)
			require.Zero(t, r.Permits.Revoked, name)
			for counter, n := range r.Counters {
				require.Zero(t, n, "%s of %s", counter, name)
			}
		}
	}
	off := standard()
	off.Node.MaxWait, off.Node.ClientThreshold, off.Node.OwnThreshold = node.Never, node.Never, node.Never
	off.Node.Monitor.MaxAge = node.Never
	off.Node.Permits = backpressure.DefaultPermitsConfig(0)
	off.Node.Permits.RevokePerSecond = 0
	without, _ := withHealth(t, off)
	require.Equal(t, without.History, on.History, "not one message or microsecond")
}

// However links are repaired, by default there are as many permits as links.
func TestPermits_nobodyIsRefusedOneByDefault(t *testing.T) {
	for seed := range uint64(3) {
		cfg := struck(t, 12, nemesis.Partition)
		cfg.Session.Seed = seed
		_, said := withHealth(t, cfg)
		require.Len(t, said, 12)
		for name, replies := range said {
			last := replies[len(replies)-1].Gossip
			require.NotZero(t, last["messages_out"])
			require.Zero(t, last["permits_refused"], "seed %d, %s", seed, name)
		}
	}
}

// fault reads a fault.
func fault(t *testing.T, text string) []inject.Fault {
	f, err := node.ParseFault(text)
	require.NoError(t, err)
	return []inject.Fault{f}
}

func TestAFaultSlowsAServiceAsItsCostWould(t *testing.T) {
	answered := func(change func(*Config)) (n int) {
		cfg := config(t, 1)
		cfg.Session.Concurrency, cfg.Session.RatePerSec, cfg.Session.TimeLimit = 8, 1000, sec
		change(&cfg)
		for _, op := range carryOut(t, cfg, Observers{}).History {
			if op.Type == run.OK && op.Time < sec {
				n++
			}
		}
		return n
	}
	require.Greater(t, answered(func(*Config) {}), 800)
	for _, text := range []string{"store:slow=50/s", "store:slow=20ms", "intake:slow=50/s", "output:slow=50/s", "n1/store:slow=20ms"} {
		slow := answered(func(c *Config) { c.Node.Faults = fault(t, text) })
		if text[0] == 'n' {
			require.Greater(t, slow, 800, "another node's")
		} else {
			require.InDelta(t, 50, slow, 6, text)
		}
	}
}

// More clients ask than a slow node can answer before they give up: an answer to
// one that has would make the node deaf.
func TestASlowNodeAnswersNobodyWhoIsGone(t *testing.T) {
	for _, text := range []string{"output:slow=19ms", "intake:slow=19ms", "store:slow=19ms"} {
		cfg := config(t, 1)
		cfg.Session.Concurrency, cfg.Session.RatePerSec, cfg.Session.TimeLimit = 300, 20_000, 30*sec
		cfg.Node.Faults = fault(t, text+"@0s+60s")
		ok := 0
		for _, op := range carryOut(t, cfg, Observers{}).History {
			if op.Type == run.OK {
				ok++
			}
		}
		require.Greater(t, ok, 450, text) // at the least, the first and the final ones
	}
}

func TestANodeWhoseServiceIsStuckSaysSoAndRecovers(t *testing.T) {
	for _, service := range []string{"store", "gossip"} {
		cfg := config(t, 3)
		cfg.Session.TimeLimit, cfg.Session.Quiet = 12*sec, 10*sec
		cfg.Session.Concurrency = 30
		cfg.Node.Faults = fault(t, "n0/"+service+":stuck=5s@2s")
		out, said := withHealth(t, cfg)
		worst := int64(0)
		for _, r := range said["n0"] {
			worst = max(worst, r.UnhealthyMS)
		}
		require.Greater(t, worst, int64(2000), service)
		for _, r := range said["n1"] {
			require.Zero(t, r.UnhealthyMS, "nobody else is")
		}
		last := said["n0"][len(said["n0"])-1]
		require.Zero(t, last.UnhealthyMS)
		requireAcknowledged(t, out.History)
	}
}

// When clients have nothing to ask, nodes have nothing to say: what an app gives out by
// itself ends, also where links wait for permits.
func TestRun_fallsSilentWhateverTheApp(t *testing.T) {
	for _, name := range []string{"g-set", "g-counter", "pn-counter", "kafka", "txn-rw-register"} {
		for _, permits := range []int{0, 1} {
			w, err := all.Named(name)
			require.NoError(t, err)
			cfg := config(t, 8)
			cfg.Session.Workload = w
			cfg.Session.Quiet = 30 * sec
			if permits > 0 {
				cfg.Node.Permits = backpressure.DefaultPermitsConfig(permits)
			}
			messages := map[time.Duration]int64{}
			carryOut(t, cfg, Observers{Progress: func(p Progress) { messages[p.Now.Truncate(sec)] = p.ServerMessages }})
			require.NotZero(t, messages[34*sec], "%s", name)
			require.Equal(t, messages[20*sec], messages[34*sec], "%s, %d permits", name, permits)
		}
	}
}
