package workload

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"treecast/wire"
)

// ErrorReply is the body of an error.
type ErrorReply struct {
	Code    int64
	HasCode bool
	Text    string
}

// ReadError reads a body that is an error; false if it is none.
func ReadError(body json.RawMessage) (e ErrorReply, isError bool) {
	wire.EachField(body, func(key []byte, value json.RawMessage) bool {
		switch string(key) {
		case "type":
			t, _ := wire.Text(value)
			isError = t == "error"
		case "code":
			e.Code, e.HasCode = wire.Int(value)
		case "text":
			e.Text, _ = wire.Text(value)
		}
		return true
	})
	return e, isError
}

// Name is the name of the code, "unknown" for one that Maelstrom does not know.
func (e *ErrorReply) Name() string {
	if code := int(e.Code); e.HasCode && int64(code) == e.Code {
		return wire.Name(code)
	}
	return "unknown"
}

// Definite says whether the code means that the operation did not happen.
func (e *ErrorReply) Definite() bool {
	code := int(e.Code)
	return e.HasCode && int64(code) == e.Code && wire.Definite(code)
}

// String is the error for people: its code, what Maelstrom calls it, and the text.
func (e ErrorReply) String() string {
	if !e.HasCode {
		text := "an error without a code that is an integer"
		if e.Text != "" {
			text += ": " + e.Text
		}
		return text
	}
	text := fmt.Sprintf("error %d", e.Code)
	if name := e.Name(); name != "unknown" {
		text += " (" + name + ")"
	}
	if e.Text != "" {
		text += ": " + e.Text
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
	if why, malformed := strings.CutPrefix(c.Error.Text, malformedReply); malformed && c.Error.Name == indeterminate {
		return why
	}
	if e, ok := ReadError(body); ok && !e.HasCode {
		if code, has := wire.Field(body, "code"); has {
			return fmt.Sprintf("the code of an error is %.100s, not an integer", code)
		}
		return "an error has no code"
	}
	return ""
}

// Of an operation whose reply could not be read, the error's name, and how its
// text begins.
const (
	indeterminate  = "indeterminate"
	malformedReply = "Malformed RPC response: "
)

// Thrown is the error as Maelstrom's exception spells it.
func (e *ErrorReply) Thrown() string {
	code := "nil"
	if e.HasCode {
		code = strconv.FormatInt(e.Code, 10)
	}
	return fmt.Sprintf("throw+: {:type :rpc-error, :code %s, :name :%s, :definite? %t, :text %s}",
		code, e.Name(), e.Definite(), strconv.Quote(e.Text))
}

// Kind is what a field of a reply must hold.
type Kind uint8

// The kinds.
const (
	Any  Kind = iota
	List      // an array; null counts as empty
	Int       // an integer; 3.0 is none
	Map       // an object; null counts as empty
)

// Shape is the schema of a reply: a type, at most one field of its own, and
// nothing else but in_reply_to and an optional msg_id. Maelstrom's schemas are
// closed: a key too many is an error.
type Shape struct {
	Type  string
	Field string // empty for none
	Kind  Kind
}

// Read returns the reply's own field, nil if the shape has none. The error says
// what does not fit.
func (s Shape) Read(body json.RawMessage) (field json.RawMessage, err error) {
	var typed, answers bool
	wire.EachField(body, func(key []byte, value json.RawMessage) bool {
		switch k := string(key); {
		case k == "type":
			var t string
			if t, typed = wire.Text(value); !typed || t != s.Type {
				err = fmt.Errorf("type is %s, not %q", value, s.Type)
			}
		case k == "in_reply_to":
			_, answers = wire.ParseID(value)
		case k == "msg_id":
			if _, ok := wire.ParseID(value); !ok {
				err = fmt.Errorf("msg_id is %s, not an integer", value)
			}
		case k == s.Field && k != "":
			field, err = s.Kind.read(k, value)
		default:
			err = fmt.Errorf("a %s has no key %q", s.Type, k)
			if _, has := wire.Field(body, s.Field); s.Field != "" && !has { // it has another name
				err = fmt.Errorf("%w; it needs the key %q", err, s.Field)
			}
		}
		return err == nil
	})
	switch {
	case err != nil:
	case !typed:
		err = fmt.Errorf("it has no type; %q was expected", s.Type)
	case !answers:
		err = fmt.Errorf("in_reply_to is missing")
	case s.Field != "" && field == nil:
		err = fmt.Errorf("a %s needs the key %q", s.Type, s.Field)
	}
	return field, err
}

func (k Kind) read(name string, value json.RawMessage) (json.RawMessage, error) {
	null := string(value) == "null"
	switch k {
	case List:
		if !null && value[0] != '[' { // nil is an empty list in Clojure
			return nil, fmt.Errorf("%s is no list", name)
		}
	case Map:
		if !null && value[0] != '{' {
			return nil, fmt.Errorf("%s is no object", name)
		}
	case Int:
		if !isInteger(value) {
			return nil, fmt.Errorf("%s is %.40s, not an integer", name, value)
		}
	}
	return value, nil
}

// isInteger tells an integer of any size from other JSON values.
func isInteger(value []byte) bool {
	digits := value
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) > 0
}

// CheckInit returns an error that says what is wrong unless body answers an
// init request with init_ok. Further keys are allowed.
func CheckInit(body json.RawMessage) error {
	if e, ok := ReadError(body); ok {
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
	if e, ok := ReadError(body); ok {
		return fmt.Errorf("it answered topology with %s", e)
	}
	if _, err := (Shape{Type: "topology_ok"}).Read(body); err != nil {
		return fmt.Errorf("it answered topology with %.200s: %w", body, err)
	}
	return nil
}
