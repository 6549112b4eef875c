package service

import (
	"encoding/json"
	"math/rand/v2"
)

// kept is how many states seq-kv keeps.
const kept = 32

// sequential is seq-kv: requests that change nothing may be served from any of
// the last 32 states that the client may still see, all others from the newest.
// States are numbered from 0, the empty one.
//
// One oddity is Maelstrom's: its buffer is addressed modulo its size, so a
// client that draws a state older than those kept is served from a newer one
// and still counts as having seen the old one. Such a client can see states go
// backwards.
type sequential struct {
	rng    *rand.Rand
	newest int64
	seen   map[string]int64     // by client: the newest state that it has seen
	keys   map[string][]version // by key, oldest first
}

// version is a value from a state on.
type version struct {
	state int64
	value json.RawMessage
}

func newSequential(rng *rand.Rand) *sequential {
	return &sequential{rng: rng, seen: map[string]int64{}, keys: map[string][]version{}}
}

// snapshot is one of the states.
type snapshot struct {
	s     *sequential
	state int64
}

func (v snapshot) get(key string) (json.RawMessage, bool) {
	versions := v.s.keys[key]
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].state <= v.state {
			return versions[i].value, true
		}
	}
	return nil, false
}

func (s *sequential) Handle(src string, body json.RawMessage) (json.RawMessage, bool) {
	r := parse(body)
	if !known(r.typ) {
		return nil, false // it is not looked at, and nothing is drawn
	}
	drawn := s.seen[src] + s.rng.Int64N(s.newest-s.seen[src]+1)
	view := snapshot{s, s.newest - (s.newest-drawn)%kept}
	out, _ := do(&r, view)
	if !view.changedBy(&r, out) {
		s.seen[src] = drawn
		return out.answer.body(&r), true
	}
	out, _ = do(&r, snapshot{s, s.newest})
	s.newest++
	s.seen[src] = s.newest
	if out.write != nil {
		s.write(r.key, out.write)
	}
	return out.answer.body(&r), true
}

// known are the types that change or show a state. In Maelstrom any other ends in
// an exception before the draw counts.
func known(typ string) bool { return typ == "read" || typ == "write" || typ == "cas" }

// changedBy says whether an outcome makes another state of this one.
func (v snapshot) changedBy(r *request, out outcome) bool {
	if out.write == nil {
		return false
	}
	value, ok := v.get(r.key)
	return !ok || !equal(value, out.write)
}

// write sets a key in the newest state, and forgets what no kept state shows.
func (s *sequential) write(key string, value json.RawMessage) {
	versions := append(s.keys[key], version{s.newest, value})
	oldest := s.newest - kept + 1
	first := 0
	for first+1 < len(versions) && versions[first+1].state <= oldest {
		first++
	}
	s.keys[key] = versions[first:]
}
