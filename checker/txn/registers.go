package txn

import (
	"errors"
	"slices"
)

// The sources of what is known about the order of a register's versions.
const (
	sourceInitial = "initial-state" // null comes before all others
	sourceWFR     = "wfr-keys"      // what a transaction read of a key comes before what it wrote to it
)

// registerIndex are the tables from which the edges of registers are inferred.
type registerIndex struct {
	*prepared
	writers, readers [][]int32 // per element: the OK vertices that wrote it last, or read it first, in their transaction
	next             [][]int32 // per element: the elements that follow it
}

// external returns what a transaction read before it did anything else with a
// key, and what it wrote to it last: indices of micro-operations, in order of
// the key's first read, and of its first write.
type external struct {
	touched, wrote *perKey[int]
	reads, writes  []int
}

func newExternal(p *prepared) *external {
	return &external{touched: newPerKey[int](len(p.keys)), wrote: newPerKey[int](len(p.keys))}
}

func (x *external) of(txn []mop) {
	x.touched.forget()
	x.wrote.forget()
	x.reads, x.writes = x.reads[:0], x.writes[:0]
	for j, m := range txn {
		if _, ok := x.touched.get(m.key); !ok {
			x.touched.set(m.key, j)
			if m.f == Read {
				x.reads = append(x.reads, j)
			}
		}
		if m.f == Write {
			if at, ok := x.wrote.get(m.key); ok {
				x.writes[*at] = j
			} else {
				x.wrote.set(m.key, len(x.writes))
				x.writes = append(x.writes, j)
			}
		}
	}
}

// newRegisterIndex fills the tables, and finds cyclic-versions.
func newRegisterIndex(p *prepared) (*registerIndex, []Anomaly) {
	x := &registerIndex{prepared: p}
	var initial, wfr [][2]int32
	initials := map[[2]int32]bool{}
	fromNull := func(key, value id) int32 {
		e := x.grow(key, value)
		if value != null {
			edge := [2]int32{x.grow(key, null), e}
			if !initials[edge] {
				initials[edge] = true
				initial = append(initial, edge)
			}
		}
		return e
	}
	ext := newExternal(p)
	for vertex := range int32(len(p.opOf)) {
		t := p.typeOf(vertex)
		if !possible(t) {
			continue
		}
		txn := p.txnOf(vertex)
		ext.of(txn)
		for _, j := range ext.writes {
			e := fromNull(txn[j].key, txn[j].value)
			if t == OK {
				x.writers[e] = append(x.writers[e], vertex)
			}
		}
		if t != OK {
			continue
		}
		for _, j := range ext.reads {
			key, value := txn[j].key, txn[j].value
			e := fromNull(key, value)
			x.readers[e] = append(x.readers[e], vertex)
			if at, ok := ext.wrote.get(key); ok && value != null {
				if written := txn[ext.writes[*at]].value; written != null {
					wfr = append(wfr, [2]int32{e, x.grow(key, written)})
				}
			}
		}
	}
	x.link(initial)
	if cycles := x.cyclicVersions(wfr); cycles != nil {
		return x, cycles
	}
	x.link(wfr)
	return x, nil
}

// grow is element, with room in the tables.
func (x *registerIndex) grow(key, value id) int32 {
	e := x.element(key, value)
	for len(x.writers) < len(x.ofKey) {
		x.writers, x.readers, x.next = append(x.writers, nil), append(x.readers, nil), append(x.next, nil)
	}
	return e
}

func (x *registerIndex) link(edges [][2]int32) {
	for _, e := range edges {
		x.next[e[0]] = append(x.next[e[0]], e[1])
	}
}

// cyclicVersions finds versions of a key each of which comes before all others.
func (x *registerIndex) cyclicVersions(wfr [][2]int32) (found []Anomaly) {
	b := graphBuilder{n: len(x.ofKey)}
	for _, e := range wfr {
		b.add(e[0], e[1], WW)
	}
	for _, scc := range b.build().components(allEdges, bySelf(false)) {
		versions := make([]id, len(scc))
		for i, e := range scc {
			versions[i] = x.ofValue[e]
		}
		found = append(found, Anomaly{
			Type: typeCyclicVersions, Key: x.keys[x.ofKey[scc[0]]],
			Orders: [][]Value{x.texts(versions)}, Sources: []string{sourceInitial, sourceWFR},
		})
	}
	return found
}

// addTo adds the wr, ww and rw edges. It fails if two OK transactions wrote a
// value that was read.
func (x *registerIndex) addTo(g *graphBuilder) error {
	for e, readers := range x.readers {
		writers := x.writers[e]
		if len(readers) == 0 || len(writers) == 0 {
			continue
		}
		if len(writers) > 1 {
			return &noVerdict{op: x.op(writers[1]), key: x.keys[x.ofKey[e]], value: x.values[x.ofValue[e]], why: "was written by two transactions"}
		}
		for _, r := range readers {
			g.add(writers[0], r, WR) // also where they are one, as in Elle
		}
	}
	for e, all := range x.next {
		for _, next := range all {
			for _, to := range x.writers[next] {
				for _, from := range x.writers[e] {
					g.addOther(from, to, WW)
				}
				for _, from := range x.readers[e] {
					g.addOther(from, to, RW)
				}
				if err := g.full(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// explain finds what made an edge.
func (x *registerIndex) explain(from, to int32, kind EdgeKind) Edge {
	edge := Edge{Kind: kind, From: x.op(from), To: x.op(to), FromMop: -1, ToMop: -1}
	a, b := newExternal(x.prepared), newExternal(x.prepared)
	a.of(x.txnOf(from))
	b.of(x.txnOf(to))
	froms, tos := a.writes, b.writes
	if kind == RW {
		froms = a.reads
	}
	if kind == WR {
		tos = b.reads
	}
	for _, i := range froms {
		m := x.txnOf(from)[i]
		e := x.lookup(m.key, m.value)
		for _, j := range tos {
			n := x.txnOf(to)[j]
			if n.key != m.key {
				continue
			}
			next := x.lookup(n.key, n.value)
			if e < 0 || kind == WR && next != e || kind != WR && !slices.Contains(x.next[e], next) {
				continue
			}
			edge.Key, edge.Value, edge.FromMop, edge.ToMop, edge.Initial = x.keys[m.key], x.values[m.value], i, j, m.value == null
			if kind != WR {
				edge.Next = x.values[n.value]
			}
			return edge
		}
	}
	return edge
}

// typeSanity fails if keys are of several JSON types, which Elle refuses too.
func (p *prepared) typeSanity() error {
	for _, k := range p.keys[min(1, len(p.keys)):] {
		if jsonType(k) != jsonType(p.keys[0]) {
			return errKeyTypes
		}
	}
	return nil
}

var errKeyTypes = errors.New("keys are of several types, and so 5 and \"5\" could be taken for one")

// jsonType is the first byte of a value, or one that stands for it.
func jsonType(v Value) byte {
	if v == Null {
		return 'n'
	}
	switch c := v[0]; c {
	case 't', 'f':
		return 'b'
	case '"', '[', '{':
		return c
	}
	for i := range len(v) {
		if c := v[i]; c == '.' || c == 'e' || c == 'E' {
			return '.'
		}
	}
	return '0'
}
