package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/experiment"
	"treecast/report"
	"treecast/report/page"
	"treecast/run"
	"treecast/workload/all"
)

// sweepCommand is many runs: every setting of a grid or a list, with several
// seeds.
type sweepCommand struct {
	Name string `arg:"" help:"Name of the sweep, and of its folder below --out."`

	Workload      string   `short:"w" default:"broadcast" env:"TREECAST_SWEEP_WORKLOAD" group:"sweep" help:"What clients ask for, as of 'treecast test'. Default: ${default}."`
	NumChildren   string   `env:"TREECAST_SWEEP_NUM_CHILDREN" placeholder:"K,..." group:"axes" help:"Fan-outs of the tree: numbers, ranges, or what else the node's flag takes."`
	SyncPeriod    string   `env:"TREECAST_SWEEP_SYNC_PERIOD" placeholder:"P,..." group:"axes" help:"Sync periods. Periods and latency targets are one axis: a setting has either. Eager rounds have neither, and come once for all of them."`
	LatencyTarget string   `env:"TREECAST_SWEEP_LATENCY_TARGET" placeholder:"D,..." group:"axes" help:"Latency targets."`
	Rounds        string   `env:"TREECAST_SWEEP_ROUNDS" placeholder:"R,..." group:"axes" help:"Rounds schemes: locked, free, eager."`
	NodeCount     string   `default:"25" env:"TREECAST_SWEEP_NODE_COUNT" placeholder:"N,..." group:"axes" help:"Numbers of nodes. Default: ${default}."`
	Rate          string   `default:"100" env:"TREECAST_SWEEP_RATE" placeholder:"HZ,..." group:"axes" help:"Operations per second, of all clients together. Default: ${default}."`
	Latency       string   `default:"100" env:"TREECAST_SWEEP_LATENCY" placeholder:"MS,..." group:"axes" help:"Mean latencies between nodes, in whole milliseconds. Default: ${default}."`
	LatencyDist   string   `default:"constant" env:"TREECAST_SWEEP_LATENCY_DIST" placeholder:"D,..." group:"axes" help:"Their distributions: constant, uniform, exponential. Default: ${default}."`
	Setting       []string `sep:"none" env:"TREECAST_SWEEP_SETTING" placeholder:"KEY=VALUE ..." group:"axes" help:"One setting of a list, instead of a grid; may be given several times. Keys are the names of the flags above, which then have one value each, for what a setting leaves out."`

	Seeds  int             `default:"5" env:"TREECAST_SWEEP_SEEDS" placeholder:"N" group:"sweep" help:"Runs of each setting. From five on there are confidence intervals, from four on differences can be told from chance. Default: ${default}."`
	Seed   uint64          `default:"1" env:"TREECAST_SWEEP_SEED" placeholder:"N" group:"sweep" help:"Seed of the first run of each setting; the others follow. Default: ${default}."`
	Accept []time.Duration `env:"TREECAST_SWEEP_ACCEPT" placeholder:"D" group:"sweep" help:"Latencies that you can accept: for each the summary says what to choose. Default: round ones."`
	Bound  []string        `sep:"none" env:"TREECAST_SWEEP_BOUND" placeholder:"FIGURE<=VALUE" group:"sweep" help:"How large a figure may be, by its column in runs.csv: 'delivery_max_ms<=4000', 'lost_values<=0'. A run beyond it makes the exit code 1. May be given several times."`
	Resume bool            `env:"TREECAST_SWEEP_RESUME" group:"sweep" help:"Go on with a sweep that was stopped. All else must be as it was begun."`
	Out    string          `default:"results" env:"TREECAST_SWEEP_OUT" placeholder:"DIR" group:"sweep" help:"Where the sweep's folder is made. Default: ${default}."`

	Driver  string `default:"virtual" enum:"virtual,process" env:"TREECAST_SWEEP_DRIVER" group:"sweep" help:"virtual: treecast's own nodes in virtual time, as many runs at a time as there are processors. process: real processes in real time, one run at a time. Default: ${default}."`
	Virtual bool   `env:"TREECAST_SWEEP_VIRTUAL" group:"sweep" help:"The same as --driver virtual."`
	Jobs    int    `default:"0" env:"TREECAST_SWEEP_JOBS" placeholder:"N" group:"sweep" help:"Runs at a time in virtual time; 0: as many as there are processors. Figures do not depend on it. Default: ${default}."`
	Bin     string `type:"program" env:"TREECAST_SWEEP_BIN" placeholder:"FILE" group:"sweep" help:"The node to run, with --driver process: any Maelstrom binary. Default: treecast itself."`
	Store   string `default:"store" env:"TREECAST_SWEEP_STORE" placeholder:"DIR" group:"sweep" help:"Where the files of single runs are kept, with --driver process. Default: ${default}."`

	TimeLimit       run.Millis    `type:"seconds" default:"20" env:"TREECAST_SWEEP_TIME_LIMIT" placeholder:"S" group:"runs" help:"Seconds of load. Default: ${default}."`
	QuietTime       run.Millis    `type:"seconds" default:"10" env:"TREECAST_SWEEP_QUIET_TIME" placeholder:"S" group:"runs" help:"Seconds of quiet between the load and the final reads. Default: ${default}."`
	Concurrency     run.Clients   `type:"text" default:"1n" env:"TREECAST_SWEEP_CONCURRENCY" group:"runs" help:"How many clients: a number, or a number and n for so many per node. Default: ${default}."`
	Topology        string        `default:"grid" env:"TREECAST_SWEEP_TOPOLOGY" group:"runs" help:"The neighbours that a topology request names. Default: ${default}."`
	Nemesis         run.CommaList `type:"text" env:"TREECAST_SWEEP_NEMESIS" placeholder:"FAULTS" group:"runs" help:"What goes wrong, as of 'treecast test'. Default: nothing."`
	NemesisInterval run.Millis    `type:"seconds" default:"10" env:"TREECAST_SWEEP_NEMESIS_INTERVAL" placeholder:"S" group:"runs" help:"Mean seconds between the steps of the nemesis. Default: ${default}."`
	NemesisPlan     []string      `sep:"none" env:"TREECAST_SWEEP_NEMESIS_PLAN" placeholder:"STEPS" group:"runs" help:"What goes wrong when, as of 'treecast test', instead of what --nemesis draws. May be given several times: every setting is run with each plan."`
	NemesisTargets  string        `env:"TREECAST_SWEEP_NEMESIS_TARGETS" placeholder:"NODES" group:"runs" help:"Whom kills, pauses and the like strike, as of 'treecast test'."`
	Availability    string        `env:"TREECAST_SWEEP_AVAILABILITY" placeholder:"GOAL" group:"runs" help:"What part of the operations must succeed: total, or a fraction. Default: no goal."`
}

