package linkv

import (
	"encoding/json"
	"time"

	"github.com/anishathalye/porcupine"

	"treecast/run"
	"treecast/wire"
)

// register is what is known of one key: its operations in the order of the
// history, as porcupine is to see them.
type register struct {
	key    json.RawMessage
	ids    map[string]int // values, by canonical form; 0 is null, an absent key
	events []event
}

// event is one end of an operation.
type event struct {
	op     *run.Op
	number int // of the operation in this register
	call   bool
	in     input
	out    output
}

// input is what was asked for.
type input struct {
	f        string
	from, to int // of a cas; a write has to
}

// output is what came back.
type output struct {
	open   bool // nobody knows whether it happened
	value  int  // of a read
	strict bool // null means an absent key, not that nothing is known
}

func newRegister(key json.RawMessage) *register {
	return &register{key: key, ids: map[string]int{"null": 0}}
}

func (r *register) id(value json.RawMessage) int {
	text, err := wire.Canonical(value)
	if err != nil {
		text = string(value)
	}
	id, known := r.ids[text]
	if !known {
		id = len(r.ids)
		r.ids[text] = id
	}
	return id
}

// model is Knossos' cas-register. An open write may be placed anywhere, an open
// cas takes effect only where it can and is legal everywhere: placed last, it
// never happened.
var model = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, in, out any) (bool, any) {
		s, i, o := state.(int), in.(input), out.(output)
		switch i.f {
		case fWrite:
			return true, i.to
		case fCAS:
			switch {
			case s == i.from:
				return true, i.to
			case o.open:
				return true, s
			}
			return false, s
		}
		return o.open || o.value == s || o.value == 0 && !o.strict, s
	},
	Equal: func(a, b any) bool { return a.(int) == b.(int) },
	Hash:  func(s any) uint64 { return uint64(s.(int)) },
}

// linearizable judges the first n events. What has no return among them is open.
func (r *register) linearizable(n int, limit time.Duration) porcupine.CheckResult {
	returned := make(map[int]bool, n/2)
	events := make([]porcupine.Event, 0, n)
	for _, e := range r.events[:n] {
		if !e.call {
			returned[e.number] = true
		}
	}
	var open []event
	for _, e := range r.events[:n] {
		switch {
		case e.call:
			if e.in.f == fRead && !returned[e.number] {
				continue // it constrains nothing
			}
			events = append(events, porcupine.Event{Kind: porcupine.CallEvent, Value: e.in, Id: e.number})
			if !returned[e.number] {
				open = append(open, e)
			}
		default:
			events = append(events, porcupine.Event{Kind: porcupine.ReturnEvent, Value: e.out, Id: e.number})
		}
	}
	for _, e := range open {
		events = append(events, porcupine.Event{Kind: porcupine.ReturnEvent, Value: output{open: true}, Id: e.number})
	}
	return porcupine.CheckEventsTimeout(model, events, limit)
}

// patience is what is left of the time that searches for evidence may take together
// without an answer. Who runs out of it finds less of it, and soon.
type patience struct{ left time.Duration }

// search is linearizable within a share of the time that is left.
func (p *patience) search(r *register, n int) porcupine.CheckResult {
	limit := share(p.left)
	result := r.linearizable(n, limit)
	if result == porcupine.Unknown {
		p.left -= limit
	}
	return result
}

// culprit returns the first completion up to which the operations are not
// linearizable, or a later one if that takes too long, and the one that was ok before
// it; there is one.
func (r *register) culprit(p *patience) (wrong, previous *run.Op) {
	low, high := 0, len(r.events) // the first low are linearizable, the first high are not
	for high-low > 1 {
		if middle := (low + high) / 2; p.search(r, middle) == porcupine.Illegal {
			high = middle
		} else {
			low = middle
		}
	}
	for _, e := range r.events[:high-1] {
		if !e.call && e.op.Type == run.OK {
			previous = e.op
		}
	}
	return r.events[high-1].op, previous
}
