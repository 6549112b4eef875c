package kafka

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// Log is the state of a node: all messages, and what every node is known to hold.
type Log struct {
	nodes  int64
	self   int64
	topics map[string]*topic

	sources []*source
	byName  map[gossip.OriginID]*source
	peers   []peer // by index of the node
	own     gossip.OriginID

	epoch uint64
	ready bool // it may give out offsets
	owes  bool // a report
}

// topic is a key.
type topic struct {
	messages  []message // by offset
	highest   int64     // number of the newest message known, durable or not; -1: there is none
	committed int64     // -1: nothing is
	pending   []int64   // own offsets that are not durable yet, in order
	known     []int64   // by source: the highest number that its life is known to have known; -1
}

type message struct {
	offset int64
	text   json.RawMessage
}

// New returns the state of a node that knows nothing yet.
func New(env app.Env) app.App {
	l := &Log{
		nodes: int64(len(env.Nodes)), self: int64(env.Index), topics: map[string]*topic{},
		byName: map[gossip.OriginID]*source{}, peers: make([]peer, len(env.Nodes)),
		own: gossip.NewOriginID(env.Self, env.Life+mark), epoch: max(env.Epoch, 1),
	}
	for i, name := range env.Nodes {
		l.peers[i].name = name
	}
	l.ready = !env.Restart || len(env.Nodes) < 2
	l.owes = !l.ready // a first report asks for those of the others
	return l
}

func (l *Log) topic(key string) *topic {
	t := l.topics[key]
	if t == nil {
		t = &topic{highest: -1, committed: -1}
		l.topics[key] = t
	}
	return t
}

// notReady is what a sender is told after a restart.
const notReady = "this node was started again, and takes messages when every other node has told what it holds; try again"

// Serve carries out a request.
func (l *Log) Serve(_ time.Duration, c *app.Call) app.Answer {
	switch what := c.Data.(type) {
	case send:
		return l.send(what.key, c.Value)
	case poll:
		return l.poll(what)
	case commit:
		return l.commit(what)
	case committed:
		return l.committed(what)
	}
	return app.Refuse(wire.NotSupported, "it is no request of this workload")
}

func (l *Log) send(key string, text []byte) app.Answer {
	if !l.ready {
		return app.Refuse(wire.TemporarilyUnavailable, notReady)
	}
	t := l.topic(key)
	if t.highest >= app.MaxOffset/l.nodes-1 {
		return app.Refuse(wire.PreconditionFailed, "the offsets of this key are used up")
	}
	t.highest++
	offset := t.highest*l.nodes + l.self
	t.pending = append(t.pending, offset)
	return app.Answer{
		Entry: encodeSend(key, offset, text),
		Reply: &app.Reply{Type: "send_ok", Fields: strconv.AppendInt([]byte(`,"offset":`), offset, 10)},
	}
}

// poll shows all that is stable from the offsets on that are asked for.
func (l *Log) poll(from []at) app.Answer {
	fields := []byte(`,"msgs":{`)
	any := false
	live, whole := l.live()
	for _, f := range from {
		t := l.topics[f.key]
		if t == nil || !whole {
			continue
		}
		bound := l.bound(t, live)
		first, _ := slices.BinarySearchFunc(t.messages, f.offset, func(m message, o int64) int { return cmp.Compare(m.offset, o) })
		if first == len(t.messages) || t.messages[first].offset >= bound {
			continue
		}
		if any {
			fields = append(fields, ',')
		}
		any = true
		fields = append(wire.AppendString(fields, f.key), ":["...)
		for i, m := range t.messages[first:] {
			if m.offset >= bound {
				break
			}
			if i > 0 {
				fields = append(fields, ',')
			}
			fields = strconv.AppendInt(append(fields, '['), m.offset, 10)
			fields = append(append(append(fields, ','), m.text...), ']')
		}
		fields = append(fields, ']')
	}
	return app.Answer{Reply: &app.Reply{Type: "poll_ok", Fields: append(fields, '}')}}
}

var committedOK = &app.Reply{Type: "commit_offsets_ok"}

// commit takes in what is higher than what is committed.
func (l *Log) commit(list []at) app.Answer {
	news := list[:0:0]
	for _, a := range list {
		if t := l.topic(a.key); a.offset > t.committed && a.offset <= app.MaxOffset {
			t.committed = a.offset
			news = append(news, a)
		}
	}
	if len(news) == 0 {
		return app.Answer{Reply: committedOK, Behind: true}
	}
	return app.Answer{Reply: committedOK, Entry: encodeCommit(news)}
}

func (l *Log) committed(keys []string) app.Answer {
	var list []at
	for _, key := range keys {
		if t := l.topics[key]; t != nil && t.committed >= 0 {
			list = append(list, at{key, t.committed})
		}
	}
	fields := append(appendOffsets([]byte(`,"offsets":{`), list), '}')
	return app.Answer{Reply: &app.Reply{Type: "list_committed_offsets_ok", Fields: fields}}
}

// Apply takes in an entry.
func (l *Log) Apply(e *gossip.Entry, _ string, _ int) {
	s := l.source(e.Origin)
	if !s.held.Add(e.Counter) {
		return
	}
	v, err := decode(e.Value)
	if err != nil {
		return // it was checked when it came
	}
	for _, a := range v.commits {
		t := l.topic(a.key)
		t.committed = max(t.committed, a.offset)
	}
	if v.message != nil {
		l.store(s, e.Counter, &v)
	}
	if v.report != nil {
		s.reports[e.Counter] = v.report
	}
	if e.Origin != l.own {
		s.unreported.Add(e.Counter)
	}
	l.follow(s)
}

// store puts a message in its place.
func (l *Log) store(s *source, counter uint64, v *value) {
	t := l.topic(v.key)
	number := v.offset / l.nodes
	t.highest = max(t.highest, number)
	m := message{v.offset, v.message}
	if i, known := slices.BinarySearchFunc(t.messages, v.offset, func(m message, o int64) int { return cmp.Compare(m.offset, o) }); !known {
		t.messages = slices.Insert(t.messages, i, m)
	}
	s.sends[counter] = sent{t, number}
	if s.name == l.own {
		if i := slices.Index(t.pending, v.offset); i >= 0 {
			t.pending = slices.Delete(t.pending, i, i+1)
		}
	} else {
		l.owes = true
	}
	for _, other := range l.sources {
		if spans, ok := other.reported[s.name]; ok && spans.Contains(counter) {
			t.knows(other, number)
		}
	}
}

// knows says that a life has known a message with a number.
func (t *topic) knows(s *source, number int64) {
	for len(t.known) <= s.index {
		t.known = append(t.known, -1)
	}
	t.known[s.index] = max(t.known[s.index], number)
}

// Size is how many keys there are.
func (l *Log) Size() int { return len(l.topics) }
