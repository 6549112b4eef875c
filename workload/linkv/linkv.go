// Package linkv is Maelstrom's workload lin-kv: reads, writes and compare-and-set
// of keys, each of which must behave as one linearizable register.
//
// A group of twice as many workers as there are nodes shares a key until twenty
// processes have been seen on it, and goes on to the next. In the first group as
// many workers as there are nodes only read; all others write once for every two
// compare-and-sets.
package linkv

import (
	"encoding/json"
	"fmt"
	"time"

	"treecast/wire"
	"treecast/workload"
)

// The functions of the workload.
const (
	fRead  = "read"
	fWrite = "write"
	fCAS   = "cas"
)

// Workload is lin-kv.
var Workload = workload.Workload{
	Name:      "lin-kv",
	Reusable:  true,
	Accepts:   accepts,
	Generator: newGenerator,
	Client:    func(o workload.Options) workload.Client { return &client{timeout: timeout(o)} },
	Check:     check,
	Views:     views,
}

// accepts refuses what Maelstrom crashes on or never ends.
func accepts(o workload.Options) error {
	group := 2 * len(o.Nodes)
	switch {
	case group > processLimit:
		return fmt.Errorf("lin-kv with %d nodes never begins: a key is used by groups of twice as many workers as there are nodes, and by no more than %d; give %d nodes or fewer",
			len(o.Nodes), processLimit, processLimit/2)
	case group > 0 && o.Concurrency%group != 0:
		return fmt.Errorf("lin-kv needs a multiple of %d workers, twice as many as there are nodes, and there are %d; give --concurrency 2n, 4n, ...", group, o.Concurrency)
	}
	return nil
}

// timeout is how long a client waits: a second, or ten times the latency.
func timeout(o workload.Options) time.Duration { return max(time.Second, 10*o.Latency) }

// client maps errors, and reads are idempotent. It is kept when an operation
// ends indeterminate.
type client struct {
	op      workload.Op
	timeout time.Duration
}

func (c *client) Begin(op workload.Op) workload.Step {
	c.op = op
	key, value := split(op.Value)
	fields := append([]byte(`"key":`), key...)
	switch op.F {
	case fWrite:
		fields = append(append(fields, `,"value":`...), value...)
	case fCAS:
		from, to := split(value)
		fields = append(append(fields, `,"from":`...), from...)
		fields = append(append(fields, `,"to":`...), to...)
	}
	return workload.Ask(op.F, fields, c.timeout)
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	idempotent := c.op.F == fRead
	if body == nil {
		return workload.Unanswered(c.op.Value, idempotent)
	}
	if step, refused := workload.Refused(body, c.op.Value, idempotent); refused {
		return step
	}
	shape := workload.Shape{Type: c.op.F + "_ok"}
	if c.op.F == fRead {
		shape.Field = "value"
	}
	value, err := shape.Read(body)
	switch {
	case err != nil:
		return workload.Malformed(c.op.Value, err)
	case c.op.F == fRead:
		key, _ := split(c.op.Value)
		out := append(append([]byte{'['}, key...), ',')
		return workload.Succeed(append(append(out, value...), ']'))
	}
	return workload.Succeed(c.op.Value)
}

// split takes a pair apart; what it lacks is null.
func split(pair json.RawMessage) (first, second json.RawMessage) {
	parts := [2]json.RawMessage{json.RawMessage("null"), json.RawMessage("null")}
	n := 0
	wire.EachElement(pair, func(v json.RawMessage) bool {
		if n < len(parts) {
			parts[n] = v
		}
		n++
		return true
	})
	return parts[0], parts[1]
}
