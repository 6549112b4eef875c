package virtual

import (
	"fmt"
	"testing"
)

// BenchmarkRun is a run of the standard length: 20 s of load and 10 s of quiet.
func BenchmarkRun(b *testing.B) {
	for _, nodes := range []int{5, 25, 100, 1000} {
		b.Run(fmt.Sprint(nodes), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cfg := config(b, nodes)
				cfg.Session.TimeLimit, cfg.Session.Quiet = 20*sec, 10*sec
				out := carryOut(b, cfg, Observers{})
				b.ReportMetric(float64(out.ServerMessages), "messages")
			}
		})
	}
}
