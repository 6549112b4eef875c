package txn

import (
	"cmp"
	"slices"
)

// abortedReads finds G1a: an OK read that shows a write of a failed
// transaction. An unknown transaction whose write is seen has committed.
func (p *prepared) abortedReads() []Anomaly {
	failed := p.writersWhere(func(op *Op) bool { return op.Type == Fail })
	return p.readsOf(failed, false)
}

// intermediateReads finds G1b: an OK read that shows, or a list that ends in, a
// write which the same transaction of another followed with another write of
// the same key.
func (p *prepared) intermediateReads() []Anomaly {
	writer := map[int32]int32{}
	final := newPerKey[id](len(p.keys))
	for i := range p.ops {
		final.forget()
		for _, m := range p.txn(i) {
			if m.f != Write {
				continue
			}
			if v, ok := final.get(m.key); ok {
				writer[p.element(m.key, *v)] = int32(i)
			}
			final.set(m.key, m.value)
		}
	}
	return p.readsOf(writer, true)
}

// writersWhere maps elements to the last op that wrote them and that counts.
func (p *prepared) writersWhere(counts func(*Op) bool) map[int32]int32 {
	writer := map[int32]int32{}
	for i := range p.ops {
		if !counts(&p.ops[i]) {
			continue
		}
		for _, m := range p.txn(i) {
			if m.f == Write {
				writer[p.element(m.key, m.value)] = int32(i)
			}
		}
	}
	return writer
}

// readsOf finds the elements with a writer in OK reads: in all of a list or
// only at its end. Intermediate ones that the reader wrote itself do not count.
func (p *prepared) readsOf(writer map[int32]int32, intermediate bool) (found []Anomaly) {
	if len(writer) == 0 {
		return nil
	}
	typ := typeG1a
	if intermediate {
		typ = typeG1b
	}
	suspicious := make([]bool, len(p.values))
	for e := range writer {
		suspicious[p.ofValue[e]] = true
	}
	for i := range p.ops {
		if p.ops[i].Type != OK {
			continue
		}
		for j, m := range p.txn(i) {
			if m.f != Read {
				continue
			}
			shown := m.list
			switch {
			case p.kind == Registers:
				shown = []id{m.value}
			case intermediate && len(shown) > 0:
				shown = shown[len(shown)-1:]
			}
			for _, v := range shown {
				if !suspicious[v] {
					continue
				}
				w, ok := writer[p.lookup(m.key, v)]
				if ok && !(intermediate && int(w) == i) {
					found = append(found, Anomaly{Type: typ, Op: &p.ops[i], Mop: j, Writer: &p.ops[w], Key: p.keys[m.key], Value: p.values[v]})
				}
			}
		}
	}
	return found
}

// collision is an OK transaction that read a key and wrote it.
type collision struct {
	op, mop int // mop is the read
}

// lostUpdates finds OK transactions that read the same version of a key and
// all wrote it. A list that was read as null and an empty one are two versions,
// as in Elle.
func (p *prepared) lostUpdates() (found []Anomaly) {
	var all []collision
	first := newPerKey[int](len(p.keys)) // the first read of a key, or -1 when it was counted
	for i := range p.ops {
		if p.ops[i].Type != OK {
			continue
		}
		first.forget()
		for j, m := range p.txn(i) {
			read, ok := first.get(m.key)
			switch {
			case m.f == Read && !ok:
				first.set(m.key, j)
			case m.f == Write && ok && *read >= 0:
				all = append(all, collision{i, *read})
				*read = -1
			}
		}
	}
	order := func(a, b collision) int {
		x, y := &p.mops[int(p.start[a.op])+a.mop], &p.mops[int(p.start[b.op])+b.mop]
		null := 0
		if x.isNull != y.isNull {
			null = 1
			if x.isNull {
				null = -1
			}
		}
		return cmp.Or(cmp.Compare(x.key, y.key), null, cmp.Compare(len(x.list), len(y.list)), cmp.Compare(x.value, y.value), slices.Compare(x.list, y.list))
	}
	slices.SortStableFunc(all, order)
	for len(all) > 0 {
		n := 1
		for n < len(all) && order(all[0], all[n]) == 0 {
			n++
		}
		if n > 1 {
			a := Anomaly{Type: typeLostUpdate, Op: &p.ops[all[0].op], Mop: all[0].mop, Key: p.keys[p.txn(all[0].op)[all[0].mop].key]}
			for _, c := range all[:n] {
				a.Txns = append(a.Txns, &p.ops[c.op])
			}
			found = append(found, a)
		}
		all = all[n:]
	}
	return found
}
