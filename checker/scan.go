package checker

import "treecast/run"

// SetNames are the functions of a workload whose values make a set: one adds a
// value, the other reads all of them.
type SetNames struct {
	Add, Read string
	Added     string // what was done to a value, in a sentence: "added"
}

// setObserver is told, in the order of the history, what clients did to the
// set. Positions are those in the history; ids are only valid during the call.
type setObserver interface {
	// began: an addition of the element was invoked.
	began(at int32, id elementID)
	// ended: an addition completed, as ok, fail or info.
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

// scan walks once over a history of additions and reads, so that however many
// look at it, the reads are parsed once.
func (n SetNames) scan(h run.History, values *elements, observers ...setObserver) {
	n.scanFrom(h, 0, values, observers...)
}

// scanFrom is scan of what stands at a position and later.
func (n SetNames) scanFrom(h run.History, from int, values *elements, observers ...setObserver) {
	pairs := h[from:].Pairs()
	var ids []elementID
	for i := range h[from:] {
		op, at := &h[from+i], int32(from+i)
		if op.Process == run.NemesisProcess {
			continue
		}
		switch {
		case op.F == n.Add && op.Type == run.Invoke:
			id := values.id(op.Value)
			for _, o := range observers {
				o.began(at, id)
			}
		case op.F == n.Add:
			id := values.id(op.Value)
			for _, o := range observers {
				o.ended(at, id, op)
			}
		case op.F == n.Read && op.Type == run.Invoke:
			for _, o := range observers {
				o.asked(at, op)
			}
		case op.F == n.Read && pairs[i] < 0:
			// A completion of nothing: no client wrote it.
		case op.F == n.Read && op.Type == run.OK:
			var list bool
			ids, list = values.listIDs(ids[:0], op.Value)
			for _, o := range observers {
				o.answered(int32(from)+pairs[i], at, ids, list)
			}
		case op.F == n.Read:
			for _, o := range observers {
				o.unanswered(int32(from)+pairs[i], at, op)
			}
		}
	}
}
