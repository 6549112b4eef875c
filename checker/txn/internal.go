package txn

import "slices"

// listState is what a transaction must find a list to be.
type listState struct {
	open     bool // what stands before own is not known
	isNull   bool // it was read as null, and then nothing more is expected, as in Elle
	read     []id // what it was last read as
	appended []id // by the transaction itself since then
}

func (s *listState) allows(m mop) bool {
	switch {
	case s.isNull:
		return true
	case s.open:
		n := len(m.list) - len(s.appended)
		return n >= 0 && slices.Equal(m.list[n:], s.appended)
	}
	n := len(s.read)
	return !m.isNull && len(m.list) == n+len(s.appended) && slices.Equal(m.list[:n], s.read) && slices.Equal(m.list[n:], s.appended)
}

// internalLists finds, in each OK transaction, the first read that contradicts
// what the transaction itself read or appended before.
func (p *prepared) internalLists() (found []Anomaly) {
	state := newPerKey[listState](len(p.keys))
	for i := range p.ops {
		if p.ops[i].Type != OK {
			continue
		}
		state.forget()
		for j, m := range p.txn(i) {
			s, known := state.get(m.key)
			if m.f == Write {
				if !known {
					state.set(m.key, listState{open: true, appended: []id{m.value}})
				} else {
					s.isNull = false
					s.appended = append(s.appended, m.value)
				}
				continue
			}
			if known && !s.allows(m) {
				found = append(found, Anomaly{
					Type: typeInternal, Op: &p.ops[i], Mop: j, Key: p.keys[m.key],
					Expected: p.texts(slices.Concat(s.read, s.appended)), OpenPrefix: s.open,
				})
				break
			}
			state.set(m.key, listState{isNull: m.isNull, read: m.list})
		}
	}
	return found
}

// internalRegisters is internalLists for registers. A read that showed null
// sets no expectation, as in Elle.
func (p *prepared) internalRegisters() (found []Anomaly) {
	state := newPerKey[id](len(p.keys))
	for i := range p.ops {
		if p.ops[i].Type != OK {
			continue
		}
		state.forget()
		for j, m := range p.txn(i) {
			if s, known := state.get(m.key); m.f == Read && known && *s != null && *s != m.value {
				found = append(found, Anomaly{Type: typeInternal, Op: &p.ops[i], Mop: j, Key: p.keys[m.key], Expected: []Value{p.values[*s]}})
				break
			}
			state.set(m.key, m.value)
		}
	}
	return found
}

// futureReads finds, in each OK transaction, the first append of an element
// that the transaction read before.
func (p *prepared) futureReads() (found []Anomaly) {
	written := make([]int32, len(p.values)) // the last op that appends this value to some key, plus 1
	for i := range p.ops {
		if p.ops[i].Type != OK {
			continue
		}
		for _, m := range p.txn(i) {
			if m.f == Write {
				written[m.value] = int32(i) + 1
			}
		}
		var shown map[int32]int // element -> the first read that showed it
		for j, m := range p.txn(i) {
			if m.f == Read {
				for _, v := range m.list {
					if written[v] != int32(i)+1 {
						continue
					}
					if shown == nil {
						shown = map[int32]int{}
					}
					e := p.element(m.key, v)
					if _, ok := shown[e]; !ok {
						shown[e] = j
					}
				}
			} else if read, ok := shown[p.element(m.key, m.value)]; ok {
				found = append(found, Anomaly{Type: typeFutureRead, Op: &p.ops[i], Mop: read, Key: p.keys[m.key], Value: p.values[m.value]})
				break
			}
		}
	}
	return found
}
