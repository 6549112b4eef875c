// Package uniqueids is the workload unique-ids on a node: an id is the node's name, the
// name of this life of the node, which is drawn, and how many were given before. So
// nobody is asked, and nothing is kept: a restarted node has another life.
package uniqueids

import (
	"strconv"

	"treecast/app"
	"treecast/wire"
)

// Kind is unique-ids.
var Kind = app.Kind{Name: "unique-ids", Stateless: true, Parse: parse, Reply: "generate_ok", Answer: answer}

func parse(typ string, _ app.Fields) (app.Call, error) {
	if typ != "generate" {
		return app.Call{}, nil
	}
	return app.Call{Class: app.Now}, nil
}

func answer(dst []byte, _ *app.Call, env *app.Env) []byte {
	dst = wire.AppendString(append(dst, `,"id":`...), env.Self)
	dst = append(append(append(dst[:len(dst)-1], '-'), env.Life...), '-') // both are within one string
	env.Given++
	return append(strconv.AppendUint(dst, env.Given, 10), '"')
}
