package txn

import "fmt"

// Violation is something that no isolation level allows, and that CheckLists
// and CheckRegisters do not look for, take for something else, or give up on.
type Violation struct {
	Rule string // Mirror, Internal or Nowhere
	Op   *Op    // the completion that shows it
	Mop  int    // index of the micro-operation in Op.Txn; -1 is the whole transaction
	Text string // what is wrong, in words
}

// The rules of Strict.
const (
	Mirror   = "reply-mirrors-request" // a completion has the micro-operations that were asked for
	Internal = "internal-consistency"  // a transaction reads what it has written, and reads the same twice
	Nowhere  = "values-from-nowhere"   // what is read was written by somebody who had begun
)

// Strict finds what is wrong with the OK transactions of a history under any
// isolation level. Unlike the checkers it expects that a read that showed null
// is repeated, and takes an empty list and null for the same.
func Strict(kind Kind, history []Op) []Violation {
	p, err := prepare(kind, history)
	if err != nil {
		return nil
	}
	var found []Violation
	state := newPerKey[listState](len(p.keys))
	for i := range p.ops {
		if p.ops[i].Type == Invoke {
			for _, m := range p.txn(i) {
				if m.f == Write {
					p.element(m.key, m.value) // the elements are what has been asked for so far
				}
			}
			continue
		}
		if p.ops[i].Type != OK {
			continue
		}
		if v, ok := p.mirrors(i); !ok {
			found = append(found, v)
			continue // nothing else that it says can be trusted
		}
		found = p.nowhere(found, i)
		found = p.contradictions(found, i, state)
	}
	return found
}

// mirrors holds a completion against its invocation.
func (p *prepared) mirrors(op int) (Violation, bool) {
	v := Violation{Rule: Mirror, Op: &p.ops[op], Mop: -1}
	inv := p.invocation[p.vertex[op]]
	if inv < 0 {
		v.Text = "nobody asked for it"
		return v, false
	}
	asked, done := p.txn(int(inv)), p.txn(op)
	if len(asked) != len(done) {
		v.Text = fmt.Sprintf("%d micro-operations were asked for, and %d came back", len(asked), len(done))
		return v, false
	}
	for j, m := range done {
		if a := asked[j]; a.f != m.f || a.key != m.key || m.f == Write && a.value != m.value {
			v.Mop = j
			v.Text = fmt.Sprintf("micro-operation %d is not the one that was asked for", j)
			return v, false
		}
	}
	return v, true
}

// nowhere finds values in reads that nobody had asked to write when the read
// was done.
func (p *prepared) nowhere(found []Violation, op int) []Violation {
	for j, m := range p.txn(op) {
		if m.f == Write {
			continue
		}
		shown := m.list
		if p.kind == Registers && m.value != null {
			shown = []id{m.value}
		}
		for _, v := range shown {
			if p.lookup(m.key, v) < 0 {
				found = append(found, Violation{Rule: Nowhere, Op: &p.ops[op], Mop: j,
					Text: fmt.Sprintf("key %s was read as %s, but nobody had written %s", p.keys[m.key], readText(p.ops[op].Txn[j], p.kind), p.values[v])})
				break
			}
		}
	}
	return found
}

// contradictions finds the first read of a transaction that contradicts what
// the transaction did before.
func (p *prepared) contradictions(found []Violation, op int, state *perKey[listState]) []Violation {
	state.forget()
	for j, m := range p.txn(op) {
		s, known := state.get(m.key)
		if p.kind == Registers {
			// A register is a list of one, or empty while it is null.
			m.list = nil
			if m.value != null {
				m.list = []id{m.value}
			}
		}
		switch {
		case m.f == Write && p.kind == Registers:
			state.set(m.key, listState{read: m.list})
		case m.f == Write && known:
			s.appended = append(s.appended, m.value)
		case m.f == Write:
			state.set(m.key, listState{open: true, appended: []id{m.value}})
		default:
			m.isNull = false
			if known && !s.allows(m) {
				return append(found, Violation{Rule: Internal, Op: &p.ops[op], Mop: j,
					Text: fmt.Sprintf("key %s was read as %s, which contradicts what the transaction did to it before", p.keys[m.key], readText(p.ops[op].Txn[j], p.kind))})
			}
			state.set(m.key, listState{read: m.list})
		}
	}
	return found
}
