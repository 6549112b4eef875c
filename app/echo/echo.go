// Package echo is the workload echo on a node: it says again what it was told.
package echo

import (
	"treecast/app"
	"treecast/wire"
)

// Kind is echo.
var Kind = app.Kind{Name: "echo", Stateless: true, Parse: parse, Reply: "echo_ok", Answer: answer}

func parse(typ string, body app.Fields) (app.Call, error) {
	if typ != "echo" {
		return app.Call{}, nil
	}
	text, _ := body.Field("echo")
	return app.Call{Class: app.Now, Value: text}, nil
}

func answer(dst []byte, c *app.Call, _ *app.Env) []byte {
	if c.Value == nil {
		return dst
	}
	return append(wire.AppendKey(dst, "echo"), c.Value...)
}
