package node

import (
	"sync"
	"sync/atomic"

	"treecast/gossip"
	"treecast/journal"
	"treecast/node/values"
	"treecast/wire"
)

// state is what the node knows: its entries, in the order in which they were applied, and
// the values that a read shows. It outlives crashes of the services.
//
// One service applies entries: the journal of a node that has one, otherwise the store. Any
// goroutine may read the list; the log is read without a lock.
type state struct {
	log  *gossip.Log
	held *gossip.Digest // what is in the log or about to be; of the service that applies

	mu     sync.Mutex // guards values and list
	values values.Set
	list   values.List

	shown atomic.Int64 // values in the list
}

func newState() *state { return &state{log: gossip.NewLog(), held: gossip.NewDigest()} }

// accept reports whether an entry is new; then it is to be applied.
func (s *state) accept(e *gossip.Entry) bool { return s.held.Add(e.Origin, e.Counter) }

// apply adds an accepted entry. key is its canonical value. The caller holds mu.
func (s *state) apply(e gossip.Entry, key string) {
	s.log.Append(e)
	s.show(&e, key)
}

// show adds a value to what reads show, if it is not there. The caller holds mu.
func (s *state) show(e *gossip.Entry, key string) {
	if s.values.Add(key) {
		shown := e.Value
		if shown != key { // else it is canonical, so it has no newline
			shown = string(wire.OneLine([]byte(shown)))
		}
		s.list.Add(shown)
		s.shown.Store(int64(s.list.Len()))
	}
}

// applyNew applies those entries that are new.
func (s *state) applyNew(entries []gossip.Entry, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range entries {
		if s.accept(&entries[i]) {
			s.apply(entries[i], keys[i])
		}
	}
}

// view is what a read shows now.
func (s *state) view() values.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list.View()
}

// knows reports whether a value is shown.
func (s *state) knows(value []byte) bool {
	key, err := wire.Canonical(value)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values.Has(key)
}

// recover applies what an earlier incarnation has left, and returns how many entries were
// new.
func (s *state) recover(found *journal.Recovered) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.log.Len()
	var last gossip.OriginID
	var of journal.Origin
	found.Each(func(run journal.Run) {
		if run.Origin != of || before == s.log.Len() {
			of, last = run.Origin, gossip.NewOriginID(run.Node, run.Log)
		}
		for i, value := range run.Values {
			e := gossip.Entry{Origin: last, Counter: run.First + uint64(i), Value: value}
			if key, err := wire.Canonical([]byte(value)); err == nil && s.accept(&e) {
				s.apply(e, key)
			}
		}
	})
	return s.log.Len() - before
}
