package txn

import (
	"cmp"
	"slices"
)

// version is the longest state of a list that is known, and when each of its
// elements came.
type versions struct {
	order    [][]id  // per key: distinct elements, in the order of the appends
	position []int32 // per element: its place in order, or -1
}

// possible tells whether an operation may have taken effect, as far as clients
// know.
func possible(t Type) bool { return t == OK || t == Info }

// reads returns, per key, the distinct non-empty states that were read, the
// longest last.
func (p *prepared) states() [][][]id {
	states := make([][][]id, len(p.keys))
	for i := range p.ops {
		if !possible(p.ops[i].Type) {
			continue
		}
		for _, m := range p.txn(i) {
			if m.f == Read && len(m.list) > 0 {
				states[m.key] = append(states[m.key], m.list)
			}
		}
	}
	for key, all := range states {
		slices.SortFunc(all, func(a, b []id) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b)) })
		states[key] = slices.CompactFunc(all, slices.Equal)
	}
	return states
}

// loneAppends adds to states, for a key that was never read non-empty, what is
// known all the same: the only append that there is.
func (p *prepared) loneAppends(states [][][]id) {
	lone := make([][]id, len(p.keys))
	count := make([]int, len(p.keys))
	for i := range p.ops {
		if !possible(p.ops[i].Type) {
			continue
		}
		for _, m := range p.txn(i) {
			if m.f == Write {
				count[m.key]++
				lone[m.key] = []id{m.value}
			}
		}
	}
	for key := range states {
		if len(states[key]) == 0 && count[key] == 1 {
			states[key] = [][]id{lone[key]}
		}
	}
}

// incompatibleOrders finds keys of which two reads are no prefixes of each
// other.
func (p *prepared) incompatibleOrders(states [][][]id) (found []Anomaly) {
	for key, all := range states {
		for i := 1; i < len(all); i++ {
			if a, b := all[i-1], all[i]; !slices.Equal(a, b[:len(a)]) {
				found = append(found, Anomaly{Type: typeIncompatibleOrder, Key: p.keys[key], Orders: [][]Value{p.texts(a), p.texts(b)}})
				break
			}
		}
	}
	return found
}

// versionsOf takes the longest state of each key as the order of its appends.
func (p *prepared) versionsOf(states [][][]id) versions {
	v := versions{order: make([][]id, len(states))}
	for key, all := range states {
		if len(all) == 0 {
			continue
		}
		for _, value := range all[len(all)-1] {
			e := p.element(id(key), value)
			for int(e) >= len(v.position) {
				v.position = append(v.position, -1)
			}
			if v.position[e] < 0 {
				v.position[e] = int32(len(v.order[key]))
				v.order[key] = append(v.order[key], value)
			}
		}
	}
	return v
}

// positionOf returns the place of an element in its key's order, or -1.
func (v *versions) positionOf(e int32) int32 {
	if e < 0 || int(e) >= len(v.position) {
		return -1
	}
	return v.position[e]
}

// duplicates finds reads that show an element more than once.
func (p *prepared) duplicates() (found []Anomaly) {
	seen, count := make([]int32, len(p.values)), make([]int32, len(p.values))
	round := int32(0)
	for i := range p.ops {
		if !possible(p.ops[i].Type) {
			continue
		}
		for j, m := range p.txn(i) {
			if m.f != Read {
				continue
			}
			round++
			var twice map[Value]int
			for _, v := range m.list {
				if seen[v] != round {
					seen[v], count[v] = round, 0
				}
				if count[v]++; count[v] > 1 {
					if twice == nil {
						twice = map[Value]int{}
					}
					twice[p.values[v]] = int(count[v])
				}
			}
			if twice != nil {
				found = append(found, Anomaly{Type: typeDuplicateElements, Op: &p.ops[i], Mop: j, Key: p.keys[m.key], Duplicates: twice})
			}
		}
	}
	return found
}

// dirtyUpdates finds committed appends that follow those of failed
// transactions in the order of a key. It fails if an element has no writer.
func (p *prepared) dirtyUpdates(v versions) (found []Anomaly, err error) {
	writer := p.writersWhere(func(op *Op) bool { return op.Type != Invoke })
	for key, order := range v.order {
		state := OK // of the last version that counts; the initial one is committed
		var failed *Op
		var between []id
		for _, value := range order {
			at, ok := writer[p.lookup(id(key), value)]
			if !ok {
				return nil, &noVerdict{key: p.keys[key], value: p.values[value], why: "was read, but nobody appended it"}
			}
			between = append(between, value)
			op := &p.ops[at]
			switch {
			case op.Type == OK:
				if state == Fail {
					found = append(found, Anomaly{Type: typeDirtyUpdate, Key: p.keys[key], Orders: [][]Value{p.texts(between)}, Txns: []*Op{failed, op}})
				}
				state, between = OK, append(between[:0], value)
			case op.Type == Fail && state != Fail:
				state, failed, between = Fail, op, append(between[:0], value)
			}
		}
	}
	return found, nil
}

// uniqueAppends fails if a value is appended to a key by two micro-operations.
func (p *prepared) uniqueAppends() error {
	seen := map[int32]bool{}
	for i := range p.ops {
		if p.ops[i].Type != Invoke {
			continue
		}
		for _, m := range p.txn(i) {
			if m.f != Write {
				continue
			}
			e := p.element(m.key, m.value)
			if seen[e] {
				return &noVerdict{op: &p.ops[i], key: p.keys[m.key], value: p.values[m.value], why: "is appended twice"}
			}
			seen[e] = true
		}
	}
	return nil
}
