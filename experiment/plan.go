package experiment

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"treecast/checker"
	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
	"treecast/workload"
	"treecast/workload/all"
)

// Plan is what to run: Maelstrom's flags, in its units and with its meaning,
// and a few of our own.
type Plan struct {
	Workload string
	Driver   Driver   // "" means Process
	Bin      string   // path of the node's program; none in virtual time
	Args     []string // handed to every node

	// Node and NodeLogLevel are what Args mean to a node in virtual time.
	Node         virtual.NodeConfig
	NodeLogLevel slog.Level

	// Ailing says that Args make treecast's nodes go wrong inside; in virtual time
	// Node says so.
	Ailing bool

	// Gossip is what Args mean to treecast's nodes, for the record; nil where
	// the nodes are others.
	Gossip *run.GossipSettings

	NodeCount   int      // 0: Maelstrom's n1 to n5, or Nodes
	Nodes       []string // names of the nodes; used if NodeCount is 0
	Concurrency string   // "10", or "2n" for two per node
	Rate        float64  // operations per second
	TimeLimit   time.Duration
	Topology    string

	Latency     time.Duration // mean, between servers
	LatencyDist string

	Nemesis         string // faults separated by commas, or nothing
	NemesisInterval time.Duration

	// NemesisTargets is whom faults of nodes strike, separated by commas;
	// empty: any.
	NemesisTargets string

	// NemesisPlan is what goes wrong when, instead of Nemesis, as nemesis.ParsePlan
	// reads it.
	NemesisPlan string

	// Probabilities with which messages between nodes meet with what, for those
	// of our own faults that Nemesis names; and how much longer a delayed one takes.
	LossRate, DuplicateRate, ReorderRate, DelayRate float64
	DelayMean                                       time.Duration
	// PhasedMessageFaults lets them start and stop as other faults do, where they
	// would last throughout the load.
	PhasedMessageFaults bool

	Availability string // "", "total" or a fraction

	// Options are settings of the workload's own; nodes, concurrency and latency
	// are those of the plan.
	Options workload.Options

	// Exact has the nodes watched from the inside, in virtual time, and makes the
	// strict verdict one on what the watch finds. See package invariant.
	Exact bool

	Quiet       time.Duration // between healing and the final reads
	InitTimeout time.Duration // how long a node has to answer init; 0: as long as in Maelstrom
	Seed        uint64
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
	workers, err := session.ParseConcurrency(p.Concurrency, len(nodes))
	if err != nil {
		return nil, err
	}
	faults, err := nemesis.ParseFaults(p.Nemesis)
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
	if p.Exact && (p.Driver != Virtual || load.Spreads == "") {
		return nil, errors.New("the exact verdict looks into treecast's nodes as they broadcast: it needs virtual time (--virtual)")
	}
	goal, err := checker.ParseAvailability(p.Availability)
	if err != nil {
		return nil, err
	}
	out := &plan{Plan: p, goal: goal, session: session.Config{
		Workload: load, Options: p.Options, Nodes: nodes, Concurrency: workers,
		RatePerSec: p.Rate, TimeLimit: p.TimeLimit,
		Latency:  network.Latency{Mean: p.Latency, Dist: network.Distribution(p.LatencyDist)},
		Topology: p.Topology, Nemesis: nemesis.Config{
			Faults: faults, Interval: p.NemesisInterval, Targets: targets, Phased: p.PhasedMessageFaults, Plan: script,
			Rates: nemesis.Messages{
				Loss: p.LossRate, Duplicate: p.DuplicateRate, Reorder: p.ReorderRate, Delay: p.DelayRate, DelayMean: p.DelayMean,
			},
		},
		Quiet: p.Quiet, InitTimeout: p.InitTimeout, Seed: p.Seed, Ailing: p.Ailing || len(p.Node.Faults) > 0,
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

// workloadOptions are the settings that the workload looks at.
func (p *plan) workloadOptions() workload.Options {
	o := p.Options
	o.Nodes, o.Concurrency, o.Latency = p.session.Nodes, p.session.Concurrency, p.Latency
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
	return p.Nodes
}

// Check returns an error that says what is wrong with a plan, if anything is.
func (p Plan) Check() error {
	_, err := p.read()
	return err
}

// settings is the plan as a run's record has it.
func (p *plan) settings() run.Settings {
	s := run.Settings{
		Workload: p.Workload, Bin: p.Bin, Args: p.Args, Driver: string(p.Driver), Seed: p.Seed,
		NodeCount: len(p.session.Nodes), Nodes: p.named(), Concurrency: p.session.Concurrency,
		KeyCount: p.Options.KeyCount, MaxWritesPerKey: p.Options.MaxWritesPerKey, MaxTxnLength: p.Options.MaxTxnLength, ConsistencyModels: p.Options.ConsistencyModel,
		Rate: p.Rate, TimeLimit: run.Millis(p.TimeLimit), Quiet: run.Millis(p.Quiet),
		Latency: run.Millis(p.Latency), LatencyDist: p.LatencyDist, Topology: p.Topology,
		NemesisInterval: run.Millis(p.NemesisInterval), NemesisTargets: p.NemesisTargets, NemesisPlan: p.session.Nemesis.Plan.String(), Availability: p.Availability,
	}
	if p.InitTimeout != session.DefaultInitTimeout {
		s.InitTimeout = run.Millis(p.InitTimeout)
	}
	for _, fault := range p.session.Nemesis.Faults {
		s.Nemesis = append(s.Nemesis, string(fault))
	}
	p.recordMessageFaults(&s)
	return s
}

// recordMessageFaults puts the rates of those that were asked for into a record.
func (p *plan) recordMessageFaults(s *run.Settings) {
	n := &p.session.Nemesis
	for _, f := range []struct {
		fault nemesis.Fault
		rate  float64
		to    *float64
	}{
		{nemesis.Loss, n.Rates.Loss, &s.LossRate}, {nemesis.Duplicate, n.Rates.Duplicate, &s.DuplicateRate},
		{nemesis.Reorder, n.Rates.Reorder, &s.ReorderRate}, {nemesis.Delay, n.Rates.Delay, &s.DelayRate},
	} {
		if n.Has(f.fault) {
			*f.to = f.rate
			s.PhasedMessageFaults = n.Phased
		}
	}
	if s.DelayRate > 0 {
		s.DelayMean = run.Millis(n.Rates.DelayMean)
	}
}
