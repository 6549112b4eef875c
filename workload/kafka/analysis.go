package kafka

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"treecast/run"
	"treecast/wire"
	"treecast/workload/clojure"
)

// message is the number that a message of one key goes by in a check, from 0.
type message int32

// keyLog is everything that is known of one key.
type keyLog struct {
	key   string
	ids   map[string]message // by canonical form
	texts []json.RawMessage  // by message: as first met
	state []messageState     // by message

	offsets map[int64][]message // what was seen at each offset, all different
	order   []int64             // those offsets, sorted
	byIndex []message           // by dense offset; where several were seen, the one that Clojure meets first
	index   []int32             // by message: the last place that it has in byIndex, -1 for none
	first   []int32             // by message: the first dense offset at which it was seen, -1 for none
	last    []int32             // by message: the last of them
}

// messageState is who sent a message and who read it.
type messageState struct {
	writer     *run.Op // the last completion of a send of it
	wrote      int32   // the first invocation of a send of it, -1 for none
	acked      bool
	readOK     bool
	reader     *run.Op // the first that read it
	unseen     bool    // acknowledged, and not read by anybody since
	failedSend bool
}

// analysis is a history, taken apart.
type analysis struct {
	h      run.History
	events []event // of clients, in order
	logs   map[string]*keyLog
	keys   []string // as first met
	pairs  []int32
}

func analyze(h run.History) (*analysis, error) {
	a := &analysis{h: h, logs: map[string]*keyLog{}, pairs: h.Pairs()}
	for i := range h {
		if h[i].Process == run.NemesisProcess {
			continue
		}
		e := parse(&h[i])
		a.events = append(a.events, e)
		a.note(&e)
	}
	for _, e := range a.events {
		a.place(&e)
	}
	for _, key := range a.keys {
		l := a.logs[key]
		l.arrange()
		for id := range l.state {
			if s := &l.state[id]; s.reader != nil && s.writer == nil {
				return nil, fmt.Errorf("operation %d read %.60s under key %q, which nobody sent", s.reader.Index, l.texts[id], key)
			}
		}
	}
	return a, nil
}

func (a *analysis) log(key string) *keyLog {
	l := a.logs[key]
	if l == nil {
		l = &keyLog{key: key, ids: map[string]message{}, offsets: map[int64][]message{}}
		a.logs[key] = l
		a.keys = append(a.keys, key)
	}
	return l
}

func (l *keyLog) id(text json.RawMessage) message {
	id, ok := l.ids[string(text)]
	if ok {
		return id
	}
	canonical, err := wire.Canonical(text)
	if err != nil {
		canonical = string(text)
	}
	if id, ok = l.ids[canonical]; !ok {
		id = message(len(l.texts))
		l.ids[canonical] = id
		l.texts = append(l.texts, text)
		l.state = append(l.state, messageState{wrote: -1})
	}
	return id
}

// note takes down who sent and who read what.
func (a *analysis) note(e *event) {
	for _, s := range e.sends {
		l := a.log(s.key)
		state := &l.state[l.id(s.message)]
		switch e.op.Type {
		case run.Invoke:
			if state.wrote < 0 {
				state.wrote = int32(e.op.Index)
			}
			continue
		case run.OK:
			state.acked = true
			state.unseen = state.unseen || !state.readOK
		case run.Fail:
			state.failedSend = true
		}
		state.writer = e.op
	}
	if e.op.Type == run.Invoke {
		return
	}
	for _, k := range e.polls {
		l := a.log(k.key)
		for _, p := range k.pairs {
			state := &l.state[l.id(p.message)]
			if state.reader == nil {
				state.reader = e.op
			}
			if e.op.Type == run.OK {
				state.readOK, state.unseen = true, false
			}
		}
	}
}

// place puts messages at the offsets at which they were sent or polled. Of sends
// count those that are known to have happened.
func (a *analysis) place(e *event) {
	for _, s := range e.sends {
		l := a.log(s.key)
		if id := l.id(s.message); s.hasOffset && a.committed(&l.state[id], e.op) {
			l.put(s.offset, id)
		}
	}
	for _, k := range e.polls {
		l := a.log(k.key)
		for _, p := range k.pairs {
			l.put(p.offset, l.id(p.message))
		}
	}
}

// committed says whether a send must have happened: it was acknowledged, or its
// message was read.
func (a *analysis) committed(s *messageState, op *run.Op) bool {
	return op.Type == run.OK || op.Type == run.Info && s.readOK
}

func (l *keyLog) put(offset int64, id message) {
	at := l.offsets[offset]
	if !slices.Contains(at, id) {
		l.offsets[offset] = append(at, id)
	}
}

// arrange gives the offsets of a key dense ones.
func (l *keyLog) arrange() {
	l.index, l.first, l.last = nowhere(len(l.texts)), nowhere(len(l.texts)), nowhere(len(l.texts))
	for offset := range l.offsets {
		l.order = append(l.order, offset)
	}
	slices.Sort(l.order)
	for i, offset := range l.order {
		here := l.clojureOrder(l.offsets[offset])
		l.offsets[offset] = here
		l.byIndex = append(l.byIndex, here[0])
		l.index[here[0]] = int32(i)
		for _, id := range here {
			if l.first[id] < 0 {
				l.first[id] = int32(i)
			}
			l.last[id] = int32(i)
		}
	}
}

func nowhere(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// clojureOrder sorts messages as Clojure walks over a set of them.
func (l *keyLog) clojureOrder(ids []message) []message {
	if len(ids) < 2 {
		return ids
	}
	numbers := make([]int64, 0, len(ids))
	byNumber := map[int64]message{}
	for _, id := range ids {
		n, err := strconv.ParseInt(string(l.texts[id]), 10, 64)
		if err != nil {
			return ids // of what no client sends any order will do
		}
		numbers = append(numbers, n)
		byNumber[n] = id
	}
	clojure.SetOrder(numbers)
	out := make([]message, len(numbers))
	for i, n := range numbers {
		out[i] = byNumber[n]
	}
	return out
}
