package node

import (
	"slices"
	"time"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// The texts of refusals.
const (
	notWritableText = "this node's journal cannot be written, so that the value would not survive it"
	unknownText     = "nobody knows yet which workload this node is for: --app says it, or a request that only one has"
	noStateText     = "the workload of this node has no such request"
)

// mostWaiting is how many requests wait at most until somebody knows what the node is
// for.
const mostWaiting = 1024

// know takes note of what init has told. Behind it the workload may have a state.
func (s *state) know(env app.Env) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.env = env
}

// restarted notes that an earlier incarnation of the node has left a journal.
func (s *state) restarted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.env.Restart = true
}

// patience is for how long requests wait until somebody knows what the node is for.
func (s *state) patience() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.env.Restart {
		return app.Patience
	}
	return app.FirstPatience
}

// startLog names the log of own entries. What the node is for is known before the
// first of them.
func (s *store) startLog(self string) {
	s.kind = s.state.kind.Load()
	name := s.logName
	if s.kind != nil {
		name += s.kind.Mark
	}
	if origin := gossip.NewOriginID(self, name); origin != s.origin {
		s.origin = origin
		s.issued.start(origin)
	}
}

// request has the workload carry out a request.
func (s *store) request(now time.Duration, j *workItem) {
	k := s.state.kind.Load()
	if k == nil {
		s.await(now, j)
		return
	}
	if again, ok := j.more.(*unread); ok {
		call, err := k.Parse(again.typ, app.Body(again.body))
		if err != nil || call.Class == app.None {
			s.out.fail(now, j.replyTo, wire.NotSupported, noStateText)
			return
		}
		j.call, j.more = call, nil
	}
	if k != s.kind {
		s.startLog(s.origin.Value().Node)
	}
	if s.journal != nil && j.call.Class >= app.Write {
		switch {
		case j.call.Class == app.Write && s.failing.Load():
			s.counters.refusedNotDurable.Add(1)
			s.out.fail(now, j.replyTo, wire.TemporarilyUnavailable, notWritableText)
			return
		case s.journal.Depth() >= s.journal.Capacity():
			s.counters.refusedFull.Add(1)
			s.out.fail(now, j.replyTo, wire.TemporarilyUnavailable, fullText)
			return
		}
	}
	a, ok := s.state.serve(now, &j.call)
	switch {
	case !ok:
		s.out.fail(now, j.replyTo, wire.NotSupported, noStateText)
	case a.Code != 0:
		s.out.fail(now, j.replyTo, a.Code, a.Text)
	case a.Entry != "":
		s.give(now, walItem{
			kind: walOwn, maybeGone: j.maybeGone, bytes: j.bytes, replyTo: j.replyTo, reply: a.Reply,
			entry: gossip.Entry{Origin: s.origin, Counter: s.counter + 1, Value: a.Entry}, key: a.Key,
		})
	case a.Behind && s.journal != nil && s.owesOwn() && s.journal.Depth() < s.journal.Capacity():
		s.toJournal(now, walItem{kind: walReply, bytes: j.bytes, replyTo: j.replyTo, reply: a.Reply})
	default:
		if j.maybeGone {
			s.counters.silenced.Add(1)
		}
		s.out.answer(now, j.replyTo, a.Reply, j.call.Patient)
	}
}

// owesOwn reports whether own entries were given out that are not durable yet.
func (s *store) owesOwn() bool {
	_, last := s.issued.current()
	return s.counter > last
}

// give gives out an entry of the node's own. There is room for it in the journal.
func (s *store) give(now time.Duration, item walItem) {
	s.counter++
	if s.journal == nil {
		s.handedOn = true
		s.own(now, &item)
		return
	}
	if item.key == item.entry.Value {
		item.key = "" // one string for both
	}
	s.toJournal(now, item)
}

// own applies an entry of the node's own, which others can know from now on, and
// says so to its client.
func (s *store) own(now time.Duration, item *walItem) {
	s.issued.issue(&item.entry)
	s.state.applyNew([]gossip.Entry{item.entry}, []string{item.key})
	s.storedSignal.notify()
	if item.maybeGone {
		s.counters.silenced.Add(1)
	}
	if item.reply != nil && item.replyTo.wantsReply {
		s.out.answer(now, item.replyTo, item.reply, false)
	}
}

// await has a request wait until somebody knows what the node is for.
func (s *store) await(now time.Duration, j *workItem) {
	if len(s.waiting) == mostWaiting {
		s.out.fail(now, j.replyTo, wire.TemporarilyUnavailable, unknownText)
		return
	}
	s.waiting = append(s.waiting, *j)
}

// nextOwn is when the store has something to do that nobody has asked for: to answer
// what has waited, or to give out an entry of the workload's own.
func (s *store) nextOwn(now time.Duration) time.Duration {
	next := Never
	if len(s.waiting) > 0 {
		if s.state.kind.Load() != nil {
			return now
		}
		next = s.waiting[0].replyTo.arrived + s.state.patience()
	}
	if s.state.gives() && (s.journal == nil || !s.failing.Load() && s.journal.Depth() < s.journal.Capacity()) {
		next = min(next, s.state.appNext(now))
	}
	return next
}

// ownStep does that, and reports whether it did anything.
func (s *store) ownStep(now time.Duration) bool {
	if len(s.waiting) > 0 {
		known := s.state.kind.Load() != nil
		if !known && now < s.waiting[0].replyTo.arrived+s.state.patience() {
			return false
		}
		j := s.waiting[0]
		if s.waiting = slices.Delete(s.waiting, 0, 1); len(s.waiting) == 0 {
			s.waiting = nil
		}
		if s.handedOn = false; known {
			s.request(now, &j)
		} else {
			s.out.fail(now, j.replyTo, wire.TemporarilyUnavailable, unknownText)
		}
		return true
	}
	if !s.state.gives() {
		return false
	}
	value, key, ok := s.state.appStep(now)
	if !ok {
		return false
	}
	if s.state.kind.Load() != s.kind {
		s.startLog(s.origin.Value().Node)
	}
	s.give(now, walItem{
		kind: walOwn, replyTo: replyTo{arrived: now},
		entry: gossip.Entry{Origin: s.origin, Counter: s.counter + 1, Value: value}, key: key,
	})
	return true
}
