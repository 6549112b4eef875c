package experiment

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
	"treecast/workload/all"
)

// Schedule is one run of a fuzzer: settings of the bed and of the nodes, and
// faults. It is drawn from a seed, and can be spelt as a command.
type Schedule struct {
	Seed uint64

	Workload string // empty: the default

	NodeCount   int
	PerNode     int     // clients for each node
	Rate        float64 // operations per second
	Load        time.Duration
	Latency     time.Duration // mean
	LatencyDist network.Distribution

	Faults   []nemesis.Fault
	Interval time.Duration
	Rates    nemesis.Messages
	Phased   bool

	NumChildren int           // 0: as the number of nodes wants it
	Rounds      string        // locked, free or eager
	Period      time.Duration // 0: the default
	AckDelay    time.Duration // 0: the default
	Permits     int           // 0: as many as links
	Intake      int           // capacity of the intake; 0: the default
	Blank       bool          // nodes have no journals
	Isolate     string        // what runs behind frames: gossip or links; empty: nothing
	Inject      string        // a service of the nodes that is slow or stands still under load; empty: none
	More        []string      // further arguments of the nodes
}

// leastIntake is the least capacity of intakes where clients do not bear refused reads.
const leastIntake = 16

// largeEvery is how many schedules there are to a large one.
const largeEvery = 50

// drawnLast are the faults that came last: the schedules of a seed stay what they
// were but for them.
var drawnLast = []nemesis.Fault{nemesis.Stall, nemesis.Truncate, nemesis.Remove}

// DrawSchedule draws a schedule from its seed.
func DrawSchedule(seed uint64) Schedule {
	rng := rand.New(rand.NewPCG(seed, 0xf022))
	chance := func(p float64) bool { return rng.Float64() < p }
	// between is a duration, as likely in every octave, in steps.
	between := func(least, most, step time.Duration) time.Duration {
		d := float64(least) * math.Pow(float64(most)/float64(least), rng.Float64())
		return max(step, time.Duration(d).Round(step))
	}
	rate := func() float64 { return float64(1+rng.IntN(40)) / 100 }
	s := Schedule{
		Seed: seed, NodeCount: 2 + rng.IntN(11), PerNode: 1, Rate: float64(2 + rng.IntN(59)),
		Load:    between(2*time.Second, 10*time.Second, 100*time.Millisecond),
		Latency: time.Duration(rng.IntN(4)*rng.IntN(51)) * time.Millisecond, LatencyDist: network.Constant,
		Interval: between(200*time.Millisecond, 5*time.Second, 100*time.Millisecond),
		Rounds:   []string{"locked", "locked", "locked", "free", "eager"}[rng.IntN(5)],
	}
	if rng.IntN(largeEvery) == 0 {
		s.NodeCount, s.Load = 13+rng.IntN(38), between(5*time.Second, 20*time.Second, 100*time.Millisecond)
	}
	if chance(0.2) {
		s.PerNode = 2
	}
	if chance(0.4) {
		s.LatencyDist = network.Distributions()[rng.IntN(3)]
	}
	for _, f := range nemesis.Faults() {
		if f != nemesis.OneWay && !slices.Contains(drawnLast, f) && chance(0.35) { // cuts are drawn both ways
			s.Faults = append(s.Faults, f)
		}
	}
	s.Rates = nemesis.Messages{
		Loss: rate(), Duplicate: rate(), Reorder: rate(), Delay: rate(),
		DelayMean: between(20*time.Millisecond, 2*time.Second, time.Millisecond),
	}
	s.Phased = chance(0.5)
	if chance(0.8) {
		s.NumChildren = 1 + rng.IntN(min(s.NodeCount, 6))
	}
	if chance(0.6) {
		s.Period = between(20*time.Millisecond, 1500*time.Millisecond, time.Millisecond)
	}
	if chance(0.3) {
		s.AckDelay = between(20*time.Millisecond, 3*time.Second, time.Millisecond)
	}
	if chance(0.15) {
		s.Permits = 1 + rng.IntN(4)
	}
	if chance(0.1) {
		s.Intake = 1 + rng.IntN(8)
	}
	s.Blank = chance(0.5)
	if chance(0.2) {
		service := []string{"store", "store", "gossip", "output", "journal"}[rng.IntN(5)]
		s.Inject = fmt.Sprintf("%s:slow=%v@0s+%v", service, between(time.Millisecond, 50*time.Millisecond, time.Millisecond), s.Load)
		if chance(0.3) {
			s.Inject = fmt.Sprintf("%s:stuck=%v@%v", service, between(100*time.Millisecond, s.Load, 100*time.Millisecond),
				between(100*time.Millisecond, s.Load, 100*time.Millisecond))
		}
	}
	for _, f := range drawnLast {
		if chance(0.35) && !(s.Blank && f != nemesis.Stall) {
			s.Faults = append(s.Faults, f)
		}
	}
	if s.Blank && strings.HasPrefix(s.Inject, "journal:") {
		s.Inject = "" // into a service that does not run
	}
	if chance(0.4) {
		s.Isolate = []string{"gossip", "links"}[rng.IntN(2)]
		if s.Inject == "" && chance(0.3) { // children that crash
			s.Inject = fmt.Sprintf("gossip:panic-every=%v@0s+%v", between(time.Second, 5*time.Second, 100*time.Millisecond), s.Load)
		}
	}
	return s
}

