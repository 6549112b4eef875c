// Package counter is Maelstrom's workloads g-counter and pn-counter: clients add
// to a number and read it, and in the end, after healing and quiet, every worker
// reads once more. A g-counter only grows.
package counter

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"treecast/run"
	"treecast/workload"
)

const (
	fAdd  = "add"
	fRead = "read"
)

// The workloads.
var (
	// Grow is g-counter.
	Grow = of("g-counter", true)
	// PositiveNegative is pn-counter.
	PositiveNegative = of("pn-counter", false)
)

func of(name string, grows bool) workload.Workload {
	return workload.Workload{
		Name:      name,
		Recovers:  true,
		Generator: func(workload.Options) workload.Generator { return &generator{grows: grows} },
		Client:    func(workload.Options) workload.Client { return &client{} },
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

// client maps no errors: whatever is not an answer leaves an operation open, a
// read too.
type client struct{ op workload.Op }

func (c *client) Begin(op workload.Op) workload.Step {
	c.op = op
	if op.F == fRead {
		return workload.Ask("read", nil, 0)
	}
	return workload.Ask("add", append([]byte(`"delta":`), op.Value...), 0)
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	if step, threw := workload.Threw(body, c.op.Value); threw {
		return step
	}
	shape := workload.Shape{Type: "add_ok"}
	if c.op.F == fRead {
		shape = workload.Shape{Type: "read_ok", Field: "value", Kind: workload.Int}
	}
	value, err := shape.Read(body)
	switch {
	case err != nil:
		return workload.Malformed(c.op.Value, err)
	case c.op.F == fRead:
		return workload.Succeed(value)
	}
	return workload.Succeed(c.op.Value)
}
