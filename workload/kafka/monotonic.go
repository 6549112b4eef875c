package kafka

import (
	"treecast/run"
)

// step compares two messages of a key by their places in its log: how far the
// second is beyond the first, 1 if that is not known.
func (l *keyLog) step(from, to message) (delta int64, skipped run.List) {
	i, j := l.index[from], l.index[to]
	if i < 0 || j < 0 {
		return 1, nil
	}
	for k := i + 1; k < j; k++ {
		skipped = append(skipped, run.Value(l.texts[l.byIndex[k]]))
	}
	return int64(j) - int64(i), skipped
}

// withinPolls finds polls that leave out messages between two that they show, or
// show them out of order.
func (a *analysis) withinPolls(add adder) {
	for i := range a.events {
		e := &a.events[i]
		if e.op.Type == run.Invoke {
			continue
		}
		for _, k := range e.polls {
			l := a.logs[k.key]
			for n := 1; n < len(k.pairs); n++ {
				from, to := l.id(k.pairs[n-1].message), l.id(k.pairs[n].message)
				delta, skipped := l.step(from, to)
				values := run.Vector{run.Value(l.texts[from]), run.Value(l.texts[to])}
				switch {
				case delta > 1:
					add(intPollSkip, delta, run.Figures{
						{Key: "key", Value: k.key}, {Key: "values", Value: values}, {Key: "delta", Value: delta}, {Key: "skipped", Value: skipped}, {Key: "op", Value: e.op},
					})
				case delta < 1:
					add(intNonmonotonicPoll, delta, run.Figures{
						{Key: "key", Value: k.key}, {Key: "values", Value: values}, {Key: "delta", Value: delta}, {Key: "op", Value: e.op},
					})
				}
			}
		}
	}
}

// lastSeen is the operation in which a process last polled a key, or sent to it,
// and the message that it ended with; -1 if it brought none.
type lastSeen struct {
	op *run.Op
	id message
}

// process is what one process did last, by key.
type process struct {
	polls, sends map[string]lastSeen
}

// betweenOperations finds processes that skip messages from one poll to the
// next, go back, or whose sends go back. An assignment forgets the keys that it
// does not name; a poll that brings nothing of a key forgets where it was.
func (a *analysis) betweenOperations(add adder) {
	processes := map[int]*process{}
	for i := range a.events {
		e := &a.events[i]
		p := processes[e.op.Process]
		if p == nil {
			p = &process{polls: map[string]lastSeen{}, sends: map[string]lastSeen{}}
			processes[e.op.Process] = p
		}
		switch {
		case e.op.F == fAssign && (e.op.Type == run.OK || e.op.Type == run.Info):
			p.assign(e.op)
		case e.op.F == fPoll:
			a.comparePoll(p, e, add)
		case e.op.F == fSend && (e.op.Type == run.OK || e.op.Type == run.Info):
			a.compareSend(p, e, add)
		}
	}
}

func (p *process) assign(op *run.Op) {
	keys := assignedKeys(op.Value)
	for _, last := range []map[string]lastSeen{p.polls, p.sends} {
		for key := range last {
			if !keys[key] {
				delete(last, key)
			}
		}
	}
}

func (a *analysis) comparePoll(p *process, e *event, add adder) {
	for _, k := range e.polls {
		l := a.logs[k.key]
		now := lastSeen{op: e.op, id: -1}
		if n := len(k.pairs); n > 0 {
			now.id = l.id(k.pairs[n-1].message)
		}
		if last, known := p.polls[k.key]; known && last.id >= 0 && now.id >= 0 {
			to := l.id(k.pairs[0].message)
			delta, skipped := l.step(last.id, to)
			ops := run.Vector{last.op, e.op}
			switch {
			case delta > 1:
				add(pollSkip, delta, run.Figures{
					{Key: "key", Value: k.key}, {Key: "delta", Value: delta}, {Key: "skipped", Value: skipped}, {Key: "ops", Value: ops},
				})
			case delta < 1:
				add(nonmonotonicPoll, delta, run.Figures{
					{Key: "key", Value: k.key}, {Key: "values", Value: run.Vector{run.Value(l.texts[last.id]), run.Value(l.texts[to])}}, {Key: "delta", Value: delta}, {Key: "ops", Value: ops},
				})
			}
		}
		if e.op.Type == run.OK {
			p.polls[k.key] = now
		}
	}
}

func (a *analysis) compareSend(p *process, e *event, add adder) {
	for _, s := range e.sends {
		l := a.logs[s.key]
		id := l.id(s.message)
		if last, known := p.sends[s.key]; known {
			if delta, _ := l.step(last.id, id); delta < 1 {
				add(nonmonotonicSend, delta, run.Figures{
					{Key: "key", Value: s.key}, {Key: "values", Value: run.Vector{run.Value(l.texts[last.id]), run.Value(l.texts[id])}},
					{Key: "delta", Value: delta}, {Key: "ops", Value: run.Vector{last.op, e.op}},
				})
			}
		}
		p.sends[s.key] = lastSeen{e.op, id}
	}
}