// Help is shown below the flags.
func (sweepCommand) Help() string {
	return `A sweep runs a test for every combination of its axes, with several seeds each, and
says which settings pass, which none beats in both messages and latency, and which to
choose. Without an axis the defaults of 'treecast node' and of challenge 3d hold.

Values of an axis are separated by commas; FROM..TO/STEP is a range of them:

    treecast sweep fanout-period --num-children 2,3,4,5,8,24 --sync-period 100ms..1800ms/100ms
    treecast sweep schemes --rounds locked,free,eager --sync-period 150ms,450ms --accept 400ms,1s
    treecast sweep size --node-count 5,25,100 --num-children 10 --latency-dist constant,exponential
    treecast sweep picks --setting 'num-children=24 sync-period=450ms' --setting latency-target=600ms
    treecast sweep faults --nemesis-plan '5s kill n0' --nemesis-plan '5s partition n0-n11|n12-n24; 9s heal' --bound 'lost_values<=0'
    treecast sweep real --driver process --seeds 4 --latency-target 400ms,1s -- --ack-delay 1s

What follows -- is passed to every node. results/NAME/ gets

    runs.csv     one line per run: every setting, the seed, verdicts and figures
    summary.md   what to choose, the frontier, every setting, every run that was not valid
    *.svg        messages against latency, and both by sync period
    sweep.json   what was asked for, and the version and machine that made it

Runs in virtual time are the same whenever and wherever they are made. Ctrl-C keeps what
is done; the same command with --resume goes on.

Exit codes: 0 every run valid and within its bounds, 1 some not, 2 some unknown, 130 interrupted, 254 bad arguments, 255 the sweep could not be made.`
}

