package cli

import (
	"errors"
	"fmt"
	"time"

	"treecast/analysis"
	"treecast/experiment"
	"treecast/report"
	"treecast/run"
)

// compareCommand puts runs side by side.
type compareCommand struct {
	Paths  []string `arg:"" name:"path" help:"What to compare, the base first: files results.json or results.edn, folders of runs, sweeps."`
	Format string   `default:"text" enum:"text,markdown,csv,json" env:"TREECAST_COMPARE_FORMAT" group:"compare" help:"text, markdown, csv or json. Default: ${default}."`
}

// Help is shown below the flags.
func (compareCommand) Help() string {
	return `Messages per operation and per broadcast, stable latencies and verdicts of any mix of

    store/broadcast/latest            the folder of a run, of treecast or of Maelstrom
    results.json, results.edn         the files in it; real Maelstrom has the latter
    store/broadcast                   a folder of such folders: repeated runs, by their settings
    results/fanout-period             a sweep

with the ratio to the first, or, after a sweep, to the same setting in it. Where there are
four runs or more on both sides, a * marks a significant difference and a ~ one that chance
explains (Mann-Whitney U test, p < 0.05).

    treecast compare store/broadcast/latest maelstrom/store/broadcast/latest/results.edn
    treecast compare before/store/broadcast after/store/broadcast
    treecast compare --format markdown results/old results/new

Exit codes: 0 compared, 254 bad arguments or a file that cannot be compared.`
}

// Run compares.
func (c *compareCommand) Run(s streams) error {
	var entries []analysis.Entry
	var errs []error
	for _, path := range c.Paths {
		entry, err := experiment.Load(path)
		entries, errs = append(entries, entry), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return inputError{err}
	}
	return report.Comparison(s.out, analysis.CompareEntries(entries), c.Format)
}

// inputError is a file that a command was given and cannot use. Flags have
// nothing to do with it.
type inputError struct{ err error }

func (e inputError) Error() string { return e.err.Error() }

func (*compareCommand) patience() time.Duration { return 0 }
func (*compareCommand) leave()                  {}
func (*summaryCommand) patience() time.Duration { return 0 }
func (*summaryCommand) leave()                  {}

// summaryCommand judges one run by the challenges.
type summaryCommand struct {
	File      string   `arg:"" help:"A results.json, a results.edn of Maelstrom or treecast, or the folder of a run."`
	Challenge []string `env:"TREECAST_SUMMARY_CHALLENGE" placeholder:"NAME,..." group:"summary" help:"Judge by these (1 to 6c), whatever the settings are, and pass only if all of them are. Default: those whose settings the run has."`
}

// Help is shown below the flags.
func (summaryCommand) Help() string {
	return `Shows what a run came to, and PASS or FAIL against the Fly.io challenges 1 to 6c, bound
by bound:

    treecast summary store/broadcast/latest
    treecast summary --challenge 3d maelstrom/store/broadcast/latest/results.edn
    treecast summary --challenge 5c maelstrom/store/kafka/latest/results.edn

A run of 3d's settings is one of 3e's too; it passes if it keeps the bounds of one of them.
A results.edn does not say what its settings were: without --challenge it passes if it is
valid, and one of broadcasts is shown against 3a to 3e. A run passes no challenge of another
workload, and none with figures that cannot be.

Exit codes: 0 passed, 1 not passed, 254 bad arguments or a file that cannot be read.`
}

// Run judges.
func (c *summaryCommand) Run(s streams) error {
	r, err := experiment.LoadResults(c.File)
	if err != nil {
		return inputError{err}
	}
	known := r.Settings.Workload != "" // of EDN nothing is
	names := c.Challenge
	if len(names) == 0 && !known && experiment.IsBroadcast(r) {
		names = experiment.BroadcastChallengeNames()
	}
	challenges, err := experiment.Judge(r, names...)
	if err != nil {
		return usageError{err}
	}
	r.Challenges = nil // shown below, in full
	if err := report.Summary(s.out, r, c.File); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	passed := 0
	for _, challenge := range challenges {
		if challenge.Passed {
			passed++
		}
	}
	switch {
	case len(challenges) == 0 && !known:
	case len(challenges) == 0:
		fmt.Fprintln(s.out, "\nThese are the settings of no challenge; name one by --challenge to judge by its bounds.")
	default:
		fmt.Fprintln(s.out)
		if err := report.Challenges(s.out, challenges); err != nil {
			return fmt.Errorf("writing the summary: %w", err)
		}
	}
	ok := passed > 0
	switch {
	case len(c.Challenge) > 0:
		ok = passed == len(challenges)
	case !known: // no strict verdict is in a results.edn
		fmt.Fprintln(s.out, "\nThe file does not say what the settings were; name the challenge it was by --challenge.")
		ok = r.Valid == run.Valid
	case len(challenges) == 0:
		ok = r.Valid == run.Valid && r.Strict.Valid == run.Valid
	}
	if !ok {
		return exitError{ExitInvalid}
	}
	return nil
}
