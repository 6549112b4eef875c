package experiment

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	"treecast/checker"
	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
	"treecast/workload"
	"treecast/workload/all"
)

// Plan is what to run: what is asked for, and what that means to treecast's nodes.
type Plan struct {
	run.Spec // Driver "" means Process; of Bin the path; none in virtual time

	// Node and NodeLogLevel are what the nodes' arguments mean in virtual time.
	Node         virtual.NodeConfig
	NodeLogLevel slog.Level

	// Ailing says that the arguments make treecast's nodes go wrong inside; in virtual
	// time Node says so.
	Ailing bool

	// Gossip is what the arguments mean to treecast's nodes, for the record; nil where
	// the nodes are others.
	Gossip *run.GossipSettings

	// Exact has the nodes watched from the inside, in virtual time, and makes the
	// strict verdict one on what the watch finds. See package invariant.
	Exact bool
}

// plan is a Plan whose parts have been read.
type plan struct {
	Plan
	session session.Config
	goal    checker.AvailabilityGoal
}

// read checks a plan. The error says which part is wrong and what would do.
func (p Plan) read() (*plan, error) {
	if p.Driver == "" {
		p.Driver = Process
	}
	if p.Driver != Process && p.Driver != Virtual {
		return nil, fmt.Errorf("no driver is called %q; choose %s or %s", p.Driver, Process, Virtual)
	}
	switch {
	case p.NodeCount < 0:
		return nil, fmt.Errorf("node count is %d; give 1 or more", p.NodeCount)
	case p.NodeCount > session.MaxNodes:
		return nil, fmt.Errorf("node count is %d; give %d or fewer", p.NodeCount, session.MaxNodes)
	}
	nodes := p.NodeNames()
	load, err := all.Named(p.Workload)
	if err != nil {
		return nil, err
	}
	if p.Gossip != nil && !load.Solved {
		return nil, fmt.Errorf("treecast's own node does not solve the workload %s yet: name one that does with --bin", p.Workload)
	}
	workers, err := session.ParseConcurrency(string(p.Concurrency), len(nodes))
	if err != nil {
		return nil, err
	}
	faults, err := nemesis.ParseFaults(string(p.Nemesis))
	if err != nil {
		return nil, err
	}
	targets, err := nemesis.ParseTargets(p.NemesisTargets)
	if err != nil {
		return nil, err
	}
	script, err := nemesis.ParsePlan(p.NemesisPlan)
	if err != nil {
		return nil, err
	}
	if p.Driver == Process && slices.Contains(faults, nemesis.Clock) {
		return nil, errors.New("the clocks of processes cannot be changed: clock faults need virtual time (--virtual)")
	}
	if p.Exact && (p.Driver != Virtual || !load.Solved) {
		return nil, errors.New("the exact verdict looks into treecast's nodes: it needs virtual time (--virtual)")
	}
	goal, err := checker.ParseAvailability(p.Availability)
	if err != nil {
		return nil, err
	}
	out := &plan{Plan: p, goal: goal, session: session.Config{
		Workload: load, Options: optionsOf(&p.Spec), Nodes: nodes, Concurrency: workers,
		RatePerSec: p.Rate, TimeLimit: p.TimeLimit.Duration(),
		Latency:  network.Latency{Mean: p.Latency.Duration(), Dist: network.Distribution(p.LatencyDist)},
		Topology: p.Topology, Nemesis: nemesis.Config{
			Faults: faults, Interval: p.NemesisInterval.Duration(), Targets: targets, Phased: p.PhasedMessageFaults, Plan: script,
			Rates: nemesis.Messages{
				Loss: p.LossRate, Duplicate: p.DuplicateRate, Reorder: p.ReorderRate, Delay: p.DelayRate, DelayMean: p.DelayMean.Duration(),
			},
		},
		Quiet: p.Quiet.Duration(), InitTimeout: p.InitTimeout.Duration(), Seed: p.Seed, Ailing: p.Ailing || len(p.Node.Faults) > 0,
	}}
	if err := out.session.Validate(); err != nil {
		return nil, err
	}
	if err := out.checkJournals(); err != nil {
		return nil, err
	}
	if err := out.session.Nemesis.CheckEffect(len(nodes)); err != nil {
		return nil, err
	}
	return out, script.CheckEffect(nodes)
}