// Quiet is how long the nodes have, once everything is healed, until all of them
// must know what any of them knows. The constants are such that of eighty thousand
// schedules none took longer:
//
//   - 8 seconds and the longest that an ack may wait, for probes at intervals that
//     have grown, for attaching to the tree as it was, and for what is lost then;
//   - where nodes are killed 4 seconds more: what nobody owes any longer is found by
//     swapping vectors at random, up to 10 seconds apart;
//   - in a chain 15 seconds more, as parts of it are repaired one after the other;
//   - for each level of the tree a period, two round trips and a quarter of a second;
//   - where permits are few, for each turn that a link may have to wait for one, a
//     period, after which it asks again, and two round trips;
//   - the load's time once more if a service is slow, and twice if it stands still:
//     such a fault begins with each life of its node.
func (s *Schedule) Quiet() time.Duration {
	ack := cmp.Or(s.AckDelay, 2*time.Second)
	base := 8 * time.Second
	if s.has(nemesis.Kill) {
		base += 4 * time.Second
	}
	depth := 1
	if k := s.NumChildren; k == 1 {
		depth = s.NodeCount - 1
		base += 15 * time.Second
	} else if k > 1 {
		depth = 1 + int(math.Log(float64(s.NodeCount))/math.Log(float64(k)))
	}
	period := s.period()
	if s.Rounds == "eager" {
		period = 0
	}
	turns := 0 // up the tree and down again
	if s.Permits > 0 {
		links := cmp.Or(s.NumChildren, s.NodeCount-1) + 1
		turns = (links + s.Permits - 1) / s.Permits * 2 * depth
	}
	slow := time.Duration(0)
	switch {
	case strings.Contains(s.Inject, ":slow="):
		slow = s.Load
	case s.Inject != "":
		slow = 2 * s.Load
	}
	levels := time.Duration(depth) * (period + 4*s.Latency + 250*time.Millisecond)
	waits := time.Duration(turns) * (max(period, 100*time.Millisecond) + 4*s.Latency)
	return (base + ack + levels + waits + slow).Round(100 * time.Millisecond)
}

// period is the sync period, or what no workload's is longer than.
func (s *Schedule) period() time.Duration {
	if s.workload() == all.Default {
		return cmp.Or(s.Period, 500*time.Millisecond)
	}
	return cmp.Or(s.Period, 2*time.Second)
}

// has says whether a fault is among those of the schedule.
func (s *Schedule) has(f nemesis.Fault) bool { return slices.Contains(s.Faults, f) }

