package isolate

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/isolate/frame"
	"treecast/isolate/hop"
)

// BenchmarkHop is what the way to a child and back takes: a message of 256 bytes that a
// link child reads, one at a time, with both ends' work.
//
//	go test ./isolate -run '^$' -bench Hop -benchtime 20000x -count 5
func BenchmarkHop(b *testing.B) {
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
	for b.Loop() {
		at := time.Now()
		c.Send(0, hop.TypeWork, work)
		c.Flush()
		next(hop.TypeWork)
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-us")
	b.ReportMetric(float64(took[0].Nanoseconds())/1e3, "min-us")
	b.ReportMetric(float64(c.Memory()>>10), "child-KiB")
	c.Kill()
	for {
		if _, ended := c.Ended(); ended {
			return
		}
		<-wake
	}
}
