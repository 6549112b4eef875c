package experiment

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// sound is a plan that nothing is wrong with.
func sound() Plan {
	return Plan{Spec: run.Spec{
		Workload: "broadcast", Bin: "treecast", Args: "--num-children 4",
		NodeCount: 3, Concurrency: "2n", Rate: 100, TimeLimit: run.Millis(time.Second), Topology: "grid",
		Latency: run.Millis(10 * time.Millisecond), LatencyDist: "uniform",
		Nemesis: "partition", NemesisInterval: run.Millis(time.Second), Availability: "0.5",
		Quiet: run.Millis(500 * time.Millisecond), Seed: 1,
	}}
}

func TestASoundPlanIsAccepted(t *testing.T) {
	require.NoError(t, sound().Check())
}

func TestAPlansErrorSaysWhatToChange(t *testing.T) {
	for want, spoil := range map[string]func(*Plan){
		`node count is -1; give 1 or more`:                                                func(p *Plan) { p.NodeCount = -1 },
		`no workload is called "broadcats"; choose one of broadcast, echo`:                func(p *Plan) { p.Workload = "broadcats" },
		`concurrency is ""; give a number such as 10`:                                     func(p *Plan) { p.Concurrency = "" },
		`concurrency is "0n"; give a number`:                                              func(p *Plan) { p.Concurrency = "0n" },
		`no fault is called "fire"; choose from ["partition" "kill" "pause" "loss" "dupl`: func(p *Plan) { p.Nemesis = "fire" },
		`the faults truncate and remove need virtual time (--virtual)`:                    func(p *Plan) { p.Nemesis = "kill,remove" },
		`have no effect: the nodes keep no journals`:                                      func(p *Plan) { p.Driver, p.Node.NoJournal, p.Nemesis = Virtual, true, "truncate" },
		`clock faults need virtual time (--virtual)`:                                      func(p *Plan) { p.Nemesis = "kill,clock" },
		`the rate of loss is 2; give a probability`:                                       func(p *Plan) { p.LossRate = 2 },
		`the mean of delay is -1ns; give more than 0`:                                     func(p *Plan) { p.Nemesis, p.DelayRate, p.DelayMean = "delay", 1, -1 },
		`nemesis interval is 0s; give more than 0`:                                        func(p *Plan) { p.NemesisInterval = 0 },
		`availability`:                                         func(p *Plan) { p.Availability = "mostly" },
		`rate is -1 operations per second; give`:               func(p *Plan) { p.Rate = -1 },
		`rate is NaN operations per second`:                    func(p *Plan) { p.Rate = math.NaN() },
		`time limit is 0s; give more than 0`:                   func(p *Plan) { p.TimeLimit = 0 },
		`quiet time is -1ns; give 0 or more`:                   func(p *Plan) { p.Quiet = -1 },
		`latency is 1.5ms; give whole milliseconds, 0 or more`: func(p *Plan) { p.Latency = run.Millis(1500 * time.Microsecond) },
		`no latency distribution is called "pareto"; choose one of constant, uniform, exponenti`: func(p *Plan) { p.LatencyDist = "pareto" },
		`"ring"`: func(p *Plan) { p.Topology = "ring" },
	} {
		p := sound()
		spoil(&p)
		require.ErrorContains(t, p.Check(), want)
		_, dir, err := Test(t.Context(), p, Options{Store: t.TempDir()})
		require.ErrorContains(t, err, want, "and nothing is run")
		require.Empty(t, dir)
	}
}

func TestAPlanIsRecordedAsItWasAskedFor(t *testing.T) {
	p := sound()
	p.Nemesis = " partition, partition"
	read, err := p.read()
	require.NoError(t, err)
	require.Equal(t, run.Spec{
		Workload: "broadcast", Bin: "treecast", Args: "--num-children 4", Driver: "process", Seed: 1,
		NodeCount: 3, Concurrency: "6", Rate: 100, TimeLimit: run.Millis(time.Second),
		Quiet: run.Millis(500 * time.Millisecond), Latency: run.Millis(10 * time.Millisecond), LatencyDist: "uniform",
		Topology: "grid", Nemesis: "partition", NemesisInterval: run.Millis(time.Second), Availability: "0.5",
	}, read.settings())
}

func TestTheRatesOfFaultsThatWereAskedForAreRecorded(t *testing.T) {
	p := sound()
	p.Nemesis = "kill,loss,delay"
	p.LossRate, p.DuplicateRate, p.ReorderRate, p.DelayRate, p.DelayMean = 0.1, 0.2, 0.3, 0.4, run.Millis(time.Second)
	p.PhasedMessageFaults, p.NemesisTargets = true, "one,all"
	read, err := p.read()
	require.NoError(t, err)
	s := read.settings()
	require.Equal(t, run.CommaList("kill,loss,delay"), s.Nemesis)
	require.Equal(t, []float64{0.1, 0, 0, 0.4}, []float64{s.LossRate, s.DuplicateRate, s.ReorderRate, s.DelayRate})
	require.Equal(t, run.Millis(time.Second), s.DelayMean)
	require.True(t, s.PhasedMessageFaults)
	require.Equal(t, "one,all", s.NemesisTargets)
}

func TestWithoutANodeCountThereAreMaelstromsFive(t *testing.T) {
	p := sound()
	p.NodeCount, p.Nemesis = 0, ""
	read, err := p.read()
	require.NoError(t, err)
	require.Equal(t, []string{"n1", "n2", "n3", "n4", "n5"}, read.session.Nodes)
	settings := read.settings()
	require.Equal(t, 5, settings.NodeCount)
	require.Equal(t, run.Clients("10"), settings.Concurrency)
	require.Empty(t, settings.Nemesis)
}
