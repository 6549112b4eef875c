package workload

import (
	"encoding/json"
	"strconv"
	"time"

	"treecast/run"
	"treecast/wire"
)

// OpTimeout is how long Maelstrom's clients wait for a reply, unless a workload
// says otherwise.
const OpTimeout = 5 * time.Second

// Client is what one worker knows and says. An operation is begun when the last
// one is complete, and goes from one request to its reply and so on until a Step
// completes it.
type Client interface {
	// Begin starts an operation.
	Begin(op Op) Step
	// Reply goes on with the body of the reply to the last request, an object, or
	// with nil if there was none in time.
	Reply(body json.RawMessage) Step
}

// Step is what a client does next: it sends a Request, or, without one, has
// completed.
type Step struct {
	Request    Request
	Completion Completion
}

// Request is a message to the client's node.
type Request struct {
	Type string // empty for no request
	// Fields are the body's further fields as JSON, without type and msg_id:
	// `"key":1,"value":2`; may be empty.
	Fields  []byte
	Timeout time.Duration // 0 means OpTimeout
}

// AppendBody appends the body of the request.
func (r *Request) AppendBody(dst []byte, msgID int64) []byte {
	dst = append(dst, `{"type":`...)
	dst = wire.AppendString(dst, r.Type)
	if len(r.Fields) > 0 {
		dst = append(append(dst, ','), r.Fields...)
	}
	dst = append(dst, `,"msg_id":`...)
	return append(strconv.AppendInt(dst, msgID, 10), '}')
}

// Completion is how an operation ended.
type Completion struct {
	Type  run.OpType // OK, Fail or Info
	Value json.RawMessage
	Error *run.OpError // nil if Type is OK
}

// Ask is the step that sends a request.
func Ask(typ string, fields []byte, timeout time.Duration) Step {
	return Step{Request: Request{Type: typ, Fields: fields, Timeout: timeout}}
}

// Succeed is the step that completes an operation with a value.
func Succeed(value json.RawMessage) Step {
	return Step{Completion: Completion{Type: run.OK, Value: value}}
}

// Unanswered is the step that completes an operation whose request had no reply
// in time, as Maelstrom's mapping clients do: an idempotent one failed, any other
// may have happened.
func Unanswered(value json.RawMessage, idempotent bool) Step {
	return ended(idempotent, value, &run.OpError{Name: "net-timeout"})
}

func ended(failed bool, value json.RawMessage, err *run.OpError) Step {
	c := Completion{Type: run.Info, Value: value, Error: err}
	if failed {
		c.Type = run.Fail
	}
	return Step{Completion: c}
}

// Malformed is the step that completes an operation whose reply cannot be read:
// Maelstrom's worker crashes on it, whatever the operation.
func Malformed(value json.RawMessage, err error) Step {
	return ended(false, value, &run.OpError{Name: indeterminate, Text: malformedReply + err.Error()})
}

// Refused tells whether a reply is an error, and gives the step that completes
// the operation as Maelstrom's mapping clients do: a definite error fails it, and
// any error fails an idempotent one; else it may have happened.
func Refused(body, value json.RawMessage, idempotent bool) (Step, bool) {
	e, is := ReadError(body)
	if !is {
		return Step{}, false
	}
	return ended(e.Definite() || idempotent, value, &run.OpError{Name: e.Name(), Text: e.Text}), true
}

// Threw is what Refused and Unanswered are for clients of Maelstrom's that map
// no errors: any error, and no reply in time (a nil body), crashes their worker,
// and the operation may have happened.
func Threw(body, value json.RawMessage) (Step, bool) {
	if body == nil {
		return ended(false, value, &run.OpError{Name: indeterminate, Text: "Client read timeout"}), true
	}
	e, is := ReadError(body)
	if !is {
		return Step{}, false
	}
	return ended(false, value, &run.OpError{Name: indeterminate, Text: e.Thrown()}), true
}
