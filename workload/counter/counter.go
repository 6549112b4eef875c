// Package counter is Maelstrom's workloads g-counter and pn-counter: clients add
// to a number and read it, and in the end, after healing and quiet, every worker
// reads once more. A g-counter only grows.
package counter

import (
	"math/rand/v2"
	"strconv"
	"time"

	"treecast/run"
	"treecast/workload"
)

const (
	fAdd  = "add"
	fRead = workload.Read
)

// The workloads.
var (
	// Grow is g-counter.
	Grow = of("g-counter", true)
	// PositiveNegative is pn-counter.
	PositiveNegative = of("pn-counter", false)
)

// of is one of them. Its clients map no errors.
func of(name string, grows bool) workload.Workload {
	return workload.Workload{
		Name:      name,
		Solved:    true,
		Vague:     true,
		Losable:   []run.FindingKind{findOwn, findBack, findStale},
		Recovers:  true,
		Generator: func(workload.Options) workload.Generator { return &generator{grows: grows} },
		Client:    workload.AddRead{Add: fAdd, Field: "delta", Reads: workload.Shape{Type: "read_ok", Field: "value", Kind: workload.Int}}.Client,
		Check: func(h run.History, in workload.Input) workload.Verdict {
			v := check(h)
			v.Findings = strict(h, in, grows)
			return v
		},
		Inquiry:   workload.ReadOnce(fRead),
		InquireOf: workload.Unread,
		Views:     views,
	}
}

// generator mixes adds of -5 to 4 with as many reads. A g-counter's is the same
// stream without the negative adds, at the same rate: two reads for each add.
type generator struct {
	workload.NoFeedback
	workload.Once
	grows bool
}

func (g *generator) Next(_ time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	worker := workers.InTurn()
	for {
		if rng.IntN(2) == 1 {
			return worker, workload.Op{F: fRead}
		}
		if delta := rng.Int64N(10) - 5; delta >= 0 || !g.grows {
			return worker, workload.Op{F: fAdd, Value: strconv.AppendInt(nil, delta, 10)}
		}
	}
}

func (g *generator) Final(_ time.Duration, worker int, _ *rand.Rand) workload.FinalStep {
	return g.Once.Final(worker, workload.Op{F: fRead, Final: true})
}
