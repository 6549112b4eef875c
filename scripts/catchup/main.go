// Command catchup measures how soon a node has a long history that it missed,
// and what clients feel of it meanwhile. Two nodes run with nothing between them
// but this process, which hands over their messages at once: one is given values
// while the other is dead, or cut off, and then the other is there.
//
//	go build -o /usr/local/bin/treecast . && go run ./scripts/catchup --out results/catchup.md -- treecast
package main

import (
	"context"
	"errors"
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
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "catchup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("catchup", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: catchup [flags] -- NODE [ARGUMENTS OF THE NODES]\n\n")
		flags.PrintDefaults()
	}
	values := flags.Int("values", 1_000_000, "values that the one node misses")
	rate := flags.Int("rate", 200, "requests a second of clients to each node, broadcasts and echoes in turn")
	runs := flags.Int("runs", 3, "runs of each case; the table has all of them")
	out := flags.String("out", "", "file that gets the table; none: standard output")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 || *values < 1 || *rate < 1 || *runs < 1 {
		flags.Usage()
		return errors.New("name the nodes' command, and give 1 or more of everything")
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# How soon a long history is made up for

One node is given %d values while its neighbour is dead, or cut off; then the neighbour is there. Nothing but this
process is between them, so that the link has no latency. From the neighbour's init, or from the end of the cut: when it had
all values, the longest line between the two, and how long clients waited for replies meanwhile, %d requests a second at each
node, broadcasts and echoes in turn.

What is unacked on a link is at most 128 KiB, which is what clients may have to wait behind; over a way with latency a round trip
brings no more than that.

Made by `+"`go run ./scripts/catchup %s`"+` on %s, %s/%s, %d cores, %s.

| neighbour | values/s given before | has all after | messages to it | longest line | clients: p50 | p99 | longest |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`, *values, *rate, strings.Join(args, " "), time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, c := range []struct {
		name string
		cut  bool
	}{{"began blank", false}, {"was cut off", true}} {
		for range *runs {
			f, err := catchUp(ctx, flags.Args(), *values, *rate, c.cut)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(&b, "| %s | %.0f | %.2f s | %d | %.1f KiB | %.1f ms | %.1f ms | %.1f ms |\n", c.name, f.givenPerSecond, f.took.Seconds(), f.messages,
				float64(f.longestLine)/1024, ms(quantile(f.waits, 0.5)), ms(quantile(f.waits, 0.99)), ms(quantile(f.waits, 1)))
		}
	}
	if *out == "" {
		fmt.Print(b.String())
		return nil
	}
	return os.WriteFile(*out, []byte(b.String()), 0o644)
}

// quantile returns the smallest of the waits that a part q of them do not exceed.
func quantile(waits []time.Duration, q float64) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	slices.Sort(waits)
	return waits[max(0, min(len(waits)-1, int(q*float64(len(waits))+0.999999)-1))]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