// Spec is the run.
func (s *Schedule) Spec() run.Spec {
	out := run.Spec{
		Workload: s.workload(), Driver: Virtual, NodeCount: s.NodeCount, Concurrency: run.Clients(fmt.Sprintf("%dn", s.PerNode)),
		Rate: s.Rate, TimeLimit: run.Millis(s.Load), Quiet: run.Millis(s.Quiet()), Topology: session.DefaultTopology,
		Latency: run.Millis(s.Latency), LatencyDist: string(s.LatencyDist), Seed: s.Seed,
		Nemesis: run.CommaListOf(s.Faults...), NemesisInterval: run.Millis(nemesis.DefaultInterval), // as of a command that does not name it
		Rounds: s.Rounds, SyncPeriod: run.Millis(s.Period), Args: run.WordsOf(s.args()...),
	}
	if w, err := all.Named(out.Workload); err == nil && w.SolvedAt != "" {
		out.ConsistencyModels = run.CommaListOf(w.SolvedAt)
	}
	if s.NumChildren > 0 {
		out.NumChildren = strconv.Itoa(s.NumChildren)
	}
	if s.Rounds == "locked" {
		out.Rounds = "" // the default
	}
	if len(s.Faults) > 0 {
		out.NemesisInterval = run.Millis(s.Interval)
	}
	for _, f := range []struct {
		fault nemesis.Fault
		rate  float64
		to    *float64
	}{
		{nemesis.Loss, s.Rates.Loss, &out.LossRate}, {nemesis.Duplicate, s.Rates.Duplicate, &out.DuplicateRate},
		{nemesis.Reorder, s.Rates.Reorder, &out.ReorderRate}, {nemesis.Delay, s.Rates.Delay, &out.DelayRate},
	} {
		if s.has(f.fault) {
			*f.to, out.PhasedMessageFaults = f.rate, s.Phased
		}
	}
	if s.has(nemesis.Delay) {
		out.DelayMean = run.Millis(s.Rates.DelayMean)
	}
	return out
}

// isTold says that the nodes are told their workload: where reads come that other
// workloads have, too, and there may be a time when no node knows by what it holds which
// one it is for, as all that knew were killed, or nothing was asked for but reads.
func (s *Schedule) isTold() bool {
	if w, err := all.Named(s.workload()); err == nil && w.Vague {
		return s.workload() != all.Default || s.has(nemesis.Kill)
	}
	return false
}

func (s *Schedule) workload() string { return cmp.Or(s.Workload, all.Default) }

// args are the arguments of the nodes that a spec does not name.
func (s *Schedule) args() (args []string) {
	add := func(flag string, value any) { args = append(args, flag, fmt.Sprint(value)) }
	if s.isTold() {
		add("--app", s.workload())
	}
	if s.AckDelay > 0 {
		add("--ack-delay", s.AckDelay)
	}
	if s.Permits > 0 {
		add("--permits", s.Permits)
	}
	if s.Intake > 0 {
		if s.workload() != all.Default {
			s.Intake = max(s.Intake, leastIntake) // a read that is refused counts as none there
		}
		add("--intake-preferred", s.Intake)
		add("--intake-capacity", s.Intake)
	}
	if s.Blank {
		add("--journal", "off")
	}
	if s.has(nemesis.Truncate) { // of a journal there may be less left than its header
		add("--journal-lost", "begin")
	}
	if s.Isolate != "" {
		add("--isolate", s.Isolate)
	}
	if s.Inject != "" {
		add("--inject", s.Inject)
	}
	return append(args, s.More...)
}

// Command is the shell command that makes the run, as often as one likes. The nodes
// are not asked for their health, as that wakes them.
func (s *Schedule) Command() string {
	return s.Spec().ShortCommand("--verdict", "exact", "--health", "off")
}

// Plan is what the command runs. What its nodes' arguments mean, the command
// line has to say.
func (s *Schedule) Plan(nodes func(args []string) (virtual.NodeConfig, slog.Level, error)) (Plan, error) {
	p := Plan{Spec: s.Spec(), Exact: true}
	var err error
	p.Node, p.NodeLogLevel, err = nodes(p.NodeArgs())
	return p, err
}
