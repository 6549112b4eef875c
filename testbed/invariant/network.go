package invariant

import (
	"encoding/json"
	"time"

	"treecast/run"
	"treecast/wire"
)

// A watch is an observer of the network, so that it knows what clients asked
// for, and what they were told.

// Sent looks at acknowledgements as the nodes print them.
func (w *Watch) Sent(m run.Message) {
	if w.spreads == "" || m.Type != w.spreads+"_ok" || w.violated != nil {
		return
	}
	node, isNode := w.index[m.Src]
	to, ok := number(m.Body, "in_reply_to")
	if !isNode || !ok {
		return
	}
	value, asked := w.asked[request{m.Dest, to}]
	if !asked {
		w.violate(m.Sent, "%s acknowledges a value to %s that it was never asked for", m.Src, m.Dest)
		return
	}
	id, known := w.byValue[value]
	if !known || !w.places[node].memory.knows(id) {
		w.violate(m.Sent, "%s acknowledges the value %.100s and does not know it", m.Src, value)
		return
	}
	w.entries[id].acked = true
}

// Delivered takes note of broadcasts that reach a node.
func (w *Watch) Delivered(m run.Message) {
	node, isNode := w.index[m.Dest]
	if w.spreads == "" || m.Type != w.spreads || !isNode {
		return
	}
	value, ok := wire.Field(m.Body, w.field)
	if !ok {
		return
	}
	w.places[node].allowed[string(value)]++
	if id, ok := number(m.Body, "msg_id"); ok {
		w.asked[request{m.Src, id}] = string(value)
	}
}

// Dropped is of no interest.
func (w *Watch) Dropped(run.Message, time.Duration) {}

func number(body json.RawMessage, field string) (int64, bool) {
	value, ok := wire.Field(body, field)
	if !ok {
		return 0, false
	}
	return wire.Int(value)
}
