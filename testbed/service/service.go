package service

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"

	"treecast/wire"
)

// Service answers requests.
type Service interface {
	// Handle takes a request of src, whose body is an object, and returns the
	// body of the reply; false if there is none.
	Handle(src string, body json.RawMessage) (reply json.RawMessage, ok bool)
}

// Names are the services, in the order in which they join the network.
func Names() []string { return []string{"lin-kv", "lin-tso", "lww-kv", "seq-kv"} }

// New returns the named service, empty; nil if there is none of that name. The
// random source is for what a client of seq-kv or lww-kv gets to see.
func New(name string, rng *rand.Rand) Service {
	switch name {
	case "lin-kv":
		return &linear{}
	case "seq-kv":
		return newSequential(rng)
	case "lww-kv":
		return newEventual(rng)
	case "lin-tso":
		return &oracle{}
	}
	return nil
}

// request is the fields of a body that services look at.
type request struct {
	typ          string
	key          string // canonical
	value        json.RawMessage
	from, to     json.RawMessage
	createAbsent bool
	msgID        json.RawMessage
}

var null = json.RawMessage("null")

// parse reads a request. What is nested too deeply to be compared is compared as
// it is spelt.
func parse(body json.RawMessage) request {
	r := request{key: canonical(null), value: null, from: null, to: null, msgID: null}
	wire.EachField(body, func(name []byte, value json.RawMessage) bool {
		switch string(name) {
		case "type":
			r.typ, _ = wire.Text(value)
		case "key":
			r.key = canonical(value)
		case "value":
			r.value = value
		case "from":
			r.from = value
		case "to":
			r.to = value
		case "create_if_not_exists":
			r.createAbsent = string(value) != "null" && string(value) != "false"
		case "msg_id":
			r.msgID = value
		}
		return true
	})
	return r
}

func canonical(value json.RawMessage) string {
	text, err := wire.Canonical(value)
	if err != nil {
		return string(value)
	}
	return text
}

func equal(a, b json.RawMessage) bool { return canonical(a) == canonical(b) }

// answer is a reply before it is spelt.
type answer struct {
	typ    string
	fields []byte
}

// body spells the reply to a request. As Maelstrom's, it has no msg_id.
func (a answer) body(r *request) json.RawMessage {
	out := append([]byte(`{"type":"`), a.typ...)
	out = append(out, '"')
	if len(a.fields) > 0 {
		out = append(append(out, ','), a.fields...)
	}
	out = append(append(out, `,"in_reply_to":`...), r.msgID...)
	return append(out, '}')
}

func readOK(value json.RawMessage) answer {
	return answer{"read_ok", append([]byte(`"value":`), value...)}
}

func failure(code int, text string) answer {
	fields := append([]byte(`"code":`), strconv.Itoa(code)...)
	fields = append(fields, `,"text":`...)
	return answer{"error", wire.AppendString(fields, text)}
}

func absent() answer { return failure(wire.KeyDoesNotExist, "key does not exist") }

// oracle is lin-tso: it hands out 0, 1, 2, ...
type oracle struct{ next int64 }

func (o *oracle) Handle(_ string, body json.RawMessage) (json.RawMessage, bool) {
	r := parse(body)
	if r.typ != "ts" {
		return nil, false
	}
	fields := strconv.AppendInt([]byte(`"ts":`), o.next, 10)
	o.next++
	return answer{"ts_ok", fields}.body(&r), true
}
