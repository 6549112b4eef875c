// Command queues runs the benchmarks of chans/catalogue and writes what they
// came to: results/chans.txt, for benchstat, and results/chans.md. It is run by
// hand:
//
//	go run ./scripts/queues --help
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
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "queues:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("queues", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: go run ./scripts/queues [flags]\n\nRun it from the top directory; with the defaults it takes about 5 minutes.\n\n")
		flags.PrintDefaults()
	}
	count := flags.Int("count", 6, "runs of each benchmark; figures are medians")
	benchtime := flags.Duration("benchtime", 100*time.Millisecond, "how long each run takes")
	out := flags.String("out", "results", "directory that gets chans.md and chans.txt")
	again := flags.Bool("again", false, "run nothing, make chans.md from the chans.txt that is there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	raw := filepath.Join(*out, "chans.txt")
	command := []string{"go", "test", "./chans/catalogue", "-run", "^$", "-bench", ".", "-benchtime", benchtime.String(), "-count", "1", "-timeout", "30m"}
	if !*again {
		// Count by count, so that a disturbance of the machine falls on one run
		// of everything and not on all runs of one thing.
		var text bytes.Buffer
		for n := range *count {
			fmt.Fprintf(os.Stderr, "round %d of %d\n", n+1, *count)
			cmd := exec.CommandContext(ctx, command[0], command[1:]...)
			cmd.Stderr = os.Stderr
			output, err := cmd.Output()
			if err != nil {
				return fmt.Errorf("%s (run this from the top directory): %w\n%s", strings.Join(command, " "), err, output)
			}
			text.Write(output)
		}
		if err := os.MkdirAll(*out, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(raw, text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(raw)
	if err != nil {
		return fmt.Errorf("reading what was measured before: %w", err)
	}
	figures, err := parse(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", raw, err)
	}
	made := fmt.Sprintf("Made by `go run ./scripts/queues --count %d --benchtime %s`, which is that many times\n`%s`,\non %s, %s/%s, %s, %d cores, %s.",
		figures.runs(), *benchtime, strings.Join(command, " "), time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, figures.cpu, runtime.NumCPU(), runtime.Version())
	return os.WriteFile(filepath.Join(*out, "chans.md"), []byte(page(figures, made)), 0o644)
}
