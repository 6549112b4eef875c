package checker

import (
	"encoding/json"
	"slices"
	"time"

	"treecast/run"
)

// worstStaleCount is how many of the stalest elements set-full shows.
const worstStaleCount = 8

// SetFull is Jepsen's set-full checker (jepsen.checker/set-full, not
// linearizable) as Maelstrom runs it, to the letter.
//
// Of its traits that surprise: a read counts by the position of its
// invocation, but is looked at when it completes, so that a read invoked before
// an addition, and completed after the addition was invoked, misses it; a
// value added a second time begins anew; and duplicates in a read are never
// found, because the comparison that looks for them is the wrong way round.
// Strict finds them.
func SetFull(h run.History, names SetNames) run.SetFull {
	values := newElements()
	set := setFull{names: names, values: values}
	names.scan(h, values, &set)
	return set.results(h)
}

// Set is SetFull and Strict in one pass over the history. What strict could not
// look at is said in unasked, empty if it looked at all.
func Set(h run.History, names SetNames, options StrictOptions) (figures run.SetFull, findings []run.Finding, unasked string) {
	values := newElements()
	set := setFull{names: names, values: values}
	strict := newStrict(h, values, names, options)
	names.scan(h, values, &set, strict)
	names.scanFrom(strict.h, strict.proper, values, strict)
	verdict := strict.results()
	if verdict.Valid == run.Unknown {
		unasked = "no final read was asked for"
	}
	return set.results(h), verdict.Findings, unasked
}

// setFull follows every element through a history.
type setFull struct {
	names     SetNames
	values    *elements
	state     []elementState // by id; elements only read so far may be beyond its end
	attempted bitset         // ids that were broadcast
	present   bitset         // ids the read at hand shows
}

// elementState is what set-full keeps of an element: positions in the history,
// -1 for none.
type elementState struct {
	known       int32 // the completion that first confirmed it: of its broadcast or of a read
	lastPresent int32 // of the reads that show it, the invocation of the latest invoked
	lastAbsent  int32 // of the reads that do not, likewise
}

func (s *setFull) began(_ int32, id elementID) {
	for int(id) >= len(s.state) {
		s.state = append(s.state, elementState{})
	}
	s.state[id] = elementState{known: -1, lastPresent: -1, lastAbsent: -1}
	s.attempted.add(id)
}

func (s *setFull) ended(at int32, id elementID, op *run.Op) {
	if op.Type == run.OK && s.attempted.has(id) && s.state[id].known < 0 {
		s.state[id].known = at
	}
}

func (s *setFull) asked(int32, *run.Op) {}

func (s *setFull) unanswered(int32, int32, *run.Op) {}

// answered costs the length of the read plus the number of elements it lacks;
// the elements it has are set aside 64 at a time.
func (s *setFull) answered(began, at int32, ids []elementID, _ bool) {
	clear(s.present)
	for _, id := range ids {
		if !s.attempted.has(id) {
			continue // not broadcast, or not yet: set-full does not know it
		}
		s.present.add(id)
		state := &s.state[id]
		if state.known < 0 {
			state.known = at
		}
		state.lastPresent = max(state.lastPresent, began)
	}
	s.attempted.eachWithout(s.present, func(id elementID) {
		state := &s.state[id]
		state.lastAbsent = max(state.lastAbsent, began)
	})
}

// judge gives the outcome of an element and, for a stable or lost one, its
// latency in whole milliseconds.
func (e *elementState) judge(h run.History) (run.Outcome, run.Millis) {
	latency := func(last int32) run.Millis {
		since := time.Duration(0)
		if last >= 0 {
			since = h[last].Time + 1
		}
		return run.Millis(max(since-h[e.known].Time, 0).Truncate(time.Millisecond))
	}
	switch {
	case e.lastPresent >= 0 && e.lastAbsent < e.lastPresent:
		return run.Stable, latency(e.lastAbsent)
	case e.known >= 0 && e.lastPresent < e.lastAbsent && e.known < e.lastAbsent:
		return run.Lost, latency(e.lastPresent)
	default:
		return run.NeverRead, 0
	}
}

func (s *setFull) results(h run.History) run.SetFull {
	out := run.SetFull{Lost: noElements(), NeverRead: noElements(), Stale: noElements()}
	var stableLatencies, lostLatencies []time.Duration
	var stale []run.Element
	for _, id := range s.sorted() {
		state := &s.state[id]
		outcome, latency := state.judge(h)
		value := s.values.json(id)
		out.AttemptCount++
		switch outcome {
		case run.Stable:
			out.StableCount++
			stableLatencies = append(stableLatencies, latency.Duration())
			if latency > 0 {
				out.Stale = append(out.Stale, value)
				stale = append(stale, run.Element{
					Element: value, Outcome: outcome, StableLatency: &latency,
					Known: s.op(h, state.known), LastAbsent: s.op(h, state.lastAbsent),
				})
			}
		case run.Lost:
			out.Lost = append(out.Lost, value)
			lostLatencies = append(lostLatencies, latency.Duration())
		case run.NeverRead:
			out.NeverRead = append(out.NeverRead, value)
		}
	}
	out.LostCount, out.NeverReadCount, out.StaleCount = len(out.Lost), len(out.NeverRead), len(out.Stale)
	out.StableLatencies, out.LostLatencies = quantiles(stableLatencies), quantiles(lostLatencies)
	out.WorstStale = worstStale(stale)
	switch {
	case out.LostCount > 0:
		out.Valid = run.Invalid
	case out.StableCount == 0:
		out.Valid = run.Unknown
	default:
		out.Valid = run.Valid
	}
	return out
}

// sorted gives the ids of all elements that were broadcast, by value.
func (s *setFull) sorted() []elementID {
	ids := make([]elementID, 0, s.attempted.count())
	s.attempted.eachWithout(nil, func(id elementID) { ids = append(ids, id) })
	slices.SortFunc(ids, s.values.compare)
	return ids
}

// worstStale takes stale elements in order of value. Jepsen sorts them by
// latency, stably, and turns the list around: of equals the largest comes first.
func worstStale(stale []run.Element) []run.Element {
	slices.SortStableFunc(stale, func(a, b run.Element) int {
		return int(a.StableLatency.Whole() - b.StableLatency.Whole())
	})
	slices.Reverse(stale)
	worst := stale[:min(len(stale), worstStaleCount)]
	return append([]run.Element{}, worst...)
}

func quantiles(samples []time.Duration) *run.Quantiles {
	slices.Sort(samples)
	return run.QuantilesOf(samples)
}

// op is an operation as set-full prints it, nil for none: an addition is :add,
// whatever the workload calls it.
func (s *setFull) op(h run.History, at int32) *run.Op {
	if at < 0 {
		return nil
	}
	op := h[at]
	if op.F == s.names.Add {
		op.F = "add"
	}
	return &op
}

// noElements is an empty list that JSON spells [], not null.
func noElements() []json.RawMessage { return []json.RawMessage{} }
