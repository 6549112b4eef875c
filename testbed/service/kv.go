package service

import (
	"encoding/json"

	"treecast/wire"
)

// store is what a key-value store is asked of: a state that can be looked at and
// written to.
type store interface {
	get(key string) (json.RawMessage, bool)
}

// outcome is what a request comes to on a state: its answer, and the value to be
// written, nil for none.
type outcome struct {
	answer answer
	write  json.RawMessage
}

// do tries a request on a state. It returns false for a request of another type.
func do(r *request, s store) (outcome, bool) {
	switch r.typ {
	case "read":
		if value, ok := s.get(r.key); ok {
			return outcome{answer: readOK(value)}, true
		}
		return outcome{answer: absent()}, true
	case "write":
		return outcome{answer{typ: "write_ok"}, r.value}, true
	case "cas":
		value, ok := s.get(r.key)
		switch {
		case ok && equal(value, r.from), !ok && r.createAbsent:
			return outcome{answer{typ: "cas_ok"}, r.to}, true
		case ok:
			return outcome{answer: mismatch(clojure(value), clojure(r.from))}, true
		}
		return outcome{answer: absent()}, true
	}
	return outcome{}, false
}

func mismatch(value, from string) answer {
	return failure(wire.PreconditionFailed, "current value "+value+" is not "+from)
}

// linear is lin-kv: every request sees the newest state.
type linear struct{ values map[string]json.RawMessage }

func (l *linear) get(key string) (json.RawMessage, bool) {
	value, ok := l.values[key]
	return value, ok
}

func (l *linear) Handle(_ string, body json.RawMessage) (json.RawMessage, bool) {
	r := parse(body)
	out, ok := do(&r, l)
	if !ok {
		return nil, false
	}
	if out.write != nil {
		if l.values == nil {
			l.values = map[string]json.RawMessage{}
		}
		l.values[r.key] = out.write
	}
	return out.answer.body(&r), true
}
