package txn

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Options say what a history is expected to be, and how much work may go into
// finding out. The zero value is Maelstrom's, without a bound in time.
type Options struct {
	// Models are the isolation levels that are expected to hold, under any of
	// the names of Models; none is DefaultModel.
	Models []string

	// Timeout bounds all searches together, as read from Clock. Without a Clock
	// there is no bound in time, and the result does not depend on the machine.
	// Maelstrom's is 1 s for each strongly connected component.
	Timeout time.Duration
	Clock   func() time.Duration // time since any fixed moment

	// MaxSteps bounds all searches together, in edges looked at, and each of them
	// to an eighth of it; 0 is DefaultMaxSteps. Only searches that may take more
	// than linear time end early.
	MaxSteps int

	// MaxEdges bounds the graph and thereby memory, about 25 bytes an edge; 0 is
	// DefaultMaxEdges. A history that leads to more gets no verdict.
	MaxEdges int
}

// The bounds that Options have by default: a few seconds of an ordinary
// machine, and half a gigabyte.
const (
	DefaultMaxSteps = 400_000_000
	DefaultMaxEdges = 20_000_000
)

// Validity is a verdict.
type Validity uint8

// The verdicts. Unknown is where a search was cut or nothing could be inferred,
// and nothing wrong was found.
const (
	True Validity = iota
	False
	Unknown
)

// String returns the verdict as Jepsen spells it.
func (v Validity) String() string { return [...]string{"true", "false", "unknown"}[v%3] }

// Result is what was found out about a history.
type Result struct {
	Valid Validity
	Kind  Kind // of the history

	// Types are the types of the anomalies that count, sorted: those that an
	// expected model prohibits, and those that leave the verdict unknown.
	Types []string

	// Anomalies are those of Types, by type, in the order in which they were
	// found. Of the cycles there is one for each type and component.
	Anomalies map[string][]Anomaly

	// Not are the weakest models that the history rules out, and AlsoNot the
	// others, sorted. They follow from all anomalies found, not only from those
	// that count; both are empty where Types is.
	Not, AlsoNot []string

	// Others are the anomalies that were found but that no expected model
	// prohibits.
	Others map[string][]Anomaly

	// Err is why there is no verdict; Valid is Unknown then, and nothing else is
	// set.
	Err error
}

// CheckLists judges a history of lists. Jepsen calls this list-append, and
// Maelstrom txn-list-append.
func CheckLists(history []Op, o Options) Result {
	p, err := prepare(Lists, history)
	if err != nil {
		return noResult(Lists, err)
	}
	if err := p.uniqueAppends(); err != nil {
		return noResult(Lists, err)
	}
	states := p.states()
	found, err := p.dirtyUpdates(p.versionsOf(states))
	if err != nil {
		return noResult(Lists, err)
	}
	found = append(found, p.abortedReads()...)
	found = append(found, p.intermediateReads()...)
	found = append(found, p.internalLists()...)
	found = append(found, p.futureReads()...)
	found = append(found, p.duplicates()...)
	p.loneAppends(states)
	found = append(found, p.incompatibleOrders(states)...)
	found = append(found, p.lostUpdates()...)
	x := newListIndex(p, p.versionsOf(states))
	return p.cycles(o, found, x.addTo, x.explain, [5]EdgeKind{WW, WR, RW, Process, Realtime})
}

// CheckRegisters judges a history of registers. Jepsen calls this rw-register;
// for the verdict of Maelstrom's txn-rw-register see Result.Maelstrom.
//
// The order of a register's versions is not seen, so much that is wrong goes
// unnoticed: all that is known is that null comes before every other version,
// and that what a transaction read of a key comes before what it wrote to it.
func CheckRegisters(history []Op, o Options) Result {
	p, err := prepare(Registers, history)
	if err != nil {
		return noResult(Registers, err)
	}
	if err := p.typeSanity(); err != nil {
		return noResult(Registers, err)
	}
	found := p.abortedReads()
	found = append(found, p.intermediateReads()...)
	found = append(found, p.internalRegisters()...)
	found = append(found, p.lostUpdates()...)
	x, cyclic := newRegisterIndex(p)
	found = append(found, cyclic...)
	return p.cycles(o, found, x.addTo, x.explain, [5]EdgeKind{WR, WW, RW, Process, Realtime})
}

