package workload

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
)

func init() { register(func() Workload { return new(broadcast) }) }

// broadcast is Maelstrom's workload of that name: half of the operations
// broadcast the next of the values 0, 1, 2, ..., the other half read; when all
// is over every worker reads once more.
type broadcast struct{ next int64 }

func (*broadcast) Name() string        { return "broadcast" }
func (*broadcast) NeedsTopology() bool { return true }
func (*broadcast) Spread() Spread      { return RoundRobin }

func (b *broadcast) Next(rng *rand.Rand) Op {
	if rng.IntN(2) == 1 {
		return Op{F: "read"}
	}
	op := Op{F: "broadcast", Value: strconv.AppendInt(nil, b.next, 10)}
	b.next++
	return op
}

func (*broadcast) Final() (Op, bool) { return Op{F: "read", Final: true}, true }

func (*broadcast) RequestType(op Op) string { return op.F }

func (*broadcast) AppendRequest(dst []byte, op Op, msgID int64) []byte {
	if op.F == "read" {
		dst = append(dst, `{"type":"read"`...)
	} else {
		dst = append(dst, `{"type":"broadcast","message":`...)
		dst = append(dst, op.Value...)
	}
	dst = append(dst, `,"msg_id":`...)
	return append(strconv.AppendInt(dst, msgID, 10), '}')
}

func (*broadcast) Complete(op Op, body json.RawMessage) Completion {
	if op.F == "read" {
		messages, c := complete(body, true, shape{typ: "read_ok", field: "messages", list: true})
		c.Value = messages
		return c
	}
	_, c := complete(body, false, shape{typ: "broadcast_ok"})
	c.Value = op.Value
	return c
}

func (*broadcast) Timeout(op Op) Completion {
	c := timeout(op.F == "read")
	c.Value = op.Value
	return c
}
