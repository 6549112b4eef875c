package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"treecast/experiment"
	"treecast/run"
	"treecast/workload/all"
)

// demoCommand puts treecast's own node through every workload that it solves.
type demoCommand struct {
	TimeLimit run.Millis    `type:"seconds" default:"10" env:"TREECAST_DEMO_TIME_LIMIT" placeholder:"S" group:"demo" help:"Seconds of load, of each. Default: ${default}."`
	Rate      float64       `default:"50" env:"TREECAST_DEMO_RATE" placeholder:"HZ" group:"demo" help:"Operations per second. Default: ${default}."`
	NodeCount int           `type:"nodes" default:"5" env:"TREECAST_DEMO_NODE_COUNT" placeholder:"N" group:"demo" help:"How many nodes. Default: ${default}."`
	Latency   run.Millis    `type:"wholemillis" default:"10" env:"TREECAST_DEMO_LATENCY" placeholder:"MS" group:"demo" help:"Mean latency between nodes. Default: ${default}."`
	Nemesis   run.CommaList `type:"text" default:"partition" env:"TREECAST_DEMO_NEMESIS" placeholder:"FAULTS" group:"demo" help:"What goes wrong, as in a test. Default: ${default}."`
	Virtual   bool          `env:"TREECAST_DEMO_VIRTUAL" group:"demo" help:"In virtual time, in a fraction of the time."`
	Seed      *uint64       `env:"TREECAST_DEMO_SEED" placeholder:"N" group:"demo" help:"Seed of all that is drawn. Default: a fresh one."`
	Store     string        `default:"store" env:"TREECAST_DEMO_STORE" placeholder:"DIR" group:"demo" help:"Where the files of runs are kept. Default: ${default}."`
}

// Help is shown below the flags.
func (demoCommand) Help() string {
	return `It is a self-test: every workload that treecast's own node solves, one after the other,
and the verdicts as a table.

Exit codes: 0 all valid and strict, 1 some are not, 2 some are unknown, 255 some could not be made.`
}

// Run carries out the tests.
func (c *demoCommand) Run(ctx context.Context, s streams, line commandLine) error {
	t := table.NewWriter()
	t.SetStyle(table.Style{Box: table.StyleBoxLight, Options: table.OptionsNoBordersAndSeparators})
	t.AppendHeader(table.Row{"workload", "valid?", "strict?", "ok-fraction", "msgs-per-op", "files"})
	code := ExitOK
	for _, name := range all.Names() {
		w, err := all.Named(name)
		if err != nil {
			return err
		}
		if !w.Solved {
			continue
		}
		fmt.Fprintf(s.err, "\n%s\n", name)
		results, dir, err := c.once(ctx, s, line, name)
		if err != nil {
			if usage := (usageError{}); errors.As(err, &usage) {
				return err
			}
			t.AppendRow(table.Row{name, "-", "-", "-", "-", err.Error()})
			code = ExitCrashed
			continue
		}
		verdict := run.MergeVerdicts(results.Valid, results.Strict.Valid)
		perOp := "-"
		if v := results.Net.Servers.MsgsPerOp; v != nil {
			perOp = fmt.Sprintf("%.3f", *v)
		}
		t.AppendRow(table.Row{name, results.Valid, results.Strict.Valid, fmt.Sprintf("%.4f", results.Availability.OKFraction), perOp, dir})
		code = max(code, map[run.Verdict]int{run.Valid: ExitOK, run.Invalid: 3, run.Unknown: 2}[verdict])
	}
	fmt.Fprintln(s.out, t.Render())
	if code == 3 {
		code = ExitInvalid
	}
	if code != ExitOK {
		return exitError{code}
	}
	return nil
}

// once carries out the test of one workload, as 'treecast test' does with the same
// flags.
func (c *demoCommand) once(ctx context.Context, s streams, line commandLine, name string) (*run.Results, string, error) {
	test, err := defaultTest()
	if err != nil {
		return nil, "", err
	}
	test.Workload, test.TimeLimit, test.Rate, test.NodeCount, test.Latency = name, c.TimeLimit, c.Rate, c.NodeCount, c.Latency
	test.Nemesis, test.Store, test.Virtual, test.Seed = c.Nemesis, c.Store, c.Virtual, c.Seed
	if w, err := all.Named(name); err == nil && w.SolvedAt != "" {
		test.ConsistencyModels = run.CommaListOf(w.SolvedAt)
	}
	plan, options, err := test.plan(s, commandLine{nodeArgs: line.nodeArgs, env: line.env}, 0)
	if err != nil {
		return nil, "", err
	}
	options.Command = strings.Fields(plan.ShortCommand("--store", c.Store))
	show := newProgress(s.err, plan)
	options.Progress = show.update
	results, dir, err := experiment.Test(ctx, plan, options)
	show.done()
	if err == nil {
		if err := writePage(dir); err != nil {
			fmt.Fprintf(s.err, "treecast: no page was drawn: %v\n", err)
		}
	}
	return results, dir, err
}

func (*demoCommand) patience() time.Duration { return endWithin }
func (*demoCommand) leave()                  { run.Abandon() }
