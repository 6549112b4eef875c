// Package uniqueids is Maelstrom's workload unique-ids: every operation asks a
// node for an id, and no id may be given twice, in the whole cluster and run. An
// id is any JSON value.
package uniqueids

import (
	"encoding/json"
	"math/rand/v2"
	"time"

	"treecast/workload"
)

const generate = "generate"

// Workload is unique-ids.
var Workload = workload.Workload{
	Name:      "unique-ids",
	Solved:    true,
	Reusable:  true,
	Generator: func(workload.Options) workload.Generator { return generator{} },
	Client:    func(workload.Options) workload.Client { return client{} },
	Check:     check,
	Views:     views,
}

type generator struct {
	workload.NoFinal
	workload.NoFeedback
}

func (generator) Next(_ time.Duration, workers workload.Workers, _ *rand.Rand) (int, workload.Op) {
	return workers.InTurn(), workload.Op{F: generate}
}

// client maps errors: a definite one fails the operation.
type client struct{}

func (client) Begin(workload.Op) workload.Step { return workload.Ask(generate, nil, 0) }

func (client) Reply(body json.RawMessage) workload.Step {
	if body == nil {
		return workload.Unanswered(nil, false)
	}
	if step, refused := workload.Refused(body, nil, false); refused {
		return step
	}
	id, err := workload.Shape{Type: "generate_ok", Field: "id"}.Read(body)
	if err != nil {
		return workload.Malformed(nil, err)
	}
	return workload.Succeed(id)
}
