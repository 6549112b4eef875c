package workload

import (
	"encoding/json"
	"fmt"
	"strings"

	"treecast/run"
	"treecast/wire"
)

// timeout is what Maelstrom's client makes of no answer: an idempotent
// operation failed, any other may have happened.
func timeout(idempotent bool) Completion {
	return unanswered(idempotent, &run.OpError{Name: "net-timeout"})
}

func unanswered(failed bool, err *run.OpError) Completion {
	if failed {
		return Completion{Type: run.Fail, Error: err}
	}
	return Completion{Type: run.Info, Error: err}
}

// complete reads a reply as Maelstrom's client does. An error reply fails the
// operation if its code is definite or the operation is idempotent, and leaves
// it open otherwise. A reply of the wrong shape crashes the worker there,
// whatever the operation: indeterminate. Otherwise it returns the value of the
// field asked for.
func complete(body json.RawMessage, idempotent bool, s shape) (json.RawMessage, Completion) {
	if e, ok := readError(body); ok {
		name, definite := "unknown", false
		if code := int(e.code); e.hasCode && int64(code) == e.code {
			name, definite = wire.Name(code), wire.Definite(code)
		}
		return nil, unanswered(definite || idempotent, &run.OpError{Name: name, Text: e.text})
	}
	value, err := s.read(body)
	if err != nil {
		return nil, Completion{Type: run.Info, Error: &run.OpError{
			Name: "indeterminate", Text: malformedReply + err.Error(),
		}}
	}
	return value, Completion{Type: run.OK}
}

// errorReply is the body of an error.
type errorReply struct {
	code    int64
	hasCode bool
	text    string
}

// String is the error for people: its code, what Maelstrom calls it, and the text.
func (e errorReply) String() string {
	if !e.hasCode {
		return "an error without a code that is an integer"
	}
	text := fmt.Sprintf("error %d", e.code)
	if code := int(e.code); int64(code) == e.code && wire.Name(code) != "unknown" {
		text += " (" + wire.Name(code) + ")"
	}
	if e.text != "" {
		text += ": " + e.text
	}
	return text
}

// WhatIsWrong says why a reply that completed an operation is none of those that
// the request may have; empty if it is one. What the reply means is another
// question: an error may well be a proper reply.
func WhatIsWrong(c Completion, body json.RawMessage) string {
	if c.Error == nil {
		return ""
	}
	if why, malformed := strings.CutPrefix(c.Error.Text, malformedReply); malformed && c.Error.Name == "indeterminate" {
		return why
	}
	if e, ok := readError(body); ok && !e.hasCode {
		if code, has := wire.Field(body, "code"); has {
			return fmt.Sprintf("the code of an error is %.100s, not an integer", code)
		}
		return "an error has no code"
	}
	return ""
}

// malformedReply begins the text of the error of such an operation.
const malformedReply = "Malformed RPC response: "

func readError(body json.RawMessage) (e errorReply, isError bool) {
	wire.EachField(body, func(key []byte, value json.RawMessage) bool {
		switch string(key) {
		case "type":
			t, _ := wire.Text(value)
			isError = t == "error"
		case "code":
			e.code, e.hasCode = wire.Int(value)
		case "text":
			e.text, _ = wire.Text(value)
		}
		return true
	})
	return e, isError
}

// shape is the schema of a reply: a type, at most one field of its own, and
// nothing else but in_reply_to and an optional msg_id. Maelstrom's schemas are
// closed: a key too many is an error.
type shape struct {
	typ   string
	field string // empty for none
	list  bool   // whether the field must be an array
}

func (s shape) read(body json.RawMessage) (field json.RawMessage, err error) {
	var typed, answers bool
	wire.EachField(body, func(key []byte, value json.RawMessage) bool {
		switch k := string(key); {
		case k == "type":
			var t string
			if t, typed = wire.Text(value); !typed || t != s.typ {
				err = fmt.Errorf("type is %s, not %q", value, s.typ)
			}
		case k == "in_reply_to":
			_, answers = wire.ParseID(value)
		case k == "msg_id":
			if _, ok := wire.ParseID(value); !ok {
				err = fmt.Errorf("msg_id is %s, not an integer", value)
			}
		case k == s.field && k != "":
			field = value
			if s.list && value[0] != '[' && string(value) != "null" { // nil is an empty list in Clojure
				err = fmt.Errorf("%s is no list", k)
			}
		default:
			err = fmt.Errorf("a %s has no key %q", s.typ, k)
		}
		return err == nil
	})
	switch {
	case err != nil:
	case !typed:
		err = fmt.Errorf("it has no type; %q was expected", s.typ)
	case !answers:
		err = fmt.Errorf("in_reply_to is missing")
	case s.field != "" && field == nil:
		err = fmt.Errorf("a %s needs the key %q", s.typ, s.field)
	}
	return field, err
}

// CheckInit returns an error that says what is wrong unless body answers an
// init request with init_ok. Further keys are allowed.
func CheckInit(body json.RawMessage) error {
	if e, ok := readError(body); ok {
		return fmt.Errorf("it answered init with %s", e)
	}
	if t, _ := wire.Field(body, "type"); string(t) != `"init_ok"` {
		return fmt.Errorf("it answered init with %.200s, not init_ok", body)
	}
	return nil
}

// CheckTopology returns an error that says what is wrong unless body answers a
// topology request.
func CheckTopology(body json.RawMessage) error {
	if e, ok := readError(body); ok {
		return fmt.Errorf("it answered topology with %s", e)
	}
	if _, err := (shape{typ: "topology_ok"}).read(body); err != nil {
		return fmt.Errorf("it answered topology with %.200s: %w", body, err)
	}
	return nil
}
