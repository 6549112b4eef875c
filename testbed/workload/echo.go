package workload

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
)

func init() { register(func() Workload { return echo{} }) }

// echo is Maelstrom's workload of that name: a node sends back what it is sent.
// In the history the value of a completed operation is the whole reply.
type echo struct{}

func (echo) Name() string        { return "echo" }
func (echo) NeedsTopology() bool { return false }
func (echo) Spread() Spread      { return EachWorker }

func (echo) Next(rng *rand.Rand) Op {
	return Op{F: "echo", Value: json.RawMessage(`"Please echo ` + strconv.Itoa(rng.IntN(128)) + `"`)}
}

func (echo) Final() (Op, bool) { return Op{}, false }

func (echo) RequestType(Op) string { return "echo" }

func (echo) AppendRequest(dst []byte, op Op, msgID int64) []byte {
	dst = append(dst, `{"type":"echo","echo":`...)
	dst = append(dst, op.Value...)
	dst = append(dst, `,"msg_id":`...)
	return append(strconv.AppendInt(dst, msgID, 10), '}')
}

func (echo) Complete(op Op, body json.RawMessage) Completion {
	_, c := complete(body, false, shape{typ: "echo_ok", field: "echo"})
	c.Value = op.Value
	if c.Error == nil {
		c.Value = body
	}
	return c
}

func (echo) Timeout(op Op) Completion {
	c := timeout(false)
	c.Value = op.Value
	return c
}