// Run makes the sweep.
func (c *sweepCommand) Run(ctx context.Context, s streams, line commandLine) error {
	if err := errors.Join(c.check(), c.checkUnused(line)); err != nil {
		return usageError{err}
	}
	points, err := c.points()
	if err != nil {
		return usageError{err}
	}
	if points, err = c.withPlans(points); err != nil {
		return usageError{err}
	}
	bounds, err := c.bounds()
	if err != nil {
		return usageError{err}
	}
	plan := experiment.SweepPlan{
		Dir: filepath.Join(c.Out, c.Name), Resume: c.Resume, FirstSeed: c.Seed, Seeds: c.Seeds, Jobs: c.jobs(),
		Record: run.Sweep{
			Name: c.Name, Version: version(), Command: line.again(), Machine: experiment.ThisMachine(), Environment: line.nodeEnv(),
		},
		Options: experiment.Options{Store: c.Store, Version: version()},
	}
	for _, p := range points {
		one, treecast, err := c.plan(p, s, line)
		if err != nil {
			return err
		}
		plan.Plans = append(plan.Plans, one)
		if plan.Record.ProgramSHA256 == "" {
			if plan.Record.Program, plan.Record.ProgramSHA256, err = one.Program(c.Bin != ""); err != nil {
				return inputError{err}
			}
		}
		plan.Options.PollHealth = treecast
	}
	show := newSweepProgress(s.err, time.Now)
	plan.Progress = show.update
	rows, record, err := experiment.Sweep(ctx, plan)
	show.done()
	interrupted := err != nil && ctx.Err() != nil
	switch {
	case record == nil:
		return err // nothing was begun
	case err != nil && !interrupted:
		return err
	}
	if err := c.write(plan.Dir, record, rows); err != nil {
		return err
	}
	if err := report.SweepChoice(s.out, record, rows, c.Accept); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	fmt.Fprintf(s.out, "\nfiles  %s\n", filepath.Join(plan.Dir, "summary.md"))
	if interrupted {
		fmt.Fprintf(s.err, "The sweep was interrupted; what is done is kept. Go on with:\n  %s\n", strings.Join(line.again("--resume"), " "))
		return exitError{ExitInterrupted}
	}
	tooLarge := exceeding(rows, bounds)
	for _, text := range tooLarge {
		fmt.Fprintf(s.out, "beyond its bound  %s\n", text)
	}
	if err := verdictOf(rows); err != nil || len(tooLarge) == 0 {
		return err
	}
	return exitError{ExitInvalid}
}

// patience is for what a sweep leaves in order when it is interrupted.
func (*sweepCommand) patience() time.Duration { return endWithin }
func (*sweepCommand) leave()                  { run.Abandon() }

// endWithin is how long commands that make runs may take to end.
const endWithin = 5 * time.Second

// check looks at flags that stand for themselves.
func (c *sweepCommand) check() error {
	switch {
	case c.Name == "" || c.Name != filepath.Base(c.Name) || strings.HasPrefix(c.Name, "."):
		return fmt.Errorf("%q cannot be the name of a folder; --out says where it is made", c.Name)
	case c.Seeds < 1 || c.Seeds > experiment.MaxSettings:
		return fmt.Errorf("--seeds is %d; give 1 to %d", c.Seeds, experiment.MaxSettings)
	case c.Jobs < 0:
		return fmt.Errorf("--jobs is %d; give 0 or more", c.Jobs)
	case c.Virtual && c.Driver == "process":
		return errors.New("--virtual and --driver process exclude each other: leave one of them out")
	case c.Driver == "process" && c.Jobs > 1:
		return fmt.Errorf("--jobs is %d; runs of real processes would disturb each other, so they go on one at a time", c.Jobs)
	case c.Driver == "virtual" && c.Bin != "":
		return fmt.Errorf("--bin %s needs --driver process: virtual time is for treecast's own nodes", c.Bin)
	}
	for _, d := range c.Accept {
		if d <= 0 {
			return fmt.Errorf("--accept has %v; give latencies above 0", d)
		}
	}
	return nil
}

func (c *sweepCommand) jobs() int {
	switch {
	case c.Driver == "process":
		return 1
	case c.Jobs == 0:
		return runtime.GOMAXPROCS(0)
	default:
		return c.Jobs
	}
}

