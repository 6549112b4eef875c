package experiment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"treecast/run"
	"treecast/testbed/virtual"
)

// FuzzPlan is what a fuzzer is to do.
type FuzzPlan struct {
	Workload string // one that treecast's own node solves; empty: the default
	Runs     int    // schedules, at least 1
	Seed     uint64 // of the first; the next ones count on from it
	Jobs     int    // schedules at a time, at least 1
	// ShrinkRuns is how many runs may be spent on a shorter schedule than the
	// one that failed; 0 for none.
	ShrinkRuns int

	NodeArgs []string // of every node, beside those that are drawn
	// Nodes reads the arguments of nodes as the command line does.
	Nodes func(args []string) (virtual.NodeConfig, slog.Level, error)

	// Progress is told of every schedule that is done, and of every run of a
	// failure's shortening, one at a time. May be nil.
	Progress func(FuzzProgress)
}

// FuzzProgress is how far a fuzzer is.
type FuzzProgress struct {
	Total, Done int
	Failed      bool // a schedule has failed, and is being shortened
	ShrinkRuns  int
}

// FuzzOutcome is what came of it.
type FuzzOutcome struct {
	Done   int            // schedules that were run
	CPU    time.Duration  // spent on them, by the clock of the jobs
	Faults map[string]int // how many faults there were, by kind
	// Slowest is how long after everything was healed the slowest of the clusters
	// had spread all that its nodes knew, and SlowestSeed that schedule's seed.
	Slowest     time.Duration
	SlowestSeed uint64
	Failure     *FuzzFailure // nil if none failed
}

// FuzzFailure is a schedule that failed.
type FuzzFailure struct {
	Schedule Schedule
	Findings []run.Finding

	// Shortest is the shortest schedule that was found to fail, too; it may be
	// the same.
	Shortest         Schedule
	ShortestFindings []run.Finding
	ShrinkRuns       int
}

// Fuzz runs schedules until one fails, and shortens that one. Of several that
// fail it is the first, however many jobs there are. If ctx ends, it stops; the
// error is ctx's, and the outcome says what was done. Any other error is one of
// the plan's.
func Fuzz(ctx context.Context, p FuzzPlan) (FuzzOutcome, error) {
	if p.Runs < 1 || p.Jobs < 1 || p.Nodes == nil {
		return FuzzOutcome{}, errors.New("a fuzzer needs runs, jobs and a reader of nodes' arguments")
	}
	f := &fuzzer{FuzzPlan: p, failed: p.Runs}
	f.outcome.Faults = map[string]int{}
	if err := f.carryOut(ctx); err != nil {
		return f.outcome, err
	}
	if f.outcome.Failure != nil {
		f.shorten(ctx)
	}
	return f.outcome, ctx.Err()
}

// fuzzer is one under way.
type fuzzer struct {
	FuzzPlan

	mu      sync.Mutex // guards what follows
	next    int
	failed  int // the first schedule that failed; Runs: none
	outcome FuzzOutcome
}

// carryOut runs schedules on all jobs.
func (f *fuzzer) carryOut(ctx context.Context) error {
	var group errgroup.Group
	for range f.Jobs {
		group.Go(func() error {
			for {
				number, more := f.take(ctx)
				if !more {
					return nil
				}
				s := DrawSchedule(f.Seed + uint64(number))
				s.Workload, s.More = f.Workload, f.NodeArgs
				began := time.Now()
				results, err := f.one(ctx, s)
				if ctx.Err() != nil {
					return nil
				}
				if err != nil {
					return fmt.Errorf("%s: %w", s.Command(), err)
				}
				f.done(number, s, results, time.Since(began))
			}
		})
	}
	return group.Wait()
}

// take hands out the number of the next schedule. Once one has failed only
// those before it are of interest.
func (f *fuzzer) take(ctx context.Context) (number int, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil || f.next >= f.failed {
		return 0, false
	}
	f.next++
	return f.next - 1, true
}

func (f *fuzzer) done(number int, s Schedule, r *run.Results, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcome.Done++
	f.outcome.CPU += took
	for _, fault := range r.Faults {
		f.outcome.Faults[fault.Kind]++
	}
	for _, t := range r.Tables {
		if t.Name != exactTable {
			continue
		}
		if took := time.Duration(t.Rows[0][0].(int64)) * time.Millisecond; took > f.outcome.Slowest {
			f.outcome.Slowest, f.outcome.SlowestSeed = took, s.Seed
		}
	}
	if r.Strict.Valid == run.Invalid && number < f.failed {
		f.failed = number
		f.outcome.Failure = &FuzzFailure{Schedule: s, Findings: r.Strict.Findings, Shortest: s, ShortestFindings: r.Strict.Findings}
	}
	f.tell()
}

func (f *fuzzer) tell() {
	if f.Progress == nil {
		return
	}
	p := FuzzProgress{Total: f.Runs, Done: f.outcome.Done}
	if failure := f.outcome.Failure; failure != nil {
		p.Failed, p.ShrinkRuns = true, failure.ShrinkRuns
	}
	f.Progress(p)
}

// one runs a schedule. A panic of the bed is a failure like any other.
func (f *fuzzer) one(ctx context.Context, s Schedule) (results *run.Results, err error) {
	defer func() {
		if value := recover(); value != nil {
			results, err = &run.Results{Strict: run.Strict{Valid: run.Invalid, Findings: []run.Finding{{
				Kind: run.FindingCrash, Count: 1, Text: fmt.Sprintf("the test bed panicked: %v\n%s", value, debug.Stack()),
			}}}}, nil
		}
	}()
	p, err := s.Plan(f.Nodes)
	if err != nil {
		return nil, err
	}
	p.NodeLogLevel = slog.LevelError // nobody reads it
	results, err = Measure(ctx, p, Options{Command: strings.Fields(s.Command())})
	if err != nil && results != nil && results.Strict.Valid != run.Invalid {
		results.Strict = run.Strict{Valid: run.Invalid, Findings: []run.Finding{{Kind: run.FindingCrash, Count: 1, Text: err.Error()}}}
	}
	if results != nil {
		err = nil
	}
	return results, err
}

// shorten looks for a shorter schedule that fails, too.
func (f *fuzzer) shorten(ctx context.Context) {
	failure := f.outcome.Failure
	shrink(failure.Schedule, f.ShrinkRuns, func(s Schedule) bool {
		failure.ShrinkRuns++
		f.tell()
		results, err := f.one(ctx, s)
		if ctx.Err() != nil || err != nil || results.Strict.Valid != run.Invalid {
			return false
		}
		failure.Shortest, failure.ShortestFindings = s, results.Strict.Findings
		return true
	})
}
