package checker

import (
	"slices"

	"treecast/run"
)

// StrictOptions say what a history does not: who the nodes are and what
// happened to them.
type StrictOptions struct {
	// Nodes are the nodes' names in Maelstrom's order: worker w talks to node
	// w mod len(Nodes). Without them findings speak of workers.
	Nodes []string
	// Concurrency is the number of workers: process p is worker p mod
	// Concurrency. 0 means as many as nodes.
	Concurrency int
	// Inquiry are reads of nodes by the bed itself when the run proper was over:
	// their Process is the number of the node, counted from 0.
	Inquiry run.History
}

// Strict looks at a history of additions and reads for what set-full does not
// see: a value twice in one read, a value nobody added, a value whose addition
// definitely failed, a known value that some node's final read lacks,
// a node that did not answer its final read, and a read that lacks what its node
// has shown or acknowledged before it was asked. It is Unknown if nothing is
// wrong but no final read was asked for, as in a run that was interrupted.
func Strict(h run.History, names SetNames, options StrictOptions) run.Strict {
	values := newElements()
	strict := newStrict(h, values, names, options)
	names.scan(h, values, strict)
	names.scanFrom(strict.h, strict.proper, values, strict)
	return strict.results()
}

// strict gathers evidence: positions in the history are -1 for none.
type strict struct {
	h       run.History // with the Inquiry behind it
	proper  int         // how long it is without
	values  *elements
	names   SetNames
	workers workers

	state     []strictElement // by id
	attempted bitset          // ids that were added
	known     bitset          // ids that were acknowledged, or read
	present   bitset          // ids the read at hand shows

	duplicateReads int
	duplicate      firstDuplicate
	malformedReads int
	malformedAt    int32
	finals         map[int]*finalRead // by node index, or worker without nodes
	owing          owing
}

// strictElement is what is kept of a value, added or not.
type strictElement struct {
	begun, failed int   // additions of it
	failedAt      int32 // the last of the failed
	ackedAt       int32 // the first acknowledged
	readAt        int32 // the first read that shows it
	unsentAt      int32 // the first read that shows it before any addition of it
}

// firstDuplicate is the first read found that shows a value more than once.
type firstDuplicate struct {
	at    int32
	id    elementID
	times int
}

// finalRead is what a node's final reads came to.
type finalRead struct {
	askedAt      int32
	unansweredAt int32  // the last that failed
	answeredAt   int32  // the last that succeeded
	shows        bitset // of that one
}

func newStrict(h run.History, values *elements, names SetNames, options StrictOptions) *strict {
	w := workers{nodes: options.Nodes, concurrency: options.Concurrency}
	return &strict{
		h: slices.Concat(h, options.Inquiry), proper: len(h), values: values, names: names,
		workers:     w,
		owing:       newOwing(h, w),
		duplicate:   firstDuplicate{at: -1},
		malformedAt: -1,
		finals:      make(map[int]*finalRead),
	}
}

// place is the number of the node, or without nodes of the worker, that an
// operation was asked of.
func (s *strict) place(at int32) int {
	if int(at) >= s.proper {
		return s.h[at].Process
	}
	return s.workers.placeOf(s.h[at].Process)
}

func (s *strict) element(id elementID) *strictElement {
	for int(id) >= len(s.state) {
		s.state = append(s.state, strictElement{failedAt: -1, ackedAt: -1, readAt: -1, unsentAt: -1})
	}
	return &s.state[id]
}

func (s *strict) began(_ int32, id elementID) {
	s.element(id).begun++
	s.attempted.add(id)
}

func (s *strict) ended(at int32, id elementID, op *run.Op) {
	e := s.element(id)
	switch op.Type {
	case run.OK:
		if e.ackedAt < 0 {
			e.ackedAt = at
		}
		s.known.add(id)
		s.owing.add(s.place(at), at, id)
	case run.Fail:
		e.failed++
		e.failedAt = at
	}
}

func (s *strict) asked(at int32, op *run.Op) {
	if op.Final {
		s.final(at).askedAt = at
	}
}

func (s *strict) final(at int32) *finalRead {
	place := s.place(at)
	if s.finals[place] == nil {
		s.finals[place] = &finalRead{askedAt: -1, unansweredAt: -1, answeredAt: -1}
	}
	return s.finals[place]
}

func (s *strict) unanswered(began, at int32, _ *run.Op) {
	if s.h[began].Final {
		s.final(began).unansweredAt = at
	}
}

func (s *strict) answered(began, at int32, ids []elementID, list bool) {
	// Maelstrom takes null for a list without values; whoever sends it meant a list.
	if value := s.h[at].Value; !list || value != nil && string(trimSpace(value)) == "null" {
		if s.malformedReads++; s.malformedAt < 0 {
			s.malformedAt = at
		}
	}
	clear(s.present)
	repeated := elementID(-1)
	for _, id := range ids {
		if s.present.has(id) {
			if repeated < 0 {
				repeated = id
			}
			continue
		}
		s.present.add(id)
		e := s.element(id)
		if e.readAt < 0 {
			e.readAt = at
		}
		if !s.attempted.has(id) {
			if e.unsentAt < 0 {
				e.unsentAt = at
			}
			continue
		}
		s.known.add(id)
	}
	if repeated >= 0 {
		s.addDuplicate(at, repeated, ids)
	}
	s.owing.read(s.place(began), began, at, s.present, s.attempted)
	if s.h[began].Final {
		final := s.final(began)
		final.answeredAt = at
		final.shows = append(final.shows[:0], s.present...)
	}
}

func (s *strict) addDuplicate(at int32, id elementID, ids []elementID) {
	if s.duplicateReads++; s.duplicate.at >= 0 {
		return
	}
	s.duplicate = firstDuplicate{at: at, id: id}
	for _, other := range ids {
		if other == id {
			s.duplicate.times++
		}
	}
}

// refused tells whether every addition of the value definitely failed.
func (e *strictElement) refused() bool { return e.begun > 0 && e.failed == e.begun }