// points are the settings that the axes, or the list, come to.
func (c *sweepCommand) points() ([]run.Spec, error) {
	test, err := defaultTest()
	if err != nil {
		return nil, err
	}
	common := test.Spec
	load, err := all.Named(c.Workload)
	if err != nil {
		return nil, usageError{err}
	}
	if load.SolvedAt != "" {
		common.ConsistencyModels = run.CommaListOf(load.SolvedAt)
	}
	common.Workload, common.Driver, common.Bin = load.Name, c.Driver, c.Bin
	common.TimeLimit, common.Quiet, common.Concurrency, common.Topology = c.TimeLimit, c.QuietTime, c.Concurrency, c.Topology
	common.Nemesis, common.NemesisInterval, common.Availability = c.Nemesis, c.NemesisInterval, c.Availability
	common.NemesisTargets = c.NemesisTargets
	points, err := experiment.Grid{
		"node-count": c.NodeCount, "rate": c.Rate, "latency": c.Latency, "latency-dist": c.LatencyDist,
		"rounds": c.Rounds, "num-children": c.NumChildren, "sync-period": c.SyncPeriod, "latency-target": c.LatencyTarget,
	}.Points(common)
	if err != nil || len(c.Setting) == 0 {
		return points, err
	}
	if len(points) > 1 {
		return nil, fmt.Errorf("the axes make %d settings, and --setting names others: give a grid or a list", len(points))
	}
	var out []run.Spec
	for _, text := range c.Setting {
		p, err := experiment.ParsePoint(text, points[0])
		switch {
		case err != nil:
			return nil, fmt.Errorf("--setting: %w", err)
		case slices.Contains(out, p):
			return nil, fmt.Errorf("--setting: %q is the same as one before it", text)
		}
		out = append(out, p)
	}
	return out, nil
}

// plan is what to run for a point, as 'treecast test' would with the same flags,
// and whether its nodes are treecast's own.
func (c *sweepCommand) plan(p run.Spec, s streams, line commandLine) (experiment.Plan, bool, error) {
	for _, arg := range line.nodeArgs {
		if name, _, _ := strings.Cut(arg, "="); slices.Contains(run.TunedFlags(), name) {
			return experiment.Plan{}, false, usageError{fmt.Errorf("%s is an axis of the sweep: put it before --", name)}
		}
	}
	test, err := defaultTest()
	if err != nil {
		return experiment.Plan{}, false, err
	}
	if p.NodeCount < 1 {
		return experiment.Plan{}, false, usageError{fmt.Errorf("--node-count is %d; give 1 or more", p.NodeCount)}
	}
	own := c.Bin == ""
	if self, err := os.Executable(); err == nil && !own {
		own = sameFile(c.Bin, self)
	}
	if own {
		if err := tuned(&p, line.nodeArgs); err != nil {
			return experiment.Plan{}, false, err
		}
	}
	test.Spec, test.Seed, test.Virtual = p, &c.Seed, c.Driver == "virtual"
	plan, options, err := test.plan(s, commandLine{nodeArgs: line.nodeArgs, env: line.env}, 0)
	return plan, options.PollHealth, err
}

// tuned names what is tuned of treecast's nodes even where it is the default, so that
// the record does.
func tuned(p *run.Spec, more []string) error {
	cfg, _, err := nodeSettings(append(p.NodeArgs(), more...))
	if err != nil {
		return err
	}
	g := gossipSettings(cfg, p.Workload, p.NodeCount)
	if p.NumChildren = strconv.Itoa(cfg.NumChildren); cfg.NumChildren == 0 {
		p.NumChildren = "auto"
	}
	p.Rounds = g.Rounds
	if p.LatencyTarget = g.LatencyTarget; p.LatencyTarget == 0 && g.Rounds != "eager" {
		p.SyncPeriod = g.SyncPeriod
	}
	return nil
}

// write writes the summary and the charts of a sweep.
func (c *sweepCommand) write(dir string, record *run.Sweep, rows []run.Row) error {
	err := run.WriteFile(filepath.Join(dir, "summary.md"), func(w io.Writer) error { return report.Sweep(w, record, rows, c.Accept) })
	for name, text := range page.SweepCharts(rows) {
		err = errors.Join(err, run.WriteFile(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}))
	}
	return err
}

// verdictOf is the exit code of a sweep: that of its worst run.
func verdictOf(rows []run.Row) error {
	verdict := run.Valid
	for i := range rows {
		verdict = run.MergeVerdicts(verdict, rows[i].Valid, rows[i].Strict)
	}
	if code := verdict.ExitCode(); code != ExitOK {
		return exitError{code}
	}
	return nil
}
