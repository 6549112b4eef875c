// Package broadcast is the workload broadcast on a node: every value is an entry, and a
// read shows all that are known. The topology that is offered is not used: nodes agree
// on a tree of their own.
package broadcast

import (
	"errors"
	"time"

	"treecast/app"
	"treecast/app/set"
)

// period: with P = 450 ms a value is everywhere within 0.67 s, where the challenge has
// 25 nodes 100 ms apart, at 0.93 messages per operation.
const period = 450 * time.Millisecond

// Kind is broadcast. Its logs bear no mark.
var Kind = app.Kind{
	Name: "broadcast", Period: period, Again: true,
	Parse: parse, Check: set.Check, Reply: "topology_ok",
	New: func(app.Env) app.App { return set.New(words) },
}

var words = set.Words{
	Added: &app.Reply{Type: "broadcast_ok"},
	Open:  []byte(`,"messages":[`),
	What:  "the message of a broadcast",
}

var errNoMessage = errors.New("a broadcast needs a message")

func parse(typ string, body app.Fields) (app.Call, error) {
	switch typ {
	case "broadcast":
		value, ok := body.Field("message")
		if !ok {
			return app.Call{}, errNoMessage
		}
		return app.Call{Class: app.Write, Value: value}, nil
	case "read":
		return app.Call{Class: app.Read, Vague: true, Patient: true}, nil
	case "topology":
		return app.Call{Class: app.Now}, nil
	}
	return app.Call{}, nil
}
