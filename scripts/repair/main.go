// Command repair makes a run of each of a list of faults, on a star and on a
// tree, in virtual time and with real processes, and says how soon values were
// where they should be: results/repair.md. It is run by hand:
//
//	go run ./scripts/repair --help
//
// Each run with processes takes about half a minute.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"treecast/run"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := repair(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "repair:", err)
		os.Exit(1)
	}
}

func repair(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("repair", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./scripts/repair [flags]\n\n")
		flags.PrintDefaults()
	}
	out := flags.String("out", "results/repair.md", "file that gets the table")
	virtual := flags.Bool("virtual", false, "in virtual time alone")
	seed := flags.Uint64("seed", 1, "seed of all runs")
	only := flags.String("only", "", "cases whose name contains this")
	if err := flags.Parse(args); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "repair-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	bin := filepath.Join(work, "treecast")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building treecast (run this from its top directory): %w: %s", err, text)
	}
	drivers := []string{"--virtual", ""}
	if *virtual {
		drivers = drivers[:1]
	}
	var rows []row
	for _, tree := range trees {
		healthy := map[string]*run.Folder{}
		for _, c := range tree.cases() {
			if !strings.Contains(c.name, *only) && c.name != healthyCase {
				continue
			}
			for _, driver := range drivers {
				fmt.Fprintf(os.Stderr, "%s  %s  %s\n", tree.name, c.name, driver)
				f, err := test(ctx, bin, work, driver, tree, c, *seed)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", tree.name, c.name, err)
				}
				if c.name == healthyCase {
					healthy[driver] = f
				}
				rows = append(rows, row{tree: tree, fault: c, driver: driver, folder: f, figures: c.judge(f, healthy[driver])})
			}
		}
	}
	return os.WriteFile(*out, page(rows, len(drivers), *seed), 0o644)
}

// test makes a run and reads its folder.
func test(ctx context.Context, bin, work, driver string, t tree, c fault, seed uint64) (*run.Folder, error) {
	dir, err := os.MkdirTemp(work, "run-")
	if err != nil {
		return nil, err
	}
	args := []string{"test"}
	if driver != "" {
		args = append(args, driver)
	}
	cmd := exec.CommandContext(ctx, bin, append(args, words(t, c, seed)...)...)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var text bytes.Buffer
	cmd.Stderr = &text
	// 1 is a run that is not valid, which the table says.
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		return nil, fmt.Errorf("%w: %s", err, text.Bytes())
	}
	f, err := run.ReadFolder(filepath.Join(dir, "store", "latest"))
	if err != nil {
		return nil, err
	}
	if f.Messages == nil || f.Messages.SampledAt >= 0 {
		return nil, fmt.Errorf("the run left no whole record of messages: %s", strings.Join(f.Missing, "; "))
	}
	return f, nil
}

// words are the arguments of a run's test, after the driver's.
func words(t tree, c fault, seed uint64) []string {
	limit := c.seconds
	if limit == 0 {
		limit = 20
	}
	out := strings.Fields(fmt.Sprintf("-w broadcast --node-count %d --time-limit %d --rate 100 --latency 100 --seed %d --no-report", nodeCount, limit, seed))
	if c.plan != "" {
		out = append(out, "--nemesis-plan", c.plan)
	}
	out = append(append(out, c.flags...), "--", "--sync-period", "400ms", "--num-children", fmt.Sprint(t.numChildren))
	return append(out, c.node...)
}

// row is one run and what it came to.
type row struct {
	tree    tree
	fault   fault
	driver  string
	folder  *run.Folder
	figures []figure
}

func page(rows []row, drivers int, seed uint64) []byte {
	var b bytes.Buffer
	commands := "go run ./scripts/repair"
	if drivers == 1 {
		commands += " --virtual"
	}
	if seed != 1 {
		commands += fmt.Sprint(" --seed ", seed)
	}
	fmt.Fprintf(&b, `# How soon the tree is repaired

%d nodes, 100 ms between them, 100 operations a second, a period of 400 ms, on a star and on a tree with k = 5. Every case is one run in virtual time and one of real processes, with the same seed.
A delay is the longest of any value: from its broadcast, or from the fault where that was later, until the last of the nodes named was handed it.
Without journals, values that nobody but a killed node had are lost; such a run need not be valid. A node that two cuts
isolate one after the other waits for both, where there is less than a second in between; in this seed's random partitions none is.

Made by `+"`%s`"+` on %s, %s/%s, %d cores, %s.

| tree | case | what | bound | virtual time | processes |
| --- | --- | --- | ---: | ---: | ---: |
`, nodeCount, commands, time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for i := 0; i < len(rows); i += drivers {
		for n, f := range rows[i].figures {
			cells := []string{"", ""}
			for d := range drivers {
				cells[d] = rows[i+d].figures[n].String()
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", rows[i].tree.name, rows[i].fault.name, f.what, f.boundText(), cells[0], cells[1])
		}
		cells, bound := []string{"", ""}, "true, true"
		if rows[i].fault.loses {
			bound = ""
		}
		for d := range drivers {
			r := rows[i+d].folder.Results
			cells[d] = fmt.Sprintf("%s, %s", r.Valid, r.Strict.Valid)
			if !rows[i].fault.loses && (r.Valid != run.Valid || r.Strict.Valid != run.Valid) {
				cells[d] = "**" + cells[d] + "**"
			}
		}
		fmt.Fprintf(&b, "| %s | %s | valid, strict | %s | %s | %s |\n", rows[i].tree.name, rows[i].fault.name, bound, cells[0], cells[1])
	}
	b.WriteString("\nEach case is `treecast test [--virtual]` and\n\n")
	for i := 0; i < len(rows); i += drivers {
		var quoted []string
		for _, w := range words(rows[i].tree, rows[i].fault, seed) {
			quoted = append(quoted, run.ShellQuote(w))
		}
		fmt.Fprintf(&b, "- %s, %s: `%s`\n", rows[i].tree.name, rows[i].fault.name, strings.Join(quoted, " "))
	}
	return b.Bytes()
}
