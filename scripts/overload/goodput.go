package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What the goodput runs offer, and what the slowed component can do.
const (
	goodRate     = 10_000.0
	goodCapacity = 2_000.0
)

// off are the flags that switch back-pressure off: no refusal before a queue is
// full, no permit revoked.
var off = []string{"--max-wait", "0", "--max-age", "0", "--client-threshold", "9999h", "--permit-revoke", "0"}

// goodput measures what gets through a component slowed to 2 000 items per
// second when five times as much is offered, with back-pressure and without.
func goodput(o *options) (string, error) {
	var b strings.Builder
	b.WriteString("## Goodput of an overloaded component\n\n")
	fmt.Fprintf(&b, "One component slowed to %.0f items/s, %.0f requests/s offered for %v (%v without\nback-pressure). Of requests accepted; windows of 1 s, the first\nand the last left out.\n\n", goodCapacity, goodRate, o.steady, o.off)
	b.WriteString("| component | back-pressure | accepted per second | share of what it can do | worst second | p50 | p99 | max | error 11 | no answer | not taken | peak RSS, MiB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, service := range strings.Fields(o.good) {
		for _, on := range []bool{true, false} {
			length := o.steady
			args := []string{"--inject", fmt.Sprintf("n0/%s:slow=%.0f/s", service, goodCapacity)}
			name := "on"
			if !on {
				args, name, length = append(args, off...), "off", o.off
			}
			fmt.Fprintf(os.Stderr, "goodput, %s, back-pressure %s ...\n", service, name)
			l := newLoad()
			dir := filepath.Join(o.work, "goodput-"+service+"-"+name)
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return "", err
			}
			c, err := startCluster(o.bin, o.nodes, args, dir, l.reply)
			if err != nil {
				c.stop()
				return "", err
			}
			begin := c.now()
			go l.poll(c, begin+length)
			l.flood(c, goodRate, begin+length)
			time.Sleep(6 * time.Second)
			peak := c.nodes[0].peak()
			c.stop()

			all := l.between(begin, begin+length)
			worst, got := -1, 0
			for at := begin + time.Second; at+2*time.Second <= begin+length; at += time.Second {
				n := l.between(at, at+time.Second).answeredOK
				if got += n; worst < 0 || n < worst {
					worst = n
				}
			}
			perSecond := float64(got) / max(1, (length.Truncate(time.Second)-2*time.Second).Seconds())
			ms := func(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
			fmt.Fprintf(&b, "| %s | %s | %.0f | %.0f %% | %.0f %% | %s | %s | %s | %d | %d | %d | %d |\n", service, name,
				perSecond, 100*perSecond/goodCapacity, 100*float64(worst)/goodCapacity, ms(all.p50), ms(all.p99), ms(all.max), all.refused, all.pending, all.unsent, peak>>20)
			if o.print {
				l.seconds(os.Stderr)
			}
			if o.out != "" {
				file, err := os.Create(filepath.Join(o.out, fmt.Sprintf("overload-%s-%s.csv", service, name)))
				if err != nil {
					return "", err
				}
				l.seconds(file)
				if err := file.Close(); err != nil {
					return "", err
				}
			}
		}
	}
	b.WriteString("\nSecond by second, with depths, unhealthy time and permits: overload-store-on.csv, overload-store-off.csv,\noverload-output-on.csv, overload-output-off.csv.\n")
	return b.String(), nil
}

// seconds writes a line per second of a load.
func (l *load) seconds(w io.Writer) {
	fmt.Fprintln(w, "second,offered,not_taken,accepted,answers_ok,error_11,no_answer,p50_ms,p99_ms,depth_intake,depth_gossip,depth_output,unhealthy_ms,permits,refused_by_wait,refused_by_gate,backlog_entries")
	last := time.Duration(0)
	for _, at := range l.sent {
		last = max(last, at)
	}
	for at := time.Duration(0); at <= last; at += time.Second {
		x := l.between(at, at+time.Second)
		var h sample
		for _, s := range l.health {
			if s.at < at+time.Second {
				h = s
			}
		}
		fmt.Fprintf(w, "%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d\n", int(at.Seconds()), x.offered, x.unsent, x.accepted, x.answeredOK, x.refused, x.pending,
			x.p50.Milliseconds(), x.p99.Milliseconds(), h.depth[0], h.depth[1], h.depth[2], h.unhealthy, h.available, h.byWait, h.byGate, h.backlog)
	}
}
