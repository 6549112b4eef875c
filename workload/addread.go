package workload

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"
)

// Read is the function of an operation that reads all there is.
const Read = "read"

// CountedAdds is a generator: half of the operations add the next of the values 0,
// 1, 2, ..., the other half read, and every worker reads once more in the end.
type CountedAdds struct {
	NoFeedback
	Once
	Add   string // the function of an addition
	Final bool   // the last reads are marked as of the final phase
	next  int64
}

// Generator makes it a Generator.
func (g CountedAdds) Generator(Options) Generator { return &countedAdds{CountedAdds: g} }

type countedAdds struct{ CountedAdds }

func (g *countedAdds) Next(_ time.Duration, workers Workers, rng *rand.Rand) (int, Op) {
	worker := workers.InTurn()
	if rng.IntN(2) == 1 {
		return worker, Op{F: Read}
	}
	op := Op{F: g.Add, Value: strconv.AppendInt(nil, g.next, 10)}
	g.next++
	return worker, op
}

func (g *countedAdds) Final(_ time.Duration, worker int, _ *rand.Rand) FinalStep {
	return g.Once.Final(worker, Op{F: Read, Final: g.CountedAdds.Final})
}

// AddRead is a client that adds values, with a request of the function's name, or
// reads them all.
type AddRead struct {
	Add   string // the function of an addition
	Field string // of its request, which has the value
	Reads Shape  // of the reply to a read, whose field is what was read
	// Maps says that errors are mapped, and that reads are idempotent. Otherwise
	// whatever is not an answer leaves an operation open, a read too.
	Maps bool
}

// Client makes it a Client.
func (a AddRead) Client(Options) Client { return &addRead{AddRead: a} }

type addRead struct {
	AddRead
	op Op
}

func (c *addRead) Begin(op Op) Step {
	c.op = op
	if op.F == Read {
		return Ask(Read, nil, 0)
	}
	return Ask(c.Add, append([]byte(`"`+c.Field+`":`), op.Value...), 0)
}

func (c *addRead) Reply(body json.RawMessage) Step {
	reads := c.op.F == Read
	switch {
	case !c.Maps:
		if step, threw := Threw(body, c.op.Value); threw {
			return step
		}
	case body == nil:
		return Unanswered(c.op.Value, reads)
	default:
		if step, refused := Refused(body, c.op.Value, reads); refused {
			return step
		}
	}
	shape := Shape{Type: c.Add + "_ok"}
	if reads {
		shape = c.Reads
	}
	value, err := shape.Read(body)
	switch {
	case err != nil:
		return Malformed(c.op.Value, err)
	case reads:
		return Succeed(value)
	}
	return Succeed(c.op.Value)
}

// Gossiped is the reading of a message between treecast's own nodes that carries
// these values.
func Gossiped(values []json.RawMessage, resent bool) Reading {
	r := Reading{Kind: Data, Values: values}
	switch {
	case len(values) == 0:
		r.Kind = Ack
	case resent:
		r.Kind = Resend
	}
	return r
}