func noResult(kind Kind, err error) Result { return Result{Valid: Unknown, Kind: kind, Err: err} }

// cycles searches the graph of a history and puts the result together.
func (p *prepared) cycles(
	o Options, found []Anomaly,
	addTo func(*graphBuilder) error, explain func(from, to int32, kind EdgeKind) Edge, strongest [5]EdgeKind,
) Result {
	models := o.Models
	if len(models) == 0 {
		models = []string{DefaultModel}
	}
	if err := CheckModels(models); err != nil {
		return noResult(p.kind, err)
	}
	counts := prohibited(models)
	b := &graphBuilder{n: len(p.opOf), max: o.MaxEdges}
	if b.max == 0 {
		b.max = DefaultMaxEdges
	}
	steps := []func(*graphBuilder) error{addTo}
	switch {
	case hasVariant(counts, Realtime):
		steps = append(steps, p.addRealtime)
	case hasVariant(counts, Process):
		steps = append(steps, p.addProcesses)
	}
	for _, add := range steps {
		if err := add(b); err != nil {
			return noResult(p.kind, err)
		}
	}
	if !b.touched {
		found = append(found, Anomaly{Type: typeEmptyGraph})
	}
	x := &inferred{prepared: p, graph: b.build(), data: explain, order: strongest}
	return resultOf(p.kind, counts, append(found, x.search(o)...))
}

// hasVariant tells whether a type of cycles with edges of a kind is among types.
func hasVariant(types set, kind EdgeKind) bool {
	for t := range types {
		if strings.HasPrefix(t, "G") && strings.HasSuffix(t, variantOf(kind)) {
			return true
		}
	}
	return false
}

// search searches all components.
func (x *inferred) search(o Options) (found []Anomaly) {
	local := unseen(x.graph.size())
	work := newPool(o)
	for _, vertices := range x.graph.components(allEdges, false) {
		kinds := x.graph.subgraph(vertices, local)
		c := &component{vertices: vertices, kinds: kinds, labels: kinds.labeled(x.order), inferred: x, work: work}
		found = append(found, c.search()...)
	}
	return found
}

// resultOf is the verdict on what was found, where counts are the types that an
// expected model prohibits.
func resultOf(kind Kind, counts set, found []Anomaly) Result {
	r := Result{Kind: kind, Anomalies: map[string][]Anomaly{}, Others: map[string][]Anomaly{}}
	all := set{}
	for _, a := range found {
		all[a.Type] = true
		if counts[a.Type] || leavesUnknown[a.Type] {
			r.Anomalies[a.Type] = append(r.Anomalies[a.Type], a)
		} else {
			r.Others[a.Type] = append(r.Others[a.Type], a)
		}
		if counts[a.Type] {
			r.Valid = False
		}
	}
	r.dropProven()
	r.Types = slices.Sorted(maps.Keys(r.Anomalies))
	switch {
	case len(r.Types) == 0:
		return r
	case r.Valid == True:
		r.Valid = Unknown
	}
	r.Not, r.AlsoNot = boundary(sorted(all))
	return r
}

// dropProven drops tests of existence that say no more than another anomaly
// that counts.
func (r *Result) dropProven() {
	var others []string
	for t := range r.Anomalies {
		if !strings.HasSuffix(t, cycleExists) {
			others = append(others, t)
		}
	}
	out := ruledOut(others)
	for _, e := range existences {
		if out[e.model] {
			delete(r.Anomalies, e.model+cycleExists)
		}
	}
}

// Maelstrom returns the result as Maelstrom's txn-rw-register gives it: searches
// that were cut do not count, and a history is valid if nothing is left. So
// it is never unknown but for an error, and a history in which nothing could be
// inferred is not valid.
func (r Result) Maelstrom() Result {
	if r.Err != nil {
		return r
	}
	r.Anomalies = maps.Clone(r.Anomalies)
	delete(r.Anomalies, typeCut)
	r.Types = slices.Sorted(maps.Keys(r.Anomalies))
	r.Valid = False
	if len(r.Types) == 0 {
		r.Valid = True
	}
	return r
}
