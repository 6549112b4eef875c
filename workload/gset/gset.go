// Package gset is Maelstrom's workload g-set: clients add 0, 1, 2, ... to a set
// and read it, and every worker reads once more when all is over.
package gset

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"treecast/checker"
	"treecast/gossip/codec"
	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

const (
	fAdd  = "add"
	fRead = "read"
)

// names are the functions that make it a set.
var names = checker.SetNames{Add: fAdd, Read: fRead, Added: "added"}

// Workload is g-set.
var Workload = workload.Workload{
	Name:      "g-set",
	Recovers:  true,
	Generator: func(workload.Options) workload.Generator { return &generator{} },
	Client:    func(workload.Options) workload.Client { return &client{} },
	Check:     check,
	Inquiry:   workload.ReadOnce(fRead),
	InquireOf: workload.Unread,
	Carries:   carries,
	Spreads:   fAdd,
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
	op := workload.Op{F: fAdd, Value: strconv.AppendInt(nil, g.next, 10)}
	g.next++
	return worker, op
}

// Final reads, without a mark of the final phase: that is how Maelstrom has it.
func (g *generator) Final(_ time.Duration, worker int, _ *rand.Rand) workload.FinalStep {
	return g.Once.Final(worker, workload.Op{F: fRead})
}

// client maps no errors.
type client struct{ op workload.Op }

func (c *client) Begin(op workload.Op) workload.Step {
	c.op = op
	if op.F == fRead {
		return workload.Ask("read", nil, 0)
	}
	return workload.Ask("add", append([]byte(`"element":`), op.Value...), 0)
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	if step, threw := workload.Threw(body, c.op.Value); threw {
		return step
	}
	shape := workload.Shape{Type: "add_ok"}
	if c.op.F == fRead {
		shape = workload.Shape{Type: "read_ok", Field: "value", Kind: workload.List}
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

// check judges as Maelstrom does by the history as it stands; strict has to find
// the final reads.
func check(h run.History, in workload.Input) workload.Verdict {
	strict := checker.Strict(markFinal(h, in.Options.Concurrency), names, workload.StrictOptions(in))
	unasked := ""
	if strict.Valid == run.Unknown {
		unasked = "no final read was asked for"
	}
	return workload.SetVerdict(checker.SetFull(h, names), strict.Findings, unasked)
}

// markFinal returns the history with its final reads marked: those at its end,
// one for each worker, behind which nothing else was invoked.
func markFinal(h run.History, workers int) run.History {
	out := slices.Clone(h)
	seen := map[int]bool{}
	pairs := h.Pairs()
	for i := len(out) - 1; i >= 0; i-- {
		op := &out[i]
		if op.Process == run.NemesisProcess || op.F != fRead {
			break
		}
		if op.Type != run.Invoke {
			continue
		}
		worker := op.Process
		if workers > 0 {
			worker %= workers
		}
		if seen[worker] {
			break
		}
		seen[worker] = true
		op.Final = true
		if pairs[i] >= 0 {
			out[pairs[i]].Final = true
		}
	}
	return out
}

// carries finds the values of treecast's own gossip, and the element of an
// addition.
func carries(body json.RawMessage) (workload.Reading, bool) {
	if values, resent, ok := codec.Values(nil, body); ok {
		r := workload.Reading{Kind: workload.Data, Values: values}
		switch {
		case len(values) == 0:
			r.Kind = workload.Ack
		case resent:
			r.Kind = workload.Resend
		}
		return r, true
	}
	if value, ok := wire.Field(body, "element"); ok {
		return workload.Reading{Kind: workload.Data, Values: []json.RawMessage{value}}, true
	}
	return workload.Reading{Kind: workload.Other}, false
}
