package checker

import "treecast/run"

// Functions of the broadcast workload.
const (
	fBroadcast = "broadcast"
	fRead      = "read"
)

// setObserver is told, in the order of the history, what clients did to the
// set. Positions are those in the history; ids are only valid during the call.
type setObserver interface {
	// began: a broadcast of the element was invoked.
	began(at int32, id elementID)
	// ended: a broadcast completed, as ok, fail or info.
	ended(at int32, id elementID, op *run.Op)
	// asked: a read was invoked.
	asked(at int32, op *run.Op)
	// answered: a read succeeded. began is the position of its invocation; ids
	// are what it shows, duplicates and order kept, and a list tells whether
	// the answer was one.
	answered(began, at int32, ids []elementID, list bool)
	// unanswered: a read failed.
	unanswered(began, at int32, op *run.Op)
}

// scanSet walks once over a history of broadcasts and reads, so that however
// many look at it, the reads are parsed once.
func scanSet(h run.History, values *elements, observers ...setObserver) {
	scanSetFrom(h, 0, values, observers...)
}

// scanSetFrom is scanSet of what stands at a position and later.
func scanSetFrom(h run.History, from int, values *elements, observers ...setObserver) {
	pairs := h[from:].Pairs()
	var ids []elementID
	for i := range h[from:] {
		op, at := &h[from+i], int32(from+i)
		if op.Process == run.NemesisProcess {
			continue
		}
		switch {
		case op.F == fBroadcast && op.Type == run.Invoke:
			id := values.id(op.Value)
			for _, o := range observers {
				o.began(at, id)
			}
		case op.F == fBroadcast:
			id := values.id(op.Value)
			for _, o := range observers {
				o.ended(at, id, op)
			}
		case op.F == fRead && op.Type == run.Invoke:
			for _, o := range observers {
				o.asked(at, op)
			}
		case op.F == fRead && pairs[i] < 0:
			// A completion of nothing: no client wrote it.
		case op.F == fRead && op.Type == run.OK:
			var list bool
			ids, list = values.listIDs(ids[:0], op.Value)
			for _, o := range observers {
				o.answered(int32(from)+pairs[i], at, ids, list)
			}
		case op.F == fRead:
			for _, o := range observers {
				o.unanswered(int32(from)+pairs[i], at, op)
			}
		}
	}
}
