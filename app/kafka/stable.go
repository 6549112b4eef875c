package kafka

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"treecast/gossip"
)

// source is the log of one life of a node, and what it has told. Entries come in any
// order; what the life says of itself counts in the order in which it said it, so a
// report counts when all is here that the life gave out before.
type source struct {
	index int // among Log.sources
	name  gossip.OriginID
	node  int // index; -1: it is no node of the cluster

	held       gossip.Spans // what is here of the log
	unreported gossip.Spans // of that, what the node has not told yet
	sends      map[uint64]sent
	reports    map[uint64]*report // that are here and do not count yet
	next       uint64             // the first counter that does not count yet

	// What the life has told, as far as it counts.
	epoch    uint64 // 0: it has told nothing
	ready    bool
	reported map[gossip.OriginID]gossip.Spans
}

// sent is a message by its place.
type sent struct {
	topic  *topic
	number int64
}

// peer is a node.
type peer struct {
	name  string
	lives []*source
	need  map[gossip.OriginID]gossip.Spans // what it held when it had heard of this life of ours; nil: it has not said
	told  uint64                           // the epoch of the life that said so
}

// source returns what is known of a log.
func (l *Log) source(name gossip.OriginID) *source {
	s := l.byName[name]
	if s == nil {
		s = &source{
			index: len(l.sources), name: name, node: -1, next: 1,
			sends: map[uint64]sent{}, reports: map[uint64]*report{}, reported: map[gossip.OriginID]gossip.Spans{},
		}
		for i := range l.peers {
			if l.peers[i].name == name.Value().Node {
				s.node = i
				l.peers[i].lives = append(l.peers[i].lives, s)
			}
		}
		l.sources, l.byName[name] = append(l.sources, s), s
	}
	return s
}

// follow has what a life said count, as far as there is no gap before it.
func (l *Log) follow(s *source) {
	for ; s.held.Contains(s.next); s.next++ {
		if m, ok := s.sends[s.next]; ok {
			m.topic.knows(s, m.number) // who gives out a message knows it
		}
		if r := s.reports[s.next]; r != nil {
			delete(s.reports, s.next)
			l.read(s, r)
		}
	}
	l.catchUp()
}

// read takes in a report whose turn has come.
func (l *Log) read(s *source, r *report) {
	if s.epoch == 0 && s.name != l.own {
		l.owes = true // a life that is new: it may wait for what we hold
	}
	s.epoch = max(s.epoch, r.epoch)
	s.ready = s.ready || r.ready
	for _, line := range r.lines {
		spans := s.reported[line.Origin]
		for _, span := range line.Counters {
			spans.AddSpan(span)
		}
		s.reported[line.Origin] = spans
		of := l.byName[line.Origin]
		if of == nil {
			continue
		}
		for _, span := range line.Counters {
			for _, held := range of.held {
				for c := max(span.First, held.First); c <= min(span.Last, held.Last); c++ {
					if m, ok := of.sends[c]; ok {
						m.topic.knows(s, m.number)
					}
				}
			}
		}
	}
	if int64(s.node) == l.self && s.name != l.own && s.epoch >= l.epoch {
		l.epoch, l.owes = s.epoch+1, true // a clock was set back: this life is the later one
	}
}

// catchUp notes what others held when they had heard of this life, and whether all of
// that is here by now. A node that has been started again since, and knows what the
// others hold, says it anew: what its former life alone held may be lost.
func (l *Log) catchUp() {
	if l.ready {
		return
	}
	complete := true
	for i := range l.peers {
		p := &l.peers[i]
		if int64(i) == l.self {
			continue
		}
		for _, s := range p.lives {
			if len(s.reported[l.own]) > 0 && (p.need == nil || s.ready && s.epoch > p.told) {
				p.told, p.need = s.epoch, map[gossip.OriginID]gossip.Spans{}
				for name, spans := range s.reported {
					p.need[name] = spans.Clone()
				}
			}
		}
		complete = complete && p.need != nil && l.holds(p.need, func(gossip.OriginID) bool { return true })
	}
	if complete {
		l.ready, l.owes = true, true
	}
}

// holds reports whether all of the named logs' entries are here.
func (l *Log) holds(all map[gossip.OriginID]gossip.Spans, of func(gossip.OriginID) bool) bool {
	for name, spans := range all {
		if !of(name) || name == l.own {
			continue
		}
		s := l.byName[name]
		for _, span := range spans {
			if s == nil || s.held.CountIn(span) < span.Len() {
				return false
			}
		}
	}
	return true
}

// live returns the present life of every other node; false if the bound of some node
// is not known: it has not reported, or was started again and does not know yet what
// the others hold, or has given out more than is here.
func (l *Log) live() (lives []*source, whole bool) {
	if !l.ready {
		return nil, false
	}
	for i := range l.peers {
		if int64(i) == l.self {
			continue
		}
		var last *source
		for _, s := range l.peers[i].lives {
			if s.epoch > 0 && (last == nil || s.epoch > last.epoch) {
				last = s
			}
		}
		former := func(name gossip.OriginID) bool { return name.Value().Node == l.peers[i].name }
		if last == nil || !last.ready || !l.holds(last.reported, former) {
			return nil, false
		}
		lives = append(lives, last)
	}
	return lives, true
}

// bound is the offset below which no message can come to be under a key any more that
// is not here.
func (l *Log) bound(t *topic, lives []*source) int64 {
	bound := (t.highest + 1) * l.nodes
	if len(t.pending) > 0 {
		bound = min(bound, t.pending[0])
	}
	for _, s := range lives {
		known := int64(-1)
		if s.index < len(t.known) {
			known = t.known[s.index]
		}
		bound = min(bound, (known+1)*l.nodes+int64(s.node))
	}
	return bound
}

// Next is at once while a report is owed.
func (l *Log) Next(now time.Duration) time.Duration {
	if l.owes && l.nodes > 1 {
		return now
	}
	return gossip.Never
}

// Step gives out a report, of what has come since the last one. Messages of others and
// new lives are worth one; what else has come goes with it.
func (l *Log) Step(time.Duration) (value, key string, ok bool) {
	if !l.owes || l.nodes < 2 {
		return "", "", false
	}
	l.owes = false
	r := report{epoch: l.epoch, ready: l.ready}
	for _, s := range l.sources {
		if len(s.unreported) > 0 {
			r.lines = append(r.lines, gossip.DigestLine{Origin: s.name, Counters: s.unreported})
			s.unreported = nil
		}
	}
	slices.SortFunc(r.lines, func(a, b gossip.DigestLine) int {
		x, y := a.Origin.Value(), b.Origin.Value()
		return cmp.Or(strings.Compare(x.Node, y.Node), strings.Compare(x.Log, y.Log))
	})
	return r.encode(), "", true
}
