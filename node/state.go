package node

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/app/all"
	"treecast/gossip"
	"treecast/journal"
)

// state is what the node knows: its entries, in the order in which they were applied, and
// the values that a read shows. It outlives crashes of the services.
//
// One service applies entries: the journal of a node that has one, otherwise the store. Any
// goroutine may read the list; the log is read without a lock.
type state struct {
	log  *gossip.Log
	held *gossip.Digest // what is in the log or about to be; of the service that applies

	kind     atomic.Pointer[app.Kind] // nil: nobody knows what the node is for
	onChoice func(*app.Kind)          // is told when somebody does; may be nil
	onStand  func(at int)             // is told of entries that others stand for; nil: gossip reads the log itself
	wrong    app.Wrong                // nil as a rule

	mu    sync.Mutex // of what follows
	app   app.App    // nil until it is needed
	env   app.Env    // what init told
	entry gossip.Entry

	shown atomic.Int64 // values, keys or logs, of figures
}

func newState() *state { return &state{log: gossip.NewLog(), held: gossip.NewDigest()} }

// choose says what the node is for. The first one who does is believed.
func (s *state) choose(k *app.Kind) {
	if k != nil && s.kind.CompareAndSwap(nil, k) && s.onChoice != nil {
		s.onChoice(k)
	}
}

// tell chooses the workload of a log, if nobody has chosen another, and returns the
// one that reads its entries; nil: they are kept and passed on, and mean nothing here.
func (s *state) tell(origin gossip.OriginID) *app.Kind {
	log := origin.Value().Log
	k := s.kind.Load()
	if k == nil {
		s.choose(all.OfLog(log))
		k = s.kind.Load()
	}
	if k == nil || k.Stateless || !hasMark(log, k.Mark) {
		return nil
	}
	return k
}

// hasMark reports whether a log's name has a mark, or none if that is empty.
func hasMark(log, mark string) bool {
	if mark == "" {
		return strings.IndexByte(log, '.') < 0
	}
	return strings.HasSuffix(log, mark)
}

// use returns the workload's state; nil while there is none. The caller holds mu.
func (s *state) use() app.App {
	if s.app == nil {
		if k := s.kind.Load(); k != nil && k.New != nil && s.env.Self != "" {
			s.env.Stood = s.stand
			if s.wrong == nil {
				s.app = k.New(s.env)
			} else {
				s.app = s.wrong.App(k.New(s.wrong.Env(s.env)), s.env.Self)
			}
		}
	}
	return s.app
}

// stand notes that other entries say all that the one at a position does.
func (s *state) stand(at int) {
	s.log.Stand(at)
	if s.onStand != nil {
		s.onStand(at)
	}
}

// accept reports whether an entry is new, and so is to be applied.
func (s *state) accept(e *gossip.Entry) bool { return s.held.Add(e.Origin, e.Counter) }

// apply puts in an entry that was accepted. The caller holds mu, for as many entries
// as it has.
func (s *state) apply(e gossip.Entry, key string) {
	at := s.log.Append(e)
	s.show(e, key, at)
}

// show has an entry count. The caller holds mu.
func (s *state) show(e gossip.Entry, key string, at int) {
	if s.tell(e.Origin) == nil {
		return
	}
	if a := s.use(); a != nil {
		s.entry = e
		a.Apply(&s.entry, key, at)
		s.shown.Store(int64(a.Size()))
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

// serve has the workload carry out a request; false while there is none.
func (s *state) serve(now time.Duration, c *app.Call) (app.Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.use()
	if a == nil {
		return app.Answer{}, false
	}
	return a.Serve(now, c), true
}

// gives reports whether the workload may give out entries by itself. Any goroutine may
// ask, and all others need not take the lock for it.
func (s *state) gives() bool {
	k := s.kind.Load()
	return k != nil && k.Gives
}

// appNext is when the workload has an entry to give out by itself.
func (s *state) appNext(now time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app == nil {
		return Never
	}
	return s.app.Next(now)
}

// appStep returns the value of that entry, and its key; false if there is none.
func (s *state) appStep(now time.Duration) (value, key string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app == nil {
		return "", "", false
	}
	return s.app.Step(now)
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
		k := s.tell(last)
		for i, value := range run.Values {
			e := gossip.Entry{Origin: last, Counter: run.First + uint64(i), Value: value}
			key, err := "", error(nil)
			if k != nil {
				key, err = k.Check(value)
			}
			if err == nil && s.accept(&e) {
				s.apply(e, key)
			}
		}
	})
	return s.log.Len() - before
}
