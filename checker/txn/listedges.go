package txn

// listIndex are the tables from which the edges of lists are inferred.
type listIndex struct {
	*prepared
	versions
	writer  []int32   // per element: the vertex that appended it, or -1
	readers [][]int32 // per element: the vertices that read a list which ends in it
	initial [][]int32 // per key: the vertices that read it as empty
}

func newListIndex(p *prepared, v versions) *listIndex {
	x := &listIndex{prepared: p, versions: v, initial: make([][]int32, len(p.keys))}
	for vertex := range int32(len(p.opOf)) {
		if possible(p.typeOf(vertex)) {
			for _, m := range p.txnOf(vertex) {
				if m.f == Write {
					p.element(m.key, m.value)
				} else if n := len(m.list); n > 0 {
					p.element(m.key, m.list[n-1])
				}
			}
		}
	}
	x.writer, x.readers = make([]int32, len(p.ofKey)), make([][]int32, len(p.ofKey))
	for e := range x.writer {
		x.writer[e] = -1
	}
	for vertex := range int32(len(p.opOf)) {
		t := p.typeOf(vertex)
		if !possible(t) {
			continue
		}
		for _, m := range p.txnOf(vertex) {
			switch n := len(m.list); {
			case m.f == Write:
				x.writer[p.lookup(m.key, m.value)] = vertex
			case n > 0:
				e := p.lookup(m.key, m.list[n-1])
				x.readers[e] = append(x.readers[e], vertex)
			case t == OK || !m.isNull: // what an unknown operation read is not known
				x.initial[m.key] = append(x.initial[m.key], vertex)
			}
		}
	}
	return x
}

// before returns the element just before an append, or -1 for the initial
// state. An append that was never read comes after all that were.
func (x *listIndex) before(key, value id) int32 {
	order := x.order[key]
	at := x.positionOf(x.lookup(key, value))
	if at < 0 {
		at = int32(len(order))
	}
	if at == 0 {
		return -1
	}
	return x.lookup(key, order[at-1])
}

// readersBefore are the vertices that read the state just before an append.
func (x *listIndex) readersBefore(key id, before int32) []int32 {
	if before < 0 {
		return x.initial[key]
	}
	return x.readers[before]
}

// addTo adds the ww, wr and rw edges.
func (x *listIndex) addTo(g *graphBuilder) error {
	for to := range int32(len(x.opOf)) {
		if !possible(x.typeOf(to)) {
			continue
		}
		for _, m := range x.txnOf(to) {
			if m.f == Read {
				if n := len(m.list); n > 0 {
					if from := x.writer[x.lookup(m.key, m.list[n-1])]; from >= 0 && from != to {
						g.add(from, to, WR)
					}
				}
				continue
			}
			before := x.before(m.key, m.value)
			if before >= 0 {
				if from := x.writer[before]; from >= 0 && from != to {
					g.add(from, to, WW)
				}
			}
			for _, from := range x.readersBefore(m.key, before) {
				if from != to {
					g.add(from, to, RW)
				}
			}
			if err := g.full(); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain finds what made an edge.
func (x *listIndex) explain(from, to int32, kind EdgeKind) Edge {
	e := Edge{Kind: kind, From: x.op(from), To: x.op(to), FromMop: -1, ToMop: -1}
	for j, m := range x.txnOf(to) {
		var shown int32
		switch {
		case kind == WR && m.f == Read && len(m.list) > 0:
			if shown = x.lookup(m.key, m.list[len(m.list)-1]); x.writer[shown] != from {
				continue
			}
		case kind == WW && m.f == Write:
			if shown = x.before(m.key, m.value); shown < 0 || x.writer[shown] != from {
				continue
			}
		case kind == RW && m.f == Write:
			shown = x.before(m.key, m.value)
			if e.FromMop = x.readIn(from, m.key, shown); e.FromMop < 0 {
				continue
			}
		default:
			continue
		}
		e.Key, e.ToMop, e.Initial = x.keys[m.key], j, shown < 0
		if shown >= 0 {
			e.Value = x.values[x.ofValue[shown]]
		}
		if kind != WR {
			e.Next = x.values[m.value]
		}
		if kind != RW {
			e.FromMop = x.writeIn(from, m.key, x.ofValue[shown])
		}
		return e
	}
	return e
}

// readIn finds a read of the state that ends in an element, or of the initial
// one, in a transaction. -1 is none.
func (x *listIndex) readIn(vertex int32, key id, element int32) int {
	for j, m := range x.txnOf(vertex) {
		if m.f != Read || m.key != key {
			continue
		}
		n := len(m.list)
		if element < 0 && n == 0 && (x.typeOf(vertex) == OK || !m.isNull) || element >= 0 && n > 0 && m.list[n-1] == x.ofValue[element] {
			return j
		}
	}
	return -1
}

func (p *prepared) writeIn(vertex int32, key, value id) int {
	for j, m := range p.txnOf(vertex) {
		if m.f == Write && m.key == key && m.value == value {
			return j
		}
	}
	return -1
}
