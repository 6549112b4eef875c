// Command measure runs sets of settings, with real processes unless a set says
// otherwise, and writes their figures, each with the command that made it, to results/. It is run by hand:
//
//	go run ./scripts/measure --help
//
// Each setting takes about half a minute per run. One run is under way at a
// time, so that runs do not disturb each other, unless --jobs says otherwise.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"treecast/analysis"
	"treecast/run"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./scripts/measure [--runs N] [--jobs N] [--out DIR] SET...\n\nSets: %s\n\n", strings.Join(names(), ", "))
		flags.PrintDefaults()
	}
	runs := flags.Int("runs", 5, "runs of each setting; figures are medians")
	jobs := flags.Int("jobs", 1, "runs of a setting under way at a time; more than 1 where verdicts count, not latencies")
	out := flags.String("out", "results", "directory that gets SET.md and SET.csv")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 || *runs < 1 || *jobs < 1 {
		flags.Usage()
		return fmt.Errorf("name one or more sets, and at least 1 run and 1 job")
	}
	work, err := os.MkdirTemp("", "measure-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	bin := filepath.Join(work, "treecast")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building treecast (run this from its top directory): %w: %s", err, text)
	}
	for _, name := range flags.Args() {
		set, ok := sets[name]
		if !ok {
			return fmt.Errorf("there is no set called %q; choose one of %s", name, strings.Join(names(), ", "))
		}
		if err := one(ctx, bin, work, *out, name, set, *runs, *jobs); err != nil {
			return err
		}
	}
	return nil
}

// one measures one set and writes its two files.
func one(ctx context.Context, bin, work, out, name string, s set, runs, jobs int) error {
	var rows []row
	for i, setting := range s.settings {
		r := row{setting: setting, results: make([]*run.Results, runs)}
		var under errgroup.Group
		under.SetLimit(jobs)
		for n := range runs {
			under.Go(func() (err error) {
				fmt.Fprintf(os.Stderr, "%s  %d/%d  run %d/%d  %s\n", name, i+1, len(s.settings), n+1, runs, setting.label)
				// A folder of its own: runs that begin in the same millisecond share nothing.
				r.results[n], err = test(ctx, bin, filepath.Join(work, fmt.Sprint(n)), setting)
				return err
			})
		}
		if err := under.Wait(); err != nil {
			return fmt.Errorf("%s: %w", setting.label, err)
		}
		rows = append(rows, r)
		// Written after every setting, so that an interruption loses little.
		if err := write(out, name, s, rows, runs, jobs); err != nil {
			return err
		}
	}
	return nil
}

// test makes one run.
func test(ctx context.Context, bin, work string, s setting) (*run.Results, error) {
	cmd := exec.CommandContext(ctx, bin, append([]string{"test", "--json"}, s.args...)...)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, err
	}
	cmd.Dir = work
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if stdout.Len() == 0 {
		return nil, fmt.Errorf("no result: %w: %s", err, stderr.Bytes())
	}
	return run.ReadResultsJSON(&stdout)
}

// row is a setting and what its runs came to.
type row struct {
	setting
	results []*run.Results
}

// median of a figure over the runs; false if some run does not have it.
func (r *row) median(figure func(*run.Results) (float64, bool)) (float64, bool) {
	var all []float64
	for _, result := range r.results {
		v, ok := figure(result)
		if !ok {
			return 0, false
		}
		all = append(all, v)
	}
	slices.Sort(all)
	return all[len(all)/2], true
}

func (r *row) valid() (valid, strict int) {
	var g analysis.Group
	for _, result := range r.results {
		g.Rows = append(g.Rows, run.RowOf(result))
	}
	return g.Valid()
}

func write(out, name string, s set, rows []row, runs, jobs int) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if s.columns != nil {
		return s.writeColumns(out, name, rows, runs)
	}
	var md, csv strings.Builder
	beside := ""
	if jobs > 1 {
		beside = fmt.Sprintf(" --jobs %d", jobs)
		s.text += fmt.Sprintf(" %d runs were under way at a time: the verdicts count, the latencies suffer.", jobs)
	}
	fmt.Fprintf(&md, "# %s\n\n%s\n\n", s.title, s.text)
	fmt.Fprintf(&md, "Made by `go run ./scripts/measure --runs %d%s %s` on %s, %s/%s, %d cores, %s. Figures are medians of %d runs; `max` columns give the median of the runs' maxima and, in brackets, the worst of any. The machine was shared with other work; the runs had priority over it.\n\n",
		runs, beside, name, time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), runs)
	md.WriteString("| setting | valid, strict | msgs/op | formula | stable median | stable max | true median | true p99 | true max |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	csv.WriteString("setting,run,valid,strict,msgs_per_op,stable_median_ms,stable_p95_ms,stable_max_ms,true_median_ms,true_p95_ms,true_p99_ms,true_max_ms,command\n")
	for i := range rows {
		r := &rows[i]
		valid, strict := r.valid()
		fmt.Fprintf(&md, "| %s | %d, %d of %d | %s | %s | %s | %s | %s | %s | %s |\n", r.label, valid, strict, len(r.results),
			r.cell(of(run.MsgsPerOp), 3), s.formula(r.setting), r.cell(of(run.StableMedian), 0), r.worst(of(run.StableMax)), r.cell(of(run.DeliveryMedian), 0), r.cell(of(run.DeliveryP99), 0), r.worst(of(run.DeliveryMax)))
		for n, result := range r.results {
			fmt.Fprintf(&csv, "%q,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%q\n", r.label, n+1, result.Valid, result.Strict.Valid,
				figure(result, of(run.MsgsPerOp), 4), figure(result, of(run.StableMedian), 0), figure(result, of(run.StableP95), 0), figure(result, of(run.StableMax), 0),
				figure(result, of(run.DeliveryMedian), 1), figure(result, of(run.DeliveryP95), 1), figure(result, of(run.DeliveryP99), 1), figure(result, of(run.DeliveryMax), 1),
				strings.Join(result.Command, " "))
		}
	}
	md.WriteString("\nThe runs one by one, with their commands, are in " + name + ".csv. Each setting is\n\n")
	for _, r := range rows {
		fmt.Fprintf(&md, "- %s: `treecast test %s`\n", r.label, strings.Join(r.args, " "))
	}
	if err := os.WriteFile(filepath.Join(out, name+".md"), []byte(md.String()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name+".csv"), []byte(csv.String()), 0o644)
}
