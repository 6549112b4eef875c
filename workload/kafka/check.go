package kafka

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"treecast/run"
	"treecast/wire"
	"treecast/workload"
	"treecast/workload/clojure"
)

// The types of error, by Jepsen's names.
const (
	duplicate           = "duplicate"
	g1a                 = "G1a"
	g1cRealtime         = "G1c-realtime"
	inconsistentOffsets = "inconsistent-offsets"
	intNonmonotonicPoll = "int-nonmonotonic-poll"
	intPollSkip         = "int-poll-skip"
	lostWrite           = "lost-write"
	nonmonotonicPoll    = "nonmonotonic-poll"
	nonmonotonicSend    = "nonmonotonic-send"
	pollSkip            = "poll-skip"
	unseenMessages      = "unseen"
)

// How many errors of a type Jepsen shows; of the types that are not named, all.
const (
	shownFew  = 8
	shownMany = 32
)

// wrong is an error with what it is sorted by.
type wrong struct {
	by      int64
	figures run.Figures
}

// check is Jepsen's checker. A message that was read and that nobody sent makes
// its verdict unknown.
func check(h run.History, in workload.Input) workload.Verdict {
	a, err := analyze(h)
	if err != nil {
		return workload.Verdict{
			Maelstrom: run.Workload{Valid: run.Unknown, Figures: run.Figures{
				{Key: "valid?", Value: run.Unknown}, {Key: "error", Value: err.Error()},
			}},
			Findings: []run.Finding{{Kind: run.FindingUnsent, Count: 1, Text: err.Error()}},
		}
	}
	errs := a.errors()
	types := run.List{}
	var names []string
	for name := range errs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		types = append(types, run.Keyword(name))
	}
	unseen, hasUnseen := a.unseen()
	if hasUnseen {
		names = append(names, unseenMessages)
		types = append(types, run.Keyword(unseenMessages)) // it is the last by name, too
	}
	valid := run.VerdictIf(len(types) == 0)
	figures := run.Figures{
		{Key: "valid?", Value: valid},
		{Key: "worst-realtime-lag", Value: a.worstLag()},
		{Key: "bad-error-types", Value: types},
		{Key: "error-types", Value: types},
		{Key: "info-txn-causes", Value: a.infoCauses()},
	}
	count := 0
	var words []string
	for _, name := range names {
		if name == unseenMessages {
			figures = append(figures, run.Figure{Key: name, Value: unseen})
			words = append(words, inWords(name, 1, unseen))
			count++
			continue
		}
		words = append(words, inWords(name, len(errs[name]), errs[name][0].figures))
		count += len(errs[name])
		figures = append(figures, run.Figure{Key: name, Value: condense(name, errs[name])})
	}
	v := workload.Verdict{Maelstrom: run.Workload{Valid: valid, Figures: figures}}
	if valid == run.Invalid {
		v.Why, v.Count = strings.Join(words, "; "), count
	}
	v.Findings, v.Unasked = strict(a, in)
	return v
}

// condense sorts errors and keeps the ones that Jepsen shows.
func condense(name string, errs []wrong) run.Figures {
	sorted := slices.Clone(errs)
	byKey := func() {
		slices.SortStableFunc(sorted, func(a, b wrong) int { return int(max(-1, min(a.by-b.by, 1))) })
	}
	switch name {
	case duplicate, inconsistentOffsets:
		byKey()
		sorted = sorted[:min(len(sorted), shownMany)]
	case g1cRealtime, intNonmonotonicPoll, nonmonotonicPoll, nonmonotonicSend:
		byKey()
		sorted = sorted[:min(len(sorted), shownFew)]
	case intPollSkip, pollSkip:
		byKey()
		sorted = sorted[max(0, len(sorted)-shownFew):]
	}
	list := make(run.List, len(sorted))
	for i := range sorted {
		list[i] = sorted[i].figures
	}
	return run.Figures{{Key: "count", Value: len(errs)}, {Key: "errs", Value: list}}
}

// errors finds the errors of every type but unseen.
func (a *analysis) errors() map[string][]wrong {
	errs := map[string][]wrong{}
	add := func(name string, by int64, figures run.Figures) {
		errs[name] = append(errs[name], wrong{by, figures})
	}
	for _, key := range clojure.MapOrder(a.keys) {
		l := a.logs[key]
		l.inconsistent(add)
		l.duplicates(add)
		l.lostWrites(add)
	}
	a.abortedReads(add)
	a.earlyReads(add)
	a.withinPolls(add)
	a.betweenOperations(add)
	return errs
}

// adder takes an error.
type adder func(name string, by int64, figures run.Figures)

// inconsistent finds offsets at which several messages were seen.
func (l *keyLog) inconsistent(add adder) {
	for i, offset := range l.order {
		if here := l.offsets[offset]; len(here) > 1 {
			values := make(run.Set, 0, len(here))
			for _, id := range l.sorted(here) {
				values = append(values, run.Value(l.texts[id]))
			}
			add(inconsistentOffsets, int64(len(here)), run.Figures{
				{Key: "key", Value: l.key}, {Key: "offset", Value: offset}, {Key: "index", Value: i}, {Key: "values", Value: values},
			})
		}
	}
}

// sorted sorts messages by value.
func (l *keyLog) sorted(ids []message) []message {
	return slices.SortedFunc(slices.Values(ids), func(a, b message) int {
		order, err := clojure.Compare(l.texts[a], l.texts[b])
		if err != nil {
			return strings.Compare(string(l.texts[a]), string(l.texts[b]))
		}
		return order
	})
}

