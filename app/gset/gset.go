// Package gset is the workload g-set on a node: every element that is added is an
// entry, and a read shows all that are known.
package gset

import (
	"errors"
	"time"

	"treecast/app"
	"treecast/app/set"
)

// period: with P = 1.85 s an element is everywhere within 2 s on a network without
// latency, and five nodes at 100 operations a second need 0.05 messages for each.
const period = 1850 * time.Millisecond

// Kind is g-set.
var Kind = app.Kind{
	Name: "g-set", Mark: ".g-set", Period: period, Again: true,
	Parse: parse, Check: set.Check,
	New: func(app.Env) app.App { return set.New(words) },
}

var words = set.Words{
	Added: &app.Reply{Type: "add_ok"},
	Open:  []byte(`,"value":[`),
	What:  "the element of an add",
}

var errNoElement = errors.New("an add needs an element")

func parse(typ string, body app.Fields) (app.Call, error) {
	switch typ {
	case "add":
		value, ok := body.Field("element")
		if ok {
			return app.Call{Class: app.Write, Value: value}, nil
		}
		if _, other := body.Field("delta"); other {
			return app.Call{}, nil
		}
		return app.Call{}, errNoElement
	case "read":
		return app.Call{Class: app.Read, Vague: true}, nil
	}
	return app.Call{}, nil
}
