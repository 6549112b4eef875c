package cli

import (
	"errors"
	"fmt"
	"time"

	"treecast/experiment"
	"treecast/report"
	"treecast/run"
)

// analyzeCommand judges a stored history again.
type analyzeCommand struct {
	Path              string        `arg:"" help:"A history.edn or history.edn.gz, of treecast or of real Maelstrom, or the directory that it is in."`
	Workload          string        `short:"w" env:"TREECAST_ANALYZE_WORKLOAD" group:"analyze" help:"The workload. Default: what the files beside the history say."`
	ConsistencyModels run.CommaList `type:"text" env:"TREECAST_ANALYZE_CONSISTENCY_MODELS" placeholder:"MODELS" group:"analyze" help:"What transactions must satisfy. Default: as the run was asked."`
	Availability      string        `env:"TREECAST_ANALYZE_AVAILABILITY" placeholder:"GOAL" group:"analyze" help:"What part of the operations must succeed: total, or a fraction. Default: as the run was asked."`
	NodeCount         int           `env:"TREECAST_ANALYZE_NODE_COUNT" placeholder:"N" group:"analyze" help:"How many nodes there were, to name them in findings."`
	Concurrency       string        `env:"TREECAST_ANALYZE_CONCURRENCY" group:"analyze" help:"How many clients there were, such as 10 or 2n."`
	EDN               bool          `name:"edn" env:"TREECAST_ANALYZE_EDN" group:"analyze" help:"Print results in Maelstrom's shape, and nothing else."`
}

// Help is shown below the flags.
func (analyzeCommand) Help() string {
	return `Beside the history, results.json, results.edn or results.edn.gz are read if they are
there, and where the verdict of today differs from theirs is said. What only a live run
can answer - what nodes hold in the end, how they ended - is not asked.

    treecast analyze store/latest
    treecast analyze -w lin-kv maelstrom/store/lin-kv/latest

Exit codes, by Maelstrom's verdict: 0 valid, 1 invalid, 2 unknown; 254 bad arguments or a
file that cannot be used.`
}

// Run judges.
func (c *analyzeCommand) Run(s streams) error {
	q := experiment.Question{Workload: c.Workload, Availability: c.Availability, NodeCount: c.NodeCount, Concurrency: c.Concurrency, ConsistencyModels: c.ConsistencyModels}
	if c.NodeCount < 0 {
		return usageError{fmt.Errorf("--node-count is %d; give 1 or more", c.NodeCount)}
	}
	a, err := experiment.Analyze(c.Path, q)
	if err != nil {
		return inputError{err}
	}
	if c.EDN {
		err = a.Results.WriteEDN(s.out)
	} else {
		err = c.show(s, a)
	}
	return errors.Join(err, exitError{a.Results.Valid.ExitCode()})
}

// show prints both verdicts and where they differ from what is stored.
func (c *analyzeCommand) show(s streams, a *experiment.Analysis) error {
	if err := report.Summary(s.out, a.Results, c.Path); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nNot asked: %s.\n", run.Visible(a.Results.Strict.Unasked))
	switch {
	case a.Stored == nil:
		fmt.Fprintln(s.out, "There are no results beside the history to compare with.")
	case len(a.Differences) == 0:
		fmt.Fprintf(s.out, "The same as in %s.\n", a.StoredPath)
	default:
		fmt.Fprintf(s.out, "Differs from %s:\n", a.StoredPath)
		for _, line := range a.Differences {
			fmt.Fprintf(s.out, "  %s\n", run.Visible(line))
		}
	}
	return nil
}

func (*analyzeCommand) patience() time.Duration { return 0 }
func (*analyzeCommand) leave()                  {}
