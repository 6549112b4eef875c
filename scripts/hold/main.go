// Command hold measures what a node's memory comes to with many values held. It
// starts one node with three neighbours, whose part it plays itself: a client
// broadcasts values, the neighbours ack what the node gossips, and when each of
// them has acked all of it, the node's resident set is read from /proc (Linux).
//
//	go build -o /usr/local/bin/treecast . && go run ./scripts/hold --out results/memory.md -- treecast --journal off
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hold:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("hold", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: hold [flags] -- NODE [ARGUMENTS OF THE NODE]\n\n")
		flags.PrintDefaults()
	}
	counts := flags.String("values", "0,100000,1000000,10000000", "how many values to hold, a run for each")
	random := flags.Bool("random", false, "values are random integers of 62 bits, not 0, 1, 2, ...")
	out := flags.String("out", "", "file that gets the table; none: standard output")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return errors.New("name the node's command")
	}
	value := func(i uint64) uint64 { return i }
	kind := "0, 1, 2, ..."
	if *random {
		value, kind = scattered, "random integers of 62 bits"
	}
	var b strings.Builder
	made := "go run ./scripts/hold " + strings.Join(args, " ")
	fmt.Fprintf(&b, "# What held values take\n\n"+
		"One node with three neighbours is given distinct values by a client and has gossiped all of them; the neighbours have acked\n"+
		"all of them. Its resident set then, and the largest it has been. Values: %s. At the end a read shows all of them.\n\n"+
		"Made by `%s` on %s, %s/%s, %d cores, %s.\n\n", kind, made, time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	b.WriteString("| values | RSS | largest RSS | largest, bytes per value | acked by all after |\n| ---: | ---: | ---: | ---: | ---: |\n")
	var empty int64
	for _, text := range strings.Split(*counts, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf("--values: %q is no number of values", text)
		}
		f, err := hold(ctx, flags.Args(), n, value)
		if err != nil {
			return fmt.Errorf("%d values: %w", n, err)
		}
		each := "-"
		if n == 0 {
			empty = f.largest
		} else {
			each = fmt.Sprintf("%.0f", float64(f.largest-empty)/float64(n))
		}
		fmt.Fprintf(&b, "| %d | %.1f MB | %.1f MB | %s | %.1f s |\n", n, float64(f.resident)/1e6, float64(f.largest)/1e6, each, f.took.Seconds())
	}
	if *out == "" {
		fmt.Print(b.String())
		return nil
	}
	return os.WriteFile(*out, []byte(b.String()), 0o644)
}

// scattered is a permutation of the numbers below 2^62: distinct, and far apart.
func scattered(i uint64) uint64 { return i * 0x9E3779B97F4A7C15 & (1<<62 - 1) }

// memory reads the resident set of a process and the largest it has been, in bytes.
func memory(pid int) (resident, largest int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the node's memory, which needs Linux: %w", err)
	}
	return parseStatus(string(status))
}

// parseStatus finds the two figures in the text of /proc/PID/status, which has
// them in KiB.
func parseStatus(status string) (resident, largest int64, err error) {
	find := func(name string) (int64, error) {
		for line := range strings.Lines(status) {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
				return n << 10, err
			}
		}
		return 0, fmt.Errorf("there is no %s in the status of the process", name)
	}
	if resident, err = find("VmRSS"); err != nil {
		return 0, 0, err
	}
	largest, err = find("VmHWM")
	return resident, largest, err
}
