package isolate

import (
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/isolate/frame"
	"treecast/isolate/hop"
)

// BenchmarkHop is what the way to a child and back takes: a message of 256 bytes that a
// link child reads, one at a time, with both ends' work. They follow each other at once, or, as
// in a node that has little to do, with a pause between: then both ends sleep in between, and
// are woken for each.
//
//	go test ./isolate -run '^$' -bench Hop -benchtime 5000x -count 5
func BenchmarkHop(b *testing.B) {
	for _, pause := range []time.Duration{0, 2 * time.Millisecond} {
		b.Run("pause="+pause.String(), func(b *testing.B) { hopBench(b, pause) })
	}
}

func hopBench(b *testing.B, pause time.Duration) {
	wake := make(chan struct{}, 1)
	h := hello(hop.LinkChild)
	c := Processes{}.Launch(0, &h, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}, slog.New(slog.DiscardHandler))
	next := func(want frame.Type) {
		for {
			m, ok, err := c.Receive()
			require.NoError(b, err)
			switch {
			case ok && m.Type == want:
				return
			case !ok:
				<-wake
			}
		}
	}
	next(hop.TypeReady)
	body := []byte(`{"type":"gossip","e":1,"f":0,"runs":[{"o":"n1","l":"l","c":1,"v":["` + strings.Repeat("x", 180) + `"]}]}`)
	work := frame.Append(nil, &hop.LinkIn{From: "n1", Body: body})
	took := make([]time.Duration, 0, b.N)
	own, theirs := cpu(b, syscall.RUSAGE_SELF), cpu(b, syscall.RUSAGE_CHILDREN)
	for b.Loop() {
		at := time.Now()
		c.Send(0, hop.TypeWork, work)
		c.Flush()
		next(hop.TypeWork)
		took = append(took, time.Since(at))
		if pause > 0 {
			<-time.After(pause)
		}
	}
	own = cpu(b, syscall.RUSAGE_SELF) - own
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-us")
	b.ReportMetric(float64(took[0].Nanoseconds())/1e3, "min-us")
	b.ReportMetric(float64(c.Memory()>>10), "child-KiB")
	c.Kill()
	for {
		if _, ended := c.Ended(); ended {
			break
		}
		<-wake
	}
	theirs = cpu(b, syscall.RUSAGE_CHILDREN) - theirs // its start counts, too
	b.ReportMetric(own.Seconds()*1e6/float64(b.N), "parent-cpu-us")
	b.ReportMetric(theirs.Seconds()*1e6/float64(b.N), "child-cpu-us")
}

// cpu is the processor time of this process, or of its children that have ended.
func cpu(b *testing.B, who int) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(who, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
