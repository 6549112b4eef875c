package txn

import (
	"errors"
	"fmt"
	"math"
)

// id stands for a key or a value. Ids count from 0 in the order of first
// appearance, so that nothing depends on how keys and values are named.
type id = int32

// null is the id of Null among values.
const null id = 0

// mop is a Mop with ids instead of texts.
type mop struct {
	f          Func
	isNull     bool // a list read as null
	key, value id
	list       []id // shares memory with those of other mops
}

// prepared is a history as the inference wants it. Vertices are completions, in
// the order of the history.
type prepared struct {
	kind   Kind
	ops    []Op
	mops   []mop   // of all ops, in order
	start  []int32 // ops[i] has mops[start[i]:start[i+1]]
	keys   []Value
	values []Value

	vertex     []int32 // of ops[i], or -1 for an invocation
	opOf       []int32 // of a vertex: index in ops
	invocation []int32 // of a vertex: index in ops, or -1
	completion []int32 // of an invocation ops[i]: its vertex, or -1

	elements map[uint64]int32 // key and value -> element
	ofKey    []id             // of an element
	ofValue  []id             // of an element
}

// errTooLarge is why there is no verdict on a history that does not fit.
var errTooLarge = errors.New("the history has more micro-operations or elements than can be counted in 31 bits")

// prepare interns keys and values and pairs invocations with completions.
func prepare(kind Kind, ops []Op) (*prepared, error) {
	mops, items := 0, 0
	for i := range ops {
		mops += len(ops[i].Txn)
		for j := range ops[i].Txn {
			items += len(ops[i].Txn[j].List)
		}
	}
	if len(ops) >= math.MaxInt32 || mops >= math.MaxInt32 || items >= math.MaxInt32 {
		return nil, errTooLarge
	}
	p := &prepared{
		kind: kind, ops: ops,
		mops:   make([]mop, 0, mops),
		start:  make([]int32, 1, len(ops)+1),
		values: []Value{Null},
		vertex: make([]int32, len(ops)), completion: make([]int32, len(ops)),
		elements: map[uint64]int32{},
	}
	keyIDs, valueIDs := map[Value]id{}, map[Value]id{Null: null}
	arena := make([]id, 0, items)
	for i := range ops {
		for _, m := range ops[i].Txn {
			im := mop{f: m.F, key: intern(m.Key, keyIDs, &p.keys)}
			if m.F == Write || kind == Registers {
				im.value = intern(m.Value, valueIDs, &p.values)
			} else {
				first := len(arena)
				for _, v := range m.List {
					arena = append(arena, intern(v, valueIDs, &p.values))
				}
				im.list, im.isNull = arena[first:len(arena):len(arena)], m.List == nil
			}
			p.mops = append(p.mops, im)
		}
		p.start = append(p.start, int32(len(p.mops)))
	}
	p.pair()
	return p, nil
}

func intern(text Value, ids map[Value]id, texts *[]Value) id {
	known, ok := ids[text]
	if !ok {
		known = id(len(*texts))
		ids[text] = known
		*texts = append(*texts, text)
	}
	return known
}

// pair makes a vertex of every completion, and finds its invocation: the
// process's last.
func (p *prepared) pair() {
	open := map[int]int32{} // process -> its invocation
	for i := range p.ops {
		p.vertex[i], p.completion[i] = -1, -1
		if p.ops[i].Type == Invoke {
			open[p.ops[i].Process] = int32(i)
			continue
		}
		p.vertex[i] = int32(len(p.opOf))
		inv, ok := open[p.ops[i].Process]
		if ok {
			delete(open, p.ops[i].Process)
			p.completion[inv] = p.vertex[i]
		} else {
			inv = -1
		}
		p.opOf, p.invocation = append(p.opOf, int32(i)), append(p.invocation, inv)
	}
}

func (p *prepared) txn(op int) []mop { return p.mops[p.start[op]:p.start[op+1]] }

func (p *prepared) txnOf(vertex int32) []mop { return p.txn(int(p.opOf[vertex])) }

func (p *prepared) op(vertex int32) *Op { return &p.ops[p.opOf[vertex]] }

func (p *prepared) typeOf(vertex int32) Type { return p.ops[p.opOf[vertex]].Type }

// element returns the number of a value of a key, a new one if need be.
func (p *prepared) element(key, value id) int32 {
	at := uint64(key)<<32 | uint64(value)
	e, ok := p.elements[at]
	if !ok {
		e = int32(len(p.ofKey))
		p.elements[at] = e
		p.ofKey, p.ofValue = append(p.ofKey, key), append(p.ofValue, value)
	}
	return e
}

// lookup returns the number of a value of a key, or -1.
func (p *prepared) lookup(key, value id) int32 {
	if e, ok := p.elements[uint64(key)<<32|uint64(value)]; ok {
		return e
	}
	return -1
}

func (p *prepared) texts(ids []id) []Value {
	texts := make([]Value, len(ids))
	for i, v := range ids {
		texts[i] = p.values[v]
	}
	return texts
}

// noVerdict is why nothing can be said of a history.
type noVerdict struct {
	op    *Op
	key   Value
	value Value
	why   string
}

func (e *noVerdict) Error() string {
	at := ""
	if e.op != nil {
		at = fmt.Sprintf(" (operation %d)", e.op.Index)
	}
	return fmt.Sprintf("value %s of key %s %s%s", e.value, e.key, e.why, at)
}

// perKey is a value for each key that forgets all of them at once.
type perKey[T any] struct {
	round int32
	seen  []int32
	of    []T
}

func newPerKey[T any](keys int) *perKey[T] {
	return &perKey[T]{seen: make([]int32, keys), of: make([]T, keys)}
}

func (p *perKey[T]) forget() { p.round++ }

func (p *perKey[T]) get(key id) (*T, bool) { return &p.of[key], p.seen[key] == p.round }

func (p *perKey[T]) set(key id, v T) { p.seen[key], p.of[key] = p.round, v }
