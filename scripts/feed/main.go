// Command feed pipes requests into nodes and measures what they cost: CPU of
// the whole process, throughput, memory, start. scripts/bench-node.sh builds
// the nodes and runs it.
//
//	feed --out results/node.md "treecast=./treecast --journal off" "library=./library" ...
//
// The second node named is the one that the others are compared with.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := feed(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "feed:", err)
		os.Exit(1)
	}
}

// settings are how much each node is asked for.
type settings struct {
	requests int // broadcasts in a run
	window   int // requests without a reply at the same time
	values   int // values held when reads are asked for
	reads    int // reads in a run
	runs     int // of everything; figures are medians
	procs    int // GOMAXPROCS of the nodes
}

// node is a program to measure.
type node struct {
	name    string
	command []string
}

func feed(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("feed", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: feed [flags] NAME=COMMAND NAME=COMMAND...\n\n")
		flags.PrintDefaults()
	}
	var s settings
	flags.IntVar(&s.requests, "requests", 200_000, "broadcasts in a run")
	flags.IntVar(&s.window, "window", 1024, "requests without a reply at the same time")
	flags.IntVar(&s.values, "values", 100_000, "values that a read is answered with")
	flags.IntVar(&s.reads, "reads", 50, "reads in a run")
	flags.IntVar(&s.runs, "runs", 5, "runs of everything; figures are medians")
	flags.IntVar(&s.procs, "procs", 2, "GOMAXPROCS of the nodes")
	out := flags.String("out", "", "file that gets the table; none: standard output")
	made := flags.String("made-by", "feed", "the command that the table says it was made by")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var nodes []node
	for _, arg := range flags.Args() {
		name, command, ok := strings.Cut(arg, "=")
		if !ok || command == "" {
			return fmt.Errorf("%q is no NAME=COMMAND", arg)
		}
		nodes = append(nodes, node{name, strings.Fields(command)})
	}
	if len(nodes) < 2 || s.runs < 1 || s.requests < 1 || s.window < 1 || s.reads < 1 || s.values < 1 {
		flags.Usage()
		return fmt.Errorf("name at least two nodes, and ask for at least one of everything")
	}
	costs := make([][]cost, len(nodes))
	for n := range s.runs {
		for i, node := range nodes { // in turns, so that a disturbance hits all
			fmt.Fprintf(os.Stderr, "run %d of %d  %s\n", n+1, s.runs, node.name)
			c, err := measure(ctx, node, s)
			if err != nil {
				return fmt.Errorf("%s: %w", node.name, err)
			}
			costs[i] = append(costs[i], c)
		}
	}
	text := page(s, nodes, costs, *made)
	if *out == "" {
		fmt.Print(text)
		return nil
	}
	return os.WriteFile(*out, []byte(text), 0o644)
}

// cost is what one run of each kind came to.
type cost struct {
	start     time.Duration // to init_ok
	idleBytes int64         // largest resident set of a node that only started
	broadcast time.Duration // CPU per request
	perSecond float64       // broadcasts answered
	heldBytes int64         // largest resident set with all values of the run held
	read      time.Duration // CPU per read
}

// measure makes the runs of one node.
func measure(ctx context.Context, n node, s settings) (c cost, err error) {
	idle, err := run(ctx, n, s, 0, 0)
	if err != nil {
		return c, err
	}
	busy, err := run(ctx, n, s, s.requests, 0)
	if err != nil {
		return c, err
	}
	asked, err := run(ctx, n, s, s.values, s.reads)
	if err != nil {
		return c, err
	}
	return cost{
		start: idle.start, idleBytes: idle.bytes,
		broadcast: busy.broadcastsCPU / time.Duration(s.requests),
		perSecond: float64(s.requests) / busy.broadcasts.Seconds(),
		heldBytes: busy.bytes,
		read:      asked.readsCPU / time.Duration(s.reads),
	}, nil
}

func page(s settings, nodes []node, costs [][]cost, made string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What a request costs\n\nOne node at a time, alone in its cluster, fed through its standard input with at most %d requests without a reply.\n"+
		"CPU is user and system time of the whole process from the first request to the last reply.\n"+
		"A node of the official library, its logging off, is `%s`; ratios are to it.\n\n", s.window, nodes[1].name)
	fmt.Fprintf(&b, "Made by `%s` on %s, %s/%s, %d cores, %s, GOMAXPROCS=%d. Medians of %d runs, the nodes in turns.\n\n",
		made, time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), s.procs, s.runs)
	fmt.Fprintf(&b, "| node | CPU per broadcast | | broadcasts/s | | CPU per read of %d | | RSS, %d values | RSS at start | start to init_ok |\n"+
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", s.values, s.requests)
	mid := func(i int, f func(cost) float64) float64 {
		var all []float64
		for _, c := range costs[i] {
			all = append(all, f(c))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	broadcast := func(c cost) float64 { return float64(c.broadcast) / 1e3 }
	perSecond := func(c cost) float64 { return c.perSecond }
	read := func(c cost) float64 { return float64(c.read) / 1e3 }
	for i, n := range nodes {
		fmt.Fprintf(&b, "| %s | %.2f us | 1/%.1f | %.0f | %.1f x | %.0f us | 1/%.1f | %.0f MB | %.1f MB | %.1f ms |\n", n.name,
			mid(i, broadcast), mid(1, broadcast)/mid(i, broadcast),
			mid(i, perSecond), mid(i, perSecond)/mid(1, perSecond),
			mid(i, read), mid(1, read)/mid(i, read),
			mid(i, func(c cost) float64 { return float64(c.heldBytes) / 1e6 }),
			mid(i, func(c cost) float64 { return float64(c.idleBytes) / 1e6 }),
			mid(i, func(c cost) float64 { return float64(c.start) / 1e6 }))
	}
	fmt.Fprintf(&b, "\nThe CPU per broadcast of each run, in us:\n\n")
	for i, n := range nodes {
		fmt.Fprintf(&b, "- %s:", n.name)
		for _, c := range costs[i] {
			fmt.Fprintf(&b, " %.2f", broadcast(c))
		}
		b.WriteString("\n")
	}
	return b.String()
}
