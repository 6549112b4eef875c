package service

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
)

// replicaCount is how many replicas lww-kv has. Maelstrom's documentation says
// five, its code two.
const replicaCount = 2

// eventual is lww-kv: replicas that merge now and then, each value stamped with
// the clock of the replica that took it, the higher stamp winning. Replicas do
// not converge where stamps are equal: a merge then keeps the source's value.
//
// create_if_not_exists is ignored here, as in Maelstrom.
type eventual struct {
	rng      *rand.Rand
	replicas [replicaCount]*replica
}

type replica struct {
	clock  int64
	values map[string]stamped
}

type stamped struct {
	stamp int64
	value json.RawMessage
}

func newEventual(rng *rand.Rand) *eventual {
	e := &eventual{rng: rng}
	for i := range e.replicas {
		e.replicas[i] = &replica{values: map[string]stamped{}}
	}
	return e
}

func (r *replica) get(key string) (json.RawMessage, bool) {
	v, ok := r.values[key]
	return v.value, ok
}

// merge takes what source has into r.
func (r *replica) merge(source *replica) {
	if r == source {
		return
	}
	merged := maps.Clone(source.values)
	for key, own := range r.values {
		if theirs, both := merged[key]; !both || own.stamp > theirs.stamp {
			merged[key] = own
		}
	}
	r.clock, r.values = max(r.clock, source.clock), merged
}

func (e *eventual) Handle(_ string, body json.RawMessage) (json.RawMessage, bool) {
	req := parse(body)
	if !known(req.typ) {
		return nil, false
	}
	source, destination := e.rng.IntN(replicaCount), e.rng.IntN(replicaCount)
	e.replicas[destination].merge(e.replicas[source])
	r := e.replicas[e.rng.IntN(replicaCount)]
	req.createAbsent = false
	out, _ := do(&req, r)
	if value, ok := r.get(req.key); req.typ == "cas" && ok && out.write == nil {
		out.answer = mismatch(clojure(value), display(req.from))
	}
	if out.write != nil {
		r.values[req.key] = stamped{r.clock, out.write}
		r.clock++
	}
	return out.answer.body(&req), true
}
