package experiment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"treecast/checker/txn"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/workload"
)

// remarks says what of Maelstrom's own flags has no effect on this run, and what
// else of the plan keeps it from showing anything. Flags of ours without effect
// are refused; these are not, as Maelstrom takes them.
func (p *plan) remarks() (out []string) {
	idle := func(flag, why string, args ...any) {
		out = append(out, flag+" has no effect: "+fmt.Sprintf(why, args...))
	}
	n := &p.session.Nemesis
	single := len(p.session.Nodes) == 1
	if single && n.Has(nemesis.Partition) && len(n.Plan) == 0 {
		idle("--nemesis partition", "a single node cannot be cut off from any other")
	}
	if interval := p.NemesisInterval.Duration(); interval != nemesis.DefaultInterval && interval != 0 {
		switch {
		case len(n.Plan) > 0:
			idle("--nemesis-interval", "the steps of --nemesis-plan name their times")
		case len(n.Faults) == 0:
			idle("--nemesis-interval", "there is no --nemesis")
		case n.Throughout():
			idle("--nemesis-interval", "these faults last throughout the load; --message-faults phases lets them start and stop")
		}
	}
	switch {
	case p.Latency > 0 && single:
		idle("--latency", "it is between nodes, and there is one node")
	case p.Latency == 0 && p.LatencyDist != "" && p.LatencyDist != string(network.Constant):
		idle("--latency-dist", "--latency is 0")
	}
	if !p.session.Workload.Topology && p.Topology != "" && p.Topology != session.DefaultTopology {
		idle("--topology", "nodes are sent no topology in the workload %s", p.Workload)
	}
	if p.NodeCount > 0 && p.Nodes != "" {
		idle("--nodes", "--node-count overrides names of nodes")
	}
	if !p.session.Workload.Recovers && p.Quiet != 0 && p.Quiet.Duration() != session.DefaultQuiet { // written into commands, so not refused
		idle("--quiet-time", "the workload %s ends with its load", p.Workload)
	}
	o := &p.session.Options
	for _, f := range []struct {
		flag  string
		given bool
	}{
		{"--key-count", o.KeyCount != 0}, {"--max-writes-per-key", o.MaxWritesPerKey != 0},
		{"--max-txn-length", o.MaxTxnLength != 0}, {"--consistency-models", len(o.ConsistencyModel) != 0},
	} {
		if f.given && !slices.Contains(p.session.Workload.Flags, f.flag) {
			idle(f.flag, "the workload %s does not look at it", p.Workload)
		}
	}
	if p.Rate == 0 {
		out = append(out, "--rate is 0: no client asks for anything until the load is over"+p.untoldApp())
	}
	out = append(out, p.isolationRemarks()...)
	return append(out, p.periodRemarks()...)
}

// untoldApp says what our own nodes need to answer final reads where nothing before these
// tells them which workload they are for: several have the same reads. Topologies and writes tell.
func (p *plan) untoldApp() string {
	w := p.session.Workload
	told := slices.ContainsFunc(p.NodeArgs(), func(word string) bool { return word == "--app" || strings.HasPrefix(word, "--app=") })
	if p.Gossip == nil || told || !w.Recovers || w.Topology || w.WritesAtEnd {
		return ""
	}
	return fmt.Sprintf(", and treecast's own nodes cannot tell from a read which workload they are for: add -- --app %s", p.Workload)
}

// ownIsolation is what our own node promises of transactions.
const ownIsolation = "read-committed"

// isolationRemarks says that more is asked of our own node's transactions than it
// promises, as Maelstrom's default does.
func (p *plan) isolationRemarks() []string {
	const flag = "--consistency-models"
	if p.Gossip == nil || !slices.Contains(p.session.Workload.Flags, flag) {
		return nil
	}
	asked := p.session.Options.ConsistencyModel
	if len(asked) == 0 {
		asked = []string{workload.DefaultConsistency}
	}
	promised := txn.Prohibits(ownIsolation)
	if !slices.ContainsFunc(txn.Prohibits(asked...), func(a string) bool { return !slices.Contains(promised, a) }) {
		return nil
	}
	return []string{fmt.Sprintf("%s asks for %s, and treecast's own node promises %s and not more: add %[1]s %[3]s",
		flag, strings.Join(asked, ", "), ownIsolation)}
}

// periodRemarks warns of values that cannot have come round before the end,
// however well the nodes work.
func (p *plan) periodRemarks() []string {
	g := p.Gossip
	if g == nil || g.Rounds == "eager" || !p.session.Workload.Recovers || len(p.session.Nodes) == 1 {
		return nil
	}
	flag, period := "--sync-period", g.SyncPeriod.Duration()
	if g.LatencyTarget > 0 {
		flag, period = "--latency-target", g.LatencyTarget.Duration()
	}
	load, quiet := p.TimeLimit.Duration(), p.Quiet.Duration()
	switch {
	case period > load+quiet:
		return []string{fmt.Sprintf("the nodes' %s, %v, is longer than the run, %v of load and %v of quiet: values wait for it and do not spread before the end",
			flag, period, load.Round(time.Millisecond), quiet.Round(time.Millisecond))}
	case period > quiet:
		return []string{fmt.Sprintf("the nodes' %s, %v, is longer than the quiet time, %v: the last values of the load may not have spread when the final reads come",
			flag, period, quiet.Round(time.Millisecond))}
	}
	return nil
}
