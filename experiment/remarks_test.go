package experiment

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// remarksOf are those of a plan that is otherwise plain.
func remarksOf(t *testing.T, change func(p *Plan)) []string {
	t.Helper()
	p := Plan{Spec: run.Spec{
		Workload: "broadcast", NodeCount: 5, Concurrency: "1n", Rate: 10, TimeLimit: run.Millis(20 * time.Second),
		Topology: "grid", LatencyDist: "constant", NemesisInterval: run.Millis(10 * time.Second), Quiet: run.Millis(10 * time.Second),
	}}
	change(&p)
	read, err := p.read()
	require.NoError(t, err)
	return read.remarks()
}

func TestRemarks_nameWhatHasNoEffect(t *testing.T) {
	period := func(d time.Duration) *run.GossipSettings {
		return &run.GossipSettings{Rounds: "locked", SyncPeriod: run.Millis(d)}
	}
	for want, change := range map[string]func(p *Plan){
		"--nemesis partition has no effect: a single node":                               func(p *Plan) { p.NodeCount, p.Nemesis = 1, "partition" },
		"--nemesis-interval has no effect: there is no --nemesis":                        func(p *Plan) { p.NemesisInterval = run.Millis(time.Second) },
		"--nemesis-interval has no effect: the steps of --nemesis-plan name their times": func(p *Plan) { p.NemesisInterval, p.NemesisPlan = run.Millis(time.Second), "1s kill n0" },
		"--nemesis-interval has no effect: these faults last throughout the load": func(p *Plan) {
			p.NemesisInterval, p.Nemesis = run.Millis(time.Second), "loss,delay"
			p.LossRate, p.DelayRate, p.DelayMean = 0.1, 0.1, 1
		},
		"--latency has no effect: it is between nodes":                               func(p *Plan) { p.NodeCount, p.Latency = 1, run.Millis(time.Second) },
		"--latency-dist has no effect: --latency is 0":                               func(p *Plan) { p.LatencyDist = "uniform" },
		"--topology has no effect: nodes are sent no topology in the workload echo":  func(p *Plan) { p.Workload, p.Topology = "echo", "line" },
		"--key-count has no effect: the workload broadcast does not look at it":      func(p *Plan) { p.KeyCount = 3 },
		"--max-txn-length has no effect: the workload kafka does not look at it":     func(p *Plan) { p.Workload, p.MaxTxnLength = "kafka", 3 },
		"--consistency-models has no effect: the workload g-set does not look at it": func(p *Plan) { p.Workload, p.ConsistencyModels = "g-set", "PL-2" },
		"--nodes has no effect: --node-count overrides names of nodes":               func(p *Plan) { p.NodeCount, p.Nodes = 2, run.CommaListOf("a", "b") },
		"--quiet-time has no effect: the workload echo ends with its load":           func(p *Plan) { p.Workload, p.Quiet = "echo", run.Millis(time.Second) },
		"--rate is 0: no client asks for anything":                                   func(p *Plan) { p.Rate = 0 },
		"until the load is over, and treecast's own nodes cannot tell from a read which workload they are for: add -- --app g-counter": func(p *Plan) {
			p.Workload, p.Gossip, p.Rate = "g-counter", period(time.Second), 0
		},
		"the nodes' --sync-period, 1h0m0s, is longer than the run, 20s of load and 10s of": func(p *Plan) { p.Gossip = period(time.Hour) },
		"the nodes' --sync-period, 12s, is longer than the quiet time, 10s: the last":      func(p *Plan) { p.Gossip = period(12 * time.Second) },
		"--consistency-models asks for strict-serializable, and treecast's own node promises read-committed": func(p *Plan) {
			p.Workload, p.Gossip = "txn-rw-register", period(time.Second)
		},
		"--consistency-models asks for read-committed, snapshot-isolation, and treecast's own node": func(p *Plan) {
			p.Workload, p.Gossip, p.ConsistencyModels = "txn-rw-register", period(time.Second), run.CommaListOf("read-committed", "snapshot-isolation")
		},
		"the nodes' --latency-target, 1m0s, is longer than the run": func(p *Plan) {
			p.Gossip = period(time.Second)
			p.Gossip.LatencyTarget = run.Millis(time.Minute)
		},
	} {
		got := remarksOf(t, change)
		require.Len(t, got, 1, want)
		require.Contains(t, got[0], want)
	}
}

func TestRemarks_proposeNoAppToThoseWhoKnowTheirs(t *testing.T) {
	for _, change := range []func(p *Plan){
		func(p *Plan) { p.Gossip = nil }, // somebody else's node
		func(p *Plan) { p.Args = "--app g-set" },
		func(p *Plan) { p.Args = "--app=g-set" },
		func(p *Plan) { p.Workload = "broadcast" }, // whose topology tells
		func(p *Plan) { p.Workload = "kafka" },     // whose polls tell
	} {
		got := remarksOf(t, func(p *Plan) {
			p.Workload, p.Rate, p.Gossip = "g-set", 0, &run.GossipSettings{Rounds: "locked", SyncPeriod: run.Millis(time.Second)}
			change(p)
		})
		require.Equal(t, []string{"--rate is 0: no client asks for anything until the load is over"}, got)
	}
}

func TestRemarks_areNoneWhereAllHasAnEffect(t *testing.T) {
	for _, change := range []func(p *Plan){
		func(p *Plan) {},
		func(p *Plan) { p.Nemesis, p.NemesisInterval = "partition", run.Millis(time.Second) },
		func(p *Plan) {
			p.Nemesis, p.NemesisInterval, p.PhasedMessageFaults, p.LossRate = "loss", run.Millis(time.Second), true, 0.1
		},
		func(p *Plan) { p.Latency, p.LatencyDist = run.Millis(time.Second), "exponential" },
		func(p *Plan) { p.Topology = "line" },
		func(p *Plan) {
			p.Gossip = &run.GossipSettings{Rounds: "locked", SyncPeriod: run.Millis(2 * time.Second)}
		},
		func(p *Plan) { p.Gossip = &run.GossipSettings{Rounds: "eager", SyncPeriod: run.Millis(time.Hour)} },
		func(p *Plan) { p.Workload = "txn-rw-register" }, // somebody else's node
		func(p *Plan) {
			p.Workload, p.ConsistencyModels = "txn-rw-register", run.CommaListOf("PL-1")
			p.Gossip = &run.GossipSettings{Rounds: "locked", SyncPeriod: run.Millis(time.Second)}
		},
	} {
		require.Empty(t, remarksOf(t, change))
	}
}

func TestLocatedArgs_findsSourceFilesThatAreHere(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("x.py", nil, 0o600))
	require.NoError(t, os.WriteFile("word", nil, 0o600))
	require.NoError(t, os.Mkdir("dir.d", 0o700))
	here, err := os.Getwd()
	require.NoError(t, err)
	p := plan{Plan: Plan{Spec: run.Spec{Args: "-u x.py ./x.py word dir.d y.py --f=x.py"}}}
	require.Equal(t, []string{"-u", filepath.Join(here, "x.py"), filepath.Join(here, "x.py"), "word", "dir.d", "y.py", "--f=x.py"}, p.locatedArgs())
	p.Gossip = &run.GossipSettings{}
	require.Equal(t, p.NodeArgs(), p.locatedArgs(), "treecast's own arguments are its own")
}
