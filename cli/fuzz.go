package cli

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"treecast/experiment"
	"treecast/run"
	"treecast/workload/all"
)

// fuzzCommand is many short runs in virtual time, each with settings and faults
// of its own, until one goes wrong.
type fuzzCommand struct {
	Workload string  `short:"w" default:"broadcast" env:"TREECAST_FUZZ_WORKLOAD" group:"fuzz" help:"What clients ask for: one of the workloads that treecast's own node solves. Default: ${default}."`
	Runs     int     `default:"1000" env:"TREECAST_FUZZ_RUNS" placeholder:"N" group:"fuzz" help:"How many schedules to run. Default: ${default}."`
	Seed     *uint64 `env:"TREECAST_FUZZ_SEED" placeholder:"N" group:"fuzz" help:"Seed of the first schedule; the others count on from it. Default: a fresh one, which is shown."`
	Jobs     int     `default:"0" env:"TREECAST_FUZZ_JOBS" placeholder:"N" group:"fuzz" help:"Schedules at a time; 0: as many as there are processors. What is found does not depend on it. Default: ${default}."`
	Shrink   int     `default:"400" env:"TREECAST_FUZZ_SHRINK" placeholder:"N" group:"fuzz" help:"How many runs to spend on a shorter schedule, once one has failed. Default: ${default}."`
}

// Help is shown below the flags.
func (fuzzCommand) Help() string {
	return `Every schedule is a cluster in virtual time: nodes, tree, rounds, periods, latencies and
faults are drawn from its seed, everything is healed at the end, and the verdict is the
exact one of 'treecast test': the nodes are looked into all the time, and with '-- --journal off'
a value may be missing if every node that had it was killed. -w names another workload than
broadcast, which is judged by its own checker then, and by what the nodes hold.

The first schedule that fails ends it. It is shown with the command that makes it again,
and with a shorter one that fails, too:

    treecast fuzz --runs 10000 --seed 1

What follows -- is passed to every node, beside what is drawn.

Exit codes: 0 none failed, 1 one failed, 130 interrupted, 254 bad arguments, 255 the runs could not be made.`
}

// Run is the fuzzer.
func (c *fuzzCommand) Run(ctx context.Context, s streams, line commandLine) error {
	switch {
	case c.Runs < 1:
		return usageError{fmt.Errorf("--runs is %d; give 1 or more", c.Runs)}
	case c.Jobs < 0:
		return usageError{fmt.Errorf("--jobs is %d; give 0 or more", c.Jobs)}
	case c.Shrink < 0:
		return usageError{fmt.Errorf("--shrink is %d; give 0 or more", c.Shrink)}
	}
	w, err := all.Named(c.Workload)
	if err != nil {
		return usageError{err}
	}
	if !w.Solved {
		return usageError{fmt.Errorf("treecast's own node does not solve the workload %s yet", c.Workload)}
	}
	if _, _, err := nodeSettings(line.nodeArgs); err != nil {
		return err
	}
	if c.Seed == nil {
		var random [8]byte
		if _, err := crand.Read(random[:]); err != nil {
			return fmt.Errorf("drawing a seed: %w", err)
		}
		seed := binary.LittleEndian.Uint64(random[:]) >> 24 // short, to be typed
		c.Seed = &seed
	}
	jobs := c.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	show := newSweepProgress(s.err, time.Now)
	out, err := experiment.Fuzz(ctx, experiment.FuzzPlan{
		Workload: c.Workload, Runs: c.Runs, Seed: *c.Seed, Jobs: jobs, ShrinkRuns: c.Shrink,
		NodeArgs: line.nodeArgs, Nodes: nodeSettings,
		Progress: func(p experiment.FuzzProgress) {
			if !p.Failed {
				show.update(experiment.SweepProgress{Total: p.Total, Done: p.Done})
			}
		},
	})
	show.done()
	if showErr := showFuzz(s.out, *c.Seed, out); showErr != nil {
		return fmt.Errorf("writing the result: %w", showErr)
	}
	switch {
	case out.Failure != nil:
		return exitError{ExitInvalid}
	case ctx.Err() != nil:
		return exitError{ExitInterrupted}
	}
	return err
}

func (*fuzzCommand) patience() time.Duration { return endWithin }
func (*fuzzCommand) leave()                  {}

// showFuzz says what came of it.
func showFuzz(w io.Writer, seed uint64, out experiment.FuzzOutcome) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d schedules from seed %d on", out.Done, seed)
	if out.Done > 0 {
		fmt.Fprintf(&b, ", %.1f ms each", out.CPU.Seconds()*1000/float64(out.Done))
	}
	if len(out.Faults) > 0 {
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(out.Faults)) {
			kinds = append(kinds, fmt.Sprintf("%d %s", out.Faults[kind], kind))
		}
		fmt.Fprintf(&b, "; faults: %s", strings.Join(kinds, ", "))
	}
	if out.Slowest > 0 {
		fmt.Fprintf(&b, "; slowest to spread everything after healing: %.1f s, seed %d", out.Slowest.Seconds(), out.SlowestSeed)
	}
	f := out.Failure
	if f == nil {
		b.WriteString("; none failed\n")
		_, err := io.WriteString(w, b.String())
		return err
	}
	fmt.Fprintf(&b, "\n\nThe schedule of seed %d failed:\n", f.Schedule.Seed)
	findings := func(list []run.Finding) {
		for _, finding := range list {
			fmt.Fprintf(&b, "  %-9s  %s\n", finding.Kind, finding.Text)
		}
	}
	findings(f.Findings)
	fmt.Fprintf(&b, "\nRun it again:\n  %s\n", f.Schedule.Command())
	if short := f.Shortest.Command(); short != f.Schedule.Command() {
		fmt.Fprintf(&b, "\nA shorter one, found in %d runs:\n  %s\n", f.ShrinkRuns, short)
		findings(f.ShortestFindings)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
