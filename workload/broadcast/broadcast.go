// Package broadcast is Maelstrom's workload of that name: half of the operations
// broadcast the next of the values 0, 1, 2, ..., the other half read; when all is
// over every worker reads once more.
package broadcast

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"treecast/checker"
	"treecast/run"
	"treecast/workload"
)

const (
	fBroadcast = "broadcast"
	fRead      = "read"
)

// names are the functions that make it a set.
var names = checker.SetNames{Add: fBroadcast, Read: fRead, Added: "broadcast"}

// Workload is broadcast.
var Workload = workload.Workload{
	Name:      "broadcast",
	Solved:    true,
	Topology:  true,
	Recovers:  true,
	Generator: func(workload.Options) workload.Generator { return &generator{} },
	Client:    func(workload.Options) workload.Client { return &client{} },
	Check:     func(h run.History, in workload.Input) workload.Verdict { return workload.CheckSet(h, names, in) },
	Inquiry:   workload.ReadOnce(fRead),
	InquireOf: workload.Unread,
	Carries:   carries,
	Spreads:   fBroadcast,
}

type generator struct {
	workload.NoFeedback
	workload.Once
	next int64
}

func (g *generator) Next(_ time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	worker := workers.InTurn()
	if rng.IntN(2) == 1 {
		return worker, workload.Op{F: fRead}
	}
	op := workload.Op{F: fBroadcast, Value: strconv.AppendInt(nil, g.next, 10)}
	g.next++
	return worker, op
}

func (g *generator) Final(_ time.Duration, worker int, _ *rand.Rand) workload.FinalStep {
	return g.Once.Final(worker, workload.Op{F: fRead, Final: true})
}

// client maps errors, and reads are idempotent.
type client struct{ op workload.Op }

func (c *client) Begin(op workload.Op) workload.Step {
	c.op = op
	if op.F == fRead {
		return workload.Ask("read", nil, 0)
	}
	return workload.Ask("broadcast", append([]byte(`"message":`), op.Value...), 0)
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	idempotent := c.op.F == fRead
	if body == nil {
		return workload.Unanswered(c.op.Value, idempotent)
	}
	if step, refused := workload.Refused(body, c.op.Value, idempotent); refused {
		return step
	}
	shape := workload.Shape{Type: "broadcast_ok"}
	if c.op.F == fRead {
		shape = workload.Shape{Type: "read_ok", Field: "messages", Kind: workload.List}
	}
	messages, err := shape.Read(body)
	switch {
	case err != nil:
		return workload.Malformed(c.op.Value, err)
	case c.op.F == fRead:
		return workload.Succeed(messages)
	}
	return workload.Succeed(c.op.Value)
}
