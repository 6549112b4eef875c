// Package echo is Maelstrom's workload of that name: a node sends back what it is
// sent. In the history the value of a completed operation is the whole reply.
package echo

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"treecast/workload"
)

const fEcho = "echo"

// Workload is echo.
var Workload = workload.Workload{
	Name:      "echo",
	Solved:    true,
	Generator: func(workload.Options) workload.Generator { return generator{} },
	Client:    func(workload.Options) workload.Client { return &client{} },
	Check:     check,
}

// generator gives every worker operations of its own, so that any free one may
// be next.
type generator struct {
	workload.NoFinal
	workload.NoFeedback
}

func (generator) Next(_ time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	worker := workers.Any()
	return worker, workload.Op{F: fEcho, Value: json.RawMessage(`"Please echo ` + strconv.Itoa(rng.IntN(128)) + `"`)}
}

// client maps errors.
type client struct{ op workload.Op }

func (c *client) Begin(op workload.Op) workload.Step {
	c.op = op
	return workload.Ask("echo", append([]byte(`"echo":`), op.Value...), 0)
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	if body == nil {
		return workload.Unanswered(c.op.Value, false)
	}
	if step, refused := workload.Refused(body, c.op.Value, false); refused {
		return step
	}
	if _, err := (workload.Shape{Type: "echo_ok", Field: "echo"}).Read(body); err != nil {
		return workload.Malformed(c.op.Value, err)
	}
	return workload.Succeed(body)
}