// duplicates finds messages that were seen at several offsets.
func (l *keyLog) duplicates(add adder) {
	at := map[message]run.Vector{}
	var order []message
	for _, offset := range l.order {
		for _, id := range l.offsets[offset] {
			if at[id] == nil {
				order = append(order, id)
			}
			at[id] = append(at[id], offset)
		}
	}
	for _, id := range order {
		if n := len(at[id]); n > 1 {
			add(duplicate, int64(n), run.Figures{
				{Key: "key", Value: l.key}, {Key: "value", Value: run.Value(l.texts[id])}, {Key: "count", Value: n}, {Key: "offsets", Value: at[id]},
			})
		}
	}
}

// lostWrites finds committed messages that nobody read, below the highest one
// of their key that was read.
func (l *keyLog) lostWrites(add adder) {
	bound := int32(-1)
	read := false
	for id := range l.state {
		if l.state[id].readOK {
			read = true
			bound = max(bound, l.first[id])
		}
	}
	if !read || bound < 0 {
		return
	}
	var maxRead *run.Op
	for id := range l.state {
		if l.last[id] == bound && l.state[id].reader != nil {
			maxRead = l.state[id].reader
			break
		}
	}
	for i := int32(0); i <= bound; i++ {
		for _, id := range l.offsets[l.order[i]] {
			s := &l.state[id]
			if l.last[id] != i || s.readOK || s.writer == nil || s.writer.Type != run.OK {
				continue
			}
			add(lostWrite, 0, run.Figures{
				{Key: "key", Value: l.key}, {Key: "value", Value: run.Value(l.texts[id])}, {Key: "index", Value: int64(l.first[id])},
				{Key: "max-read-index", Value: int64(bound)}, {Key: "writer", Value: s.writer}, {Key: "max-read", Value: maxRead},
			})
		}
	}
}

// abortedReads finds polls that show what definitely was not sent.
func (a *analysis) abortedReads(add adder) {
	for i := range a.events {
		e := &a.events[i]
		if e.op.Type != run.OK {
			continue
		}
		for _, k := range e.polls {
			l := a.logs[k.key]
			for _, p := range k.pairs {
				if s := &l.state[l.id(p.message)]; s.failedSend {
					add(g1a, 0, run.Figures{
						{Key: "key", Value: k.key}, {Key: "value", Value: run.Value(p.message)}, {Key: "writer", Value: s.writer}, {Key: "reader", Value: e.op},
					})
				}
			}
		}
	}
}

// earlyReads finds the cycles of Jepsen's graph of write-read and realtime edges.
// A send has no edge into it but realtime ones and a poll none out of it but
// such, so that of any cycle some poll was complete before the send of what it
// read was invoked: any other order of writes and reads agrees with time.
func (a *analysis) earlyReads(add adder) {
	for i := range a.events {
		e := &a.events[i]
		if e.op.Type != run.OK {
			continue
		}
		for _, k := range e.polls {
			l := a.logs[k.key]
			for _, p := range k.pairs {
				s := &l.state[l.id(p.message)]
				if s.wrote < 0 || int(s.wrote) < e.op.Index {
					continue
				}
				add(g1cRealtime, 2, run.Figures{
					{Key: "cycle", Value: run.Vector{e.op, s.writer, e.op}},
					{Key: "steps", Value: run.List{
						run.Figures{{Key: "type", Value: run.Keyword("realtime")}},
						run.Figures{{Key: "type", Value: run.Keyword("wr")}, {Key: "key", Value: k.key}, {Key: "value", Value: run.Value(p.message)}},
					}},
					{Key: "type", Value: run.Keyword(g1cRealtime)},
				})
			}
		}
	}
}

// infoCauses lists the errors that left sends and polls open.
func (a *analysis) infoCauses() run.List {
	out := run.List{}
	seen := map[string]bool{}
	for i := range a.events {
		op := a.events[i].op
		if op.Type != run.Info || op.F != fSend && op.F != fPoll {
			continue
		}
		cause := "nil"
		if op.Error != nil {
			cause = op.Error.String()
		}
		if !seen[cause] {
			seen[cause] = true
			out = append(out, run.Atom(cause))
		}
	}
	return out
}

// unseen are the messages that were acknowledged and never read by anybody.
func (a *analysis) unseen() (run.Figures, bool) {
	at := int64(0)
	for i := range a.events {
		if op := a.events[i].op; op.Type == run.OK && (op.F == fSend || op.F == fPoll) {
			at = int64(op.Time)
		}
	}
	counts, messages := run.Pairs{}, run.Pairs{}
	for _, key := range slices.Sorted(slices.Values(a.keys)) {
		l := a.logs[key]
		var ids []message
		for id := range l.state {
			if l.state[id].unseen {
				ids = append(ids, message(id))
			}
		}
		if len(ids) == 0 {
			continue
		}
		first := run.List{}
		for _, id := range l.sorted(ids)[:min(len(ids), shownMany)] {
			first = append(first, run.Value(l.texts[id]))
		}
		counts = append(counts, key, len(ids))
		messages = append(messages, key, first)
	}
	return run.Figures{
		{Key: "time", Value: at}, {Key: "unseen", Value: counts}, {Key: "messages", Value: messages},
	}, len(counts) > 0
}

// assignedKeys reads the keys of an assignment.
func assignedKeys(value json.RawMessage) map[string]bool {
	out := map[string]bool{}
	wire.EachElement(value, func(v json.RawMessage) bool {
		if key, ok := wire.Text(v); ok {
			out[key] = true
		}
		return true
	})
	return out
}

func describe(op *run.Op) string {
	return fmt.Sprintf("operation %d (process %d)", op.Index, op.Process)
}
