package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"treecast/run"
)

// SweepPlan is what a sweep is to do: some plans, each with several seeds.
type SweepPlan struct {
	Dir    string // that gets runs.csv and sweep.json
	Resume bool   // go on with what is there

	Plans     []Plan // one per setting; their seeds do not count
	FirstSeed uint64
	Seeds     int // runs of each setting: FirstSeed, FirstSeed+1, ...
	Jobs      int // runs at a time

	// Name, Version, Command, Machine and Environment of Record are kept in
	// sweep.json; the rest is filled in.
	Record  run.Sweep
	Options Options // of every run; Store only for real processes

	// Progress is told of every run that is done, one at a time. May be nil.
	Progress func(SweepProgress)
}

// SweepProgress is how far a sweep is.
type SweepProgress struct {
	Total, Done int
	Kept        int // of those done, runs that were there before
	Bad         int // of those done, runs that are not valid, by either verdict
}

// Sweep makes the runs of a plan and returns them all, setting by setting, with
// the record that was kept of them. Every run is in runs.csv as soon as it is
// done. A run that is not valid, or could not be made, is a row like any other.
// If ctx ends, runs under way are given up, what is done is kept, and the error
// is ctx's.
func Sweep(ctx context.Context, p SweepPlan) ([]run.Row, *run.Sweep, error) {
	s, err := p.open()
	if err != nil {
		return nil, nil, err
	}
	err = s.carryOut(ctx)
	rows, closeErr := s.close(err == nil)
	if err == nil {
		err = closeErr
	}
	return rows, &s.folder.record, err
}

// sweep is one under way.
type sweep struct {
	SweepPlan
	settings []run.Spec // of the plans
	folder   *sweepFolder

	mu       sync.Mutex // guards what follows, and the folder
	done     map[runKey]run.Row
	progress SweepProgress
}

// runKey tells the runs of a sweep apart.
type runKey struct {
	setting run.Spec
	seed    uint64
}

// open checks a plan and opens its folder.
func (p SweepPlan) open() (*sweep, error) {
	if len(p.Plans) == 0 || p.Seeds < 1 || p.Jobs < 1 {
		return nil, fmt.Errorf("a sweep needs settings, seeds and jobs, not %d, %d and %d", len(p.Plans), p.Seeds, p.Jobs)
	}
	s := &sweep{SweepPlan: p, done: map[runKey]run.Row{}}
	record := p.Record
	record.FirstSeed, record.SeedCount, record.Started = p.FirstSeed, p.Seeds, time.Now().UTC().Truncate(time.Second)
	known := map[run.Spec]bool{}
	for _, plan := range p.Plans {
		read, err := plan.read()
		if err != nil {
			return nil, err
		}
		setting := read.settings().Setting()
		if known[setting] {
			return nil, fmt.Errorf("two settings come to the same: treecast %s", strings.Join(setting.Flags(), " "))
		}
		known[setting] = true
		s.settings = append(s.settings, setting)
		record.Settings = append(record.Settings, strings.Join(setting.Flags(), " "))
	}
	folder, rows, err := openSweepFolder(p.Dir, record, p.Resume)
	if err != nil {
		return nil, err
	}
	s.folder = folder
	for _, row := range rows {
		key := runKey{row.Spec, row.Seed}
		if !known[row.Spec] || row.Seed-p.FirstSeed >= uint64(p.Seeds) {
			folder.runs.Close()
			folder.unlock()
			return nil, fmt.Errorf("%s has a run that is none of this sweep: %s; delete the file to make its runs again", folder.path(run.RunsFile), row.Command(row.Seed))
		}
		if _, twice := s.done[key]; !twice {
			s.done[key] = row
			s.progress.Kept++
			s.count(row)
		}
	}
	s.progress.Total = len(p.Plans) * p.Seeds
	return s, nil
}

// count counts a row that is done.
func (s *sweep) count(row run.Row) {
	s.progress.Done++
	if row.Valid != run.Valid || row.Strict != run.Valid || row.Error != "" {
		s.progress.Bad++
	}
}

// carryOut makes the runs that are missing: every setting with the first seed,
// then with the second, so that a sweep that is stopped has seen something of
// every setting, and the time left is foreseen well.
func (s *sweep) carryOut(ctx context.Context) error {
	s.tell()
	type job struct {
		at  int
		key runKey
	}
	var missing []job
	for i := range s.Seeds {
		for at, setting := range s.settings {
			key := runKey{setting, s.FirstSeed + uint64(i)}
			if _, done := s.done[key]; !done {
				missing = append(missing, job{at, key})
			}
		}
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(s.Jobs)
	for _, j := range missing {
		if within.Err() != nil {
			break
		}
		group.Go(func() error { return s.one(within, j.at, j.key) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// one makes one run and keeps its row.
func (s *sweep) one(ctx context.Context, at int, key runKey) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	plan := s.Plans[at]
	plan.Seed = key.seed
	options := s.Options
	options.Command = strings.Fields(key.setting.Command(key.seed))
	var results *run.Results
	var err error
	if plan.Driver == Virtual {
		results, err = Measure(ctx, plan, options)
	} else {
		results, _, err = Test(ctx, plan, options)
	}
	if ctx.Err() != nil || (results != nil && results.Interrupted) {
		return ctx.Err()
	}
	row := run.Row{Spec: key.setting, Seed: key.seed, Valid: run.Unknown, Strict: run.Unknown}
	if results != nil {
		row = run.RowOf(results)
	}
	if err != nil && row.Error == "" {
		row.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.folder.append(row); err != nil {
		return err
	}
	s.done[key] = row
	s.count(row)
	s.tell()
	return nil
}

func (s *sweep) tell() {
	if s.Progress != nil {
		s.Progress(s.progress)
	}
}

// close puts the rows in order and leaves the folder.
func (s *sweep) close(complete bool) ([]run.Row, error) {
	place := map[run.Spec]int{}
	for at, setting := range s.settings {
		place[setting] = at
	}
	rows := make([]run.Row, 0, len(s.done))
	for _, row := range s.done {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b run.Row) int {
		if x, y := place[a.Spec], place[b.Spec]; x != y {
			return x - y
		}
		if a.Seed < b.Seed {
			return -1
		}
		return 1
	})
	return rows, s.folder.close(rows, complete)
}
