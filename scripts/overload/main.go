// Command overload floods one node of a small cluster of real processes while
// something in it is slow, stuck or crashing, and writes what came of it to
// results/. It is run by hand, on Linux, and talks to the nodes as any client
// does:
//
//	go run ./scripts/overload --help
//
// The whole of it takes about ten minutes.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := overload(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "overload:", err)
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	bin    string
	work   string
	out    string
	nodes  int
	stuck  time.Duration // how long things are stuck
	slow   time.Duration // how long they are slow
	rate   float64       // of a flood
	steady time.Duration // length of the goodput runs with back-pressure
	off    time.Duration // and of those without
	good   string        // components whose goodput is measured
	print  bool          // a line per second
}

func overload(args []string) error {
	flags := flag.NewFlagSet("overload", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./scripts/overload [FLAG...] [SET...]\n\nSets: %s; all by default.\n\n", strings.Join(setNames(), ", "))
		flags.PrintDefaults()
	}
	o := options{}
	flags.StringVar(&o.bin, "bin", "", "the node's program; built from here by default")
	flags.StringVar(&o.out, "out", "results", "directory that gets overload.md and the goodput's CSV files; empty: print only")
	flags.IntVar(&o.nodes, "nodes", 3, "how many nodes")
	flags.DurationVar(&o.stuck, "stuck", 30*time.Second, "how long a component is stuck")
	flags.DurationVar(&o.slow, "slow", 10*time.Second, "how long it is slow")
	flags.Float64Var(&o.rate, "rate", 20_000, "requests per second of a flood")
	flags.DurationVar(&o.steady, "steady", 60*time.Second, "how long the goodput is measured")
	flags.DurationVar(&o.off, "off", 20*time.Second, "how long it is measured without back-pressure")
	flags.StringVar(&o.good, "components", "store output", "the components whose goodput is measured")
	flags.BoolVar(&o.print, "print", false, "print a line per second of every run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if o.work, err = os.MkdirTemp("", "overload-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.work)
	if o.bin == "" {
		o.bin = filepath.Join(o.work, "treecast")
		if text, err := exec.Command("go", "build", "-o", o.bin, ".").CombinedOutput(); err != nil {
			return fmt.Errorf("building treecast (run this from its top directory): %w: %s", err, text)
		}
	}
	wanted := flags.Args()
	if len(wanted) == 0 {
		wanted = setNames()
	}
	var sections []string
	for _, name := range wanted {
		run, ok := sets[name]
		if !ok {
			return fmt.Errorf("there is no set called %q; choose from %s", name, strings.Join(setNames(), ", "))
		}
		text, err := run(&o)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(text)
		sections = append(sections, text)
	}
	if o.out == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(o.out, "overload.md"), []byte(page(args, sections)), 0o666)
}