// checkJournals returns an error where journals are to be harmed that the test bed
// cannot get at, or that are none.
func (p *plan) checkJournals() error {
	switch {
	case !p.session.Nemesis.HarmsJournals():
		return nil
	case p.Driver == Process:
		return errors.New("the journals of processes are their own: the faults truncate and remove need virtual time (--virtual)")
	case p.Node.NoJournal:
		return errors.New("the faults truncate and remove have no effect: the nodes keep no journals (--journal off)")
	}
	return nil
}

// optionsOf are the settings of the workload's own, where they are not the default.
func optionsOf(s *run.Spec) workload.Options {
	unless := func(value, usual int) int {
		if value == usual {
			return 0
		}
		return value
	}
	o := workload.Options{
		KeyCount: unless(s.KeyCount, workload.DefaultKeyCount), MaxTxnLength: unless(s.MaxTxnLength, workload.DefaultMaxTxnLength),
		MaxWritesPerKey: unless(s.MaxWritesPerKey, workload.DefaultMaxWritesPerKey),
	}
	if s.ConsistencyModels != workload.DefaultConsistency {
		o.ConsistencyModel = s.ConsistencyModels.Split()
	}
	return o
}

// workloadOptions are the settings that the workload looks at.
func (p *plan) workloadOptions() workload.Options {
	o := p.session.Options
	o.Nodes, o.Concurrency, o.Latency = p.session.Nodes, p.session.Concurrency, p.Latency.Duration()
	return o
}

// NodeNames are the names of a plan's nodes.
func (p Plan) NodeNames() []string {
	if names := p.named(); len(names) > 0 {
		return names
	}
	return session.NodeNames(p.NodeCount)
}

// named are the names that were given one by one and are not overridden; none
// if nodes are named by their number.
func (p Plan) named() []string {
	if p.NodeCount > 0 {
		return nil
	}
	return p.Nodes.Split()
}

// Check returns an error that says what is wrong with a plan, if anything is.
func (p Plan) Check() error {
	_, err := p.read()
	return err
}

// settings is the plan as a run's record has it: settled, and without what is a
// default or has no effect.
func (p *plan) settings() run.Spec {
	s, n, o := p.Spec, &p.session.Nemesis, &p.session.Options
	s.Args = run.WordsOf(p.NodeArgs()...)
	s.NumChildren, s.Rounds, s.SyncPeriod, s.LatencyTarget = "", "", 0, 0
	s.NodeCount, s.Nodes = len(p.session.Nodes), run.CommaListOf(p.named()...)
	s.Concurrency = run.Clients(strconv.Itoa(p.session.Concurrency))
	s.Nemesis, s.NemesisPlan = run.CommaListOf(n.Faults...), n.Plan.String()
	s.KeyCount, s.MaxWritesPerKey, s.MaxTxnLength, s.ConsistencyModels = o.KeyCount, o.MaxWritesPerKey, o.MaxTxnLength, run.CommaListOf(o.ConsistencyModel...)
	if s.InitTimeout.Duration() == session.DefaultInitTimeout {
		s.InitTimeout = 0
	}
	struck := false
	for fault, rate := range map[nemesis.Fault]*float64{
		nemesis.Loss: &s.LossRate, nemesis.Duplicate: &s.DuplicateRate, nemesis.Reorder: &s.ReorderRate, nemesis.Delay: &s.DelayRate,
	} {
		if n.Has(fault) {
			struck = true
		} else {
			*rate = 0
		}
	}
	s.PhasedMessageFaults = s.PhasedMessageFaults && struck
	if s.DelayRate == 0 {
		s.DelayMean = 0
	}
	return s
}
